/** When certificates end, week by week; the waves that fleets make; and what a fleet more would add. */

export const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS

export interface Named {
  slug: string
  name: string
}

export interface Week {
  /** Monday, in UTC. */
  from: Date
  /** Certificates that hold now and end in this week. */
  count: number
  /** Of these, those that another one has taken over from. */
  renewed: number
  /** So many more than in other weeks that the network and whoever helps people will notice. */
  wave: boolean
}

export interface WhatIf {
  /** That enrol today, all at once. */
  devices: number
  validityDays: number
  /** Null: the last third of the lifetime, 30 days at most. */
  renewalWindowDays: number | null
}

export interface WhatIfAnswer {
  /** How many end in each of the weeks, if each is renewed as soon as it may be. */
  weeks: number[]
  /** When the first of them may be renewed, and until when it has to be. */
  opensAt: Date
  endsAt: Date
  /** The fullest week with them, and without. */
  peak: { from: Date; count: number; before: number } | null
}

export function beginningOfDay(at: Date): Date {
  return new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS)
}

/** The first of January 1970 was a Thursday. */
export function beginningOfWeek(at: Date): Date {
  const days = Math.floor(at.getTime() / DAY_MS)
  return new Date((days - ((days + 3) % 7)) * DAY_MS)
}

export function weeksOf(
  from: Date,
  length: number,
  counts: readonly { week: number; count: number; renewed: number }[],
): Week[] {
  const perWeek = new Map(counts.map((row) => [row.week, row]))
  const weeks = Array.from({ length }, (_, week) => ({
    from: new Date(from.getTime() + week * WEEK_MS),
    count: perWeek.get(week)?.count ?? 0,
    renewed: perWeek.get(week)?.renewed ?? 0,
  }))
  const level = waveLevel(weeks.map(({ count }) => count))
  return weeks.map((week) => ({ ...week, wave: week.count >= level }))
}

/** Fewer than these nobody notices. */
const SMALLEST_WAVE = 10
const TIMES_THE_USUAL = 3

/** Three times what a week usually has, where anything ends at all. */
function waveLevel(counts: readonly number[]): number {
  const busy = counts.filter((count) => count > 0).sort((a, b) => a - b)
  const usual = busy[Math.floor((busy.length - 1) / 2)] ?? 0
  // When nearly all end in the same few weeks, those are the usual ones, and waves all the same.
  const mean = counts.reduce((total, count) => total + count, 0) / Math.max(counts.length, 1)
  return Math.max(SMALLEST_WAVE, Math.min(usual, mean) * TIMES_THE_USUAL)
}

/** At most so many generations of certificates: the shortest lives are of days, the forecast is of a year. */
const MOST_GENERATIONS = 400

export function whatIf(weeks: readonly Week[], { devices, ...life }: WhatIf, now: Date): WhatIfAnswer {
  const validity = life.validityDays * DAY_MS
  const window = Math.min(
    life.renewalWindowDays === null ? Math.min(validity / 3, 30 * DAY_MS) : life.renewalWindowDays * DAY_MS,
    validity - DAY_MS / 2,
  )
  const first = weeks[0]?.from.getTime() ?? now.getTime()
  const added = weeks.map(() => 0)
  for (let generation = 0; generation < MOST_GENERATIONS; generation++) {
    const end = now.getTime() + validity + generation * (validity - window)
    const week = Math.floor((end - first) / WEEK_MS)
    if (week >= added.length) break
    added[week] = (added[week] ?? 0) + devices
  }
  const fullest = weeks.reduce<WhatIfAnswer['peak']>((peak, { from, count }, index) => {
    const total = count + (added[index] ?? 0)
    return peak === null || total > peak.count ? { from, count: total, before: count } : peak
  }, null)
  return {
    weeks: added,
    opensAt: new Date(now.getTime() + validity - window),
    endsAt: new Date(now.getTime() + validity),
    peak: fullest,
  }
}
