/** The list of challenges: never their values, which nobody can see again. */
import { oneOf } from '@/app/_components/search-parameters'
import { CHALLENGE_STATE } from '@/app/_components/states'
import { server } from '@/lib/server'
import type {
  ChallengeFilter,
  ChallengeListing,
  ChallengeSort,
  ChallengeState,
  ChallengeView,
} from '@/lib/services/challenges'
import { type ListDefinition, searchOf } from './definition'

export const STATES = Object.keys(CHALLENGE_STATE) as ChallengeState[]
/** `refused`: presented to no avail, and not used since. */
const LISTINGS: readonly ChallengeListing[] = [...STATES, 'refused']

export const CHALLENGE_LIST: ListDefinition<ChallengeFilter, ChallengeView, ChallengeSort> = {
  name: 'challenges',
  path: '/challenges',
  parameters: ['search', 'group', 'endpoint', 'state'],
  sorts: { minted: 'desc', name: 'asc', ends: 'asc' },
  usual: 'minted',
  columns: [
    { name: 'state', head: 'State' },
    { name: 'group', head: 'Group' },
    { name: 'endpoint', head: 'Endpoint', optional: true },
    { name: 'minter', head: 'Minted by' },
    { name: 'minted', head: 'Minted', sort: 'minted' },
    { name: 'ends', head: 'Ends', sort: 'ends' },
    { name: 'attempts', head: 'Wrong attempts', optional: true },
  ],
  filterOf({ search: typed, group, endpoint, state: wanted }) {
    const search = searchOf(typed)
    const state = oneOf(LISTINGS, wanted)
    return {
      ...(search && { search }),
      ...(group && { group }),
      ...(endpoint && { endpoint }),
      ...(state && { state }),
    }
  },
  list: (actor, filter, request) => server().challenges.list(actor, filter, request),
  matching: (actor, filter, since) => server().challenges.matching(actor, filter, since),
  fields: {
    id: ({ id }) => id,
    state: ({ state }) => state,
    subject: ({ subject }) => subject,
    alternativeNames: ({ san }) => san.map(({ type, value }) => `${type}:${value}`),
    deviceName: ({ deviceName }) => deviceName,
    group: ({ group }) => group.slug,
    endpoint: ({ endpoint }) => endpoint.slug,
    origin: ({ origin }) => origin,
    format: ({ format }) => format,
    mintedBy: ({ mintedBy }) => mintedBy,
    mintedVia: ({ mintedVia }) => mintedVia,
    createdAt: ({ createdAt }) => createdAt,
    expiresAt: ({ expiresAt }) => expiresAt,
    consumedAt: ({ consumedAt }) => consumedAt,
    revokedAt: ({ revokedAt }) => revokedAt,
    revokedReason: ({ revokedReason }) => revokedReason,
    failedAttempts: ({ failedAttempts }) => failedAttempts,
    lastRefusal: ({ lastRefusal }) => lastRefusal?.reason ?? null,
    certificateSerial: ({ certificate }) => certificate?.serial ?? null,
  },
}
