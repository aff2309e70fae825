/** The period of a report: whole days in UTC, both included, as the URL says them. Without any, the month before this one. */
import type { ReportPeriod } from '@/lib/services/audit-report'
import { beginningOf, endOf } from '@/lib/services/time-bounds'

export interface ReportDays {
  from: string
  to: string
}

export function daysOf(wanted: Partial<ReportDays>, now: Date): ReportDays {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  const written = (day: number) => new Date(day).toISOString().slice(0, 10)
  return {
    from: wanted.from ?? written(Date.UTC(year, month - 1, 1)),
    to: wanted.to ?? written(Date.UTC(year, month, 0)),
  }
}

/** Null for what are no days, or a period that ends before it begins. */
export function periodOf({ from, to }: ReportDays): ReportPeriod | null {
  const [first, end] = [beginningOf(from ?? ''), endOf(to ?? '')]
  return first && end && first < end ? { from: first, to: end } : null
}
