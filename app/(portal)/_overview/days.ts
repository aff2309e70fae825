/** Days and weeks in words, in UTC, as the lists filter by them. */

/** "23 Nov", or "Mon, 23 Nov 2026". */
export function shortDay(day: Date, full = false): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(full && { weekday: 'short', year: 'numeric' }),
    timeZone: 'UTC',
  }).format(day)
}

export function inWords(days: number): string {
  return days === 1 ? 'Today' : `The last ${days} days with today`
}
