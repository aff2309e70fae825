/** Moments in words. Day before month, 24 hours, one locale, so that server and browser write the same. */

const LOCALE = 'en-GB'

export function formatMoment(at: Date, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  }).format(at)
}

export function formatDay(at: Date, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone }).format(at)
}

/** Exact to the second, as logs write it. */
export function formatUtc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 24 * 60 * 60],
  ['month', 30 * 24 * 60 * 60],
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
]

const CLOCK_SKEW_SECONDS = 30

/** "3 minutes ago", "in 2 days"; within a minute "just now". */
export function formatRelative(at: Date, now: number): string {
  const seconds = (at.getTime() - now) / 1000
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  // Clocks differ by seconds: what was done this minute never lies ahead.
  if (unit === 'second') return seconds > CLOCK_SKEW_SECONDS ? 'in a moment' : 'just now'
  return new Intl.RelativeTimeFormat(LOCALE, { numeric: 'always' }).format(Math.trunc(seconds / size), unit)
}

/** "4:05" or "1:04:05", for countdowns. */
export function formatRemaining(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
