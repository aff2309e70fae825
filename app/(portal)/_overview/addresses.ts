/** Where what the overview counts is listed: the lists show exactly as many. */
import { withParameters } from '@/app/_components/search-parameters'
import type { CertificateStatus } from '@/lib/services/certificates'
import { DAY_MS } from '@/lib/services/overview-forecast'

export function dayText(day: Date): string {
  return day.toISOString().slice(0, 10)
}

export const certificatesOf = (status: CertificateStatus, group?: string) =>
  withParameters('/certificates', { status, group })

/** From one day on, to another with it; to the present without. */
export const issuedBetween = (from: Date, to?: Date, group?: string) =>
  withParameters('/certificates', { group, issuedFrom: dayText(from), issuedTo: to && dayText(to) })

export const unsuccessfulBetween = (from: Date, to?: Date, group?: string) =>
  withParameters('/enrolments', { group, state: 'unsuccessful', from: dayText(from), to: to && dayText(to) })

export const failedBecause = (cause: string, from: Date) =>
  withParameters('/enrolments', { state: 'unsuccessful', cause, from: dayText(from) })

/** What ends in the week from this Monday on. */
export const endsInWeek = (monday: Date, renewed: 'yes' | 'no' | undefined) =>
  withParameters('/certificates', {
    status: 'current',
    endsFrom: dayText(monday),
    endsTo: dayText(new Date(monday.getTime() + 6 * DAY_MS)),
    renewed,
  })

export const waitingChallenges = (group?: string) => withParameters('/challenges', { state: 'pending', group })
