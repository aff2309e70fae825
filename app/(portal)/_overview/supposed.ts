/** What the form of the forecast asks, out of the URL: somebody's typing. */
import type { EndpointView } from '@/lib/services/groups'
import { type Week, whatIf } from '@/lib/services/overview-forecast'
import type { Supposed } from './forecast'

type Endpoint = EndpointView & { group: { slug: string; name: string } }

/** More than any organisation has. */
export const MOST_DEVICES = 1_000_000

export function supposedOf(
  given: { devices?: string; endpoint?: string },
  endpoints: readonly Endpoint[],
  weeks: readonly Week[],
  now: Date,
): Supposed | null {
  const devices = /^\d{1,7}$/.test(given.devices ?? '') ? Number(given.devices) : 0
  const endpoint = endpoints.find(({ slug }) => slug === given.endpoint)
  if (endpoint === undefined || devices < 1 || devices > MOST_DEVICES) return null
  const { profile, renewalWindowDays } = endpoint
  const answer = whatIf(weeks, { devices, validityDays: profile.validityDays, renewalWindowDays }, now)
  return { devices, endpoint, answer }
}
