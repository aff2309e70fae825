/** The two ends of a span of time as filters name them: a day in UTC, which counts as a whole, or a moment. */

const DAY = /^\d{4}-\d{2}-\d{2}$/
const DAY_MS = 86_400_000

/** From this moment on. Undefined for what is no moment between 1970 and 9999. */
export function beginningOf(text: string): Date | undefined {
  return momentOf(text)
}

/** Before this moment: the whole of a day belongs to the span. */
export function endOf(text: string): Date | undefined {
  const at = momentOf(text)
  return at !== undefined && DAY.test(text) ? new Date(at.getTime() + DAY_MS) : at
}

const MOMENT = /^(19[7-9]\d|[2-9]\d{3})-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/

function momentOf(text: string): Date | undefined {
  if (!MOMENT.test(text)) return undefined
  const at = new Date(text)
  // February 30th rolls over in some engines and is no date in others.
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text.slice(0, 10) ? undefined : at
}
