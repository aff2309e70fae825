/** The filters of the audit page: all of them in the URL, as somebody may have typed it. */
import { oneOf } from '@/app/_components/search-parameters'
import { AUDIT_OUTCOME } from '@/app/_components/states'
import type { AuditFilter, AuditOutcome } from '@/lib/services/audit'
import type { ObjectStory } from '@/lib/services/audit-objects'
import { beginningOf, endOf } from '@/lib/services/time-bounds'
import { AUDIT_KINDS } from './kinds'

export const AUDIT_FILTERS = ['kind', 'outcome', 'actor', 'about', 'address', 'from', 'to'] as const
/** The key of a device is made from its name, of which there may be much: cut off, it would be that of no device. */
export const LONGEST_ABOUT = 6_000
export const OUTCOMES = Object.keys(AUDIT_OUTCOME) as AuditOutcome[]

export type WantedEvents = Partial<Record<(typeof AUDIT_FILTERS)[number], string>>

/** `story` is what `about` names; null where it names nothing, which no event is about. */
export function filterOf(wanted: WantedEvents, story: ObjectStory | null): AuditFilter {
  const kind = AUDIT_KINDS.find(({ id }) => id === wanted.kind)
  const outcome = oneOf(OUTCOMES, wanted.outcome)
  const [from, to] = [beginningOf(wanted.from ?? ''), endOf(wanted.to ?? '')]
  return {
    ...(kind && { types: kind.types }),
    ...(outcome && { outcome }),
    ...(wanted.actor && { actorId: wanted.actor }),
    ...(wanted.about && { objects: story?.objects ?? [] }),
    ...(wanted.address && { sourceIp: wanted.address }),
    ...(from && { from }),
    ...(to && { to }),
  }
}

/** From the query of a download. */
export function wantedOf(query: URLSearchParams): WantedEvents {
  return Object.fromEntries(
    AUDIT_FILTERS.flatMap((name) => {
      const value = query
        .get(name)
        ?.replace(/\p{Cc}/gu, '')
        .trim()
        .slice(0, name === 'about' ? LONGEST_ABOUT : 300)
      return value ? [[name, value] as const] : []
    }),
  )
}
