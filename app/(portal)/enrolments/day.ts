/** Days of a filter, in UTC: what the URL says of them is somebody's typing. */

/** The beginning of the day, some days later. Undefined for what is no day between 1970 and 9999. */
export function dayOf(text: string | undefined, later = 0): Date | undefined {
  if (text === undefined || !/^(19[7-9]\d|[2-9]\d{3})-\d{2}-\d{2}$/.test(text)) return undefined
  const day = new Date(`${text}T00:00:00Z`)
  // February 30th rolls over in some engines and is no date in others.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) return undefined
  return new Date(day.getTime() + later * 86_400_000)
}
