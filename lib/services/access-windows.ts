/** Hours in which a group may use the network: days of the week, from and to, in a time zone. */

/** Monday is 1, as in ISO 8601. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

export interface TimeWindow {
  days: Weekday[]
  /** "08:00". */
  from: string
  /** "18:00", up to "24:00". Not after `from`: it ends on the next day. */
  to: string
}

const DAY_MINUTES = 1_440
const WEEK_MINUTES = 7 * DAY_MINUTES

/** Seconds until the hours end, 0 outside them, null when they never end. */
export function secondsLeft(windows: readonly TimeWindow[], timeZone: string, now: Date): number | null {
  if (windows.length === 0) return null
  const { minute, second } = localTime(timeZone, now)
  const spans = windows.flatMap(spansOf)
  let reached = minute
  // Windows that touch or overlap are one: each round goes on from where the last one ended.
  for (let rounds = 0; rounds <= spans.length; rounds++) {
    const end = Math.max(
      reached,
      ...spans.filter((span) => covers(span, reached)).map((span) => endAfter(span, reached)),
    )
    if (end === reached) break
    reached = end
    if (reached - minute >= WEEK_MINUTES) return null
  }
  return reached === minute ? 0 : (reached - minute) * 60 - second
}

interface Span {
  /** Minutes from the Monday of any week. */
  start: number
  length: number
}

function spansOf({ days, from, to }: TimeWindow): Span[] {
  const length = (minutesOf(to) - minutesOf(from) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES
  return days.map((day) => ({ start: (day - 1) * DAY_MINUTES + minutesOf(from), length }))
}

function offset({ start }: Span, minute: number): number {
  return (((minute - start) % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES
}

function covers(span: Span, minute: number): boolean {
  return offset(span, minute) < span.length
}

function endAfter(span: Span, minute: number): number {
  return minute + span.length - offset(span, minute)
}

export function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** "mon-fri=08:00-18:00" or "sat,sun 10:00-16:00", as people type it; null when it is neither. */
export function parseWindow(text: string): TimeWindow | null {
  const [, names = '', from = '', to = ''] = /^([a-z,-]+)[= ]+(\d\d:\d\d) ?- ?(\d\d:\d\d)$/i.exec(text.trim()) ?? []
  const parts = names.toLowerCase().split(',').map(daysOf)
  const days = parts.flat()
  return from === '' || parts.some((part) => part.length === 0) ? null : { days, from, to }
}

export function windowText({ days, from, to }: TimeWindow): string {
  const runs: Weekday[][] = []
  for (const day of days.toSorted()) {
    const run = runs.at(-1)
    if (run !== undefined && run.at(-1) === day - 1) run.push(day)
    else runs.push([day])
  }
  const name = (day: Weekday | undefined) => DAY_NAMES[(day ?? 1) - 1]
  const text = runs.map((run) => (run.length > 1 ? `${name(run[0])}-${name(run.at(-1))}` : name(run[0])))
  return `${text.join(',')}=${from}-${to}`
}

function daysOf(text: string): Weekday[] {
  const [first = '', last = first] = text.split('-')
  const [start, end] = [DAY_NAMES.indexOf(first), DAY_NAMES.indexOf(last)]
  if (start < 0 || end < start) return []
  return Array.from({ length: end - start + 1 }, (_, step) => (start + step + 1) as Weekday)
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one takes longer than all the rest. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const options = { weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  const format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone })
  if (formats.size < 1_000) formats.set(timeZone, format)
  return format
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function localTime(timeZone: string, now: Date): { minute: number; second: number } {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  const day = WEEKDAYS.indexOf(parts.get('weekday') ?? '')
  const number = (type: 'hour' | 'minute' | 'second') => Number(parts.get(type))
  return { minute: day * DAY_MINUTES + number('hour') * 60 + number('minute'), second: number('second') }
}
