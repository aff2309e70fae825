/** Accounts of challenge pages in memory, with the database's rules. */
import type { ChallengePageStore, NewPageAccount, PageAccountTimes } from '@/lib/services/challenge-page-types'
import { append, type World, type WorldChallenge } from './world'

type MemoryAccount = NewPageAccount & PageAccountTimes
type PageChallenge = WorldChallenge & { pageAccountId?: string | null }

const HOUR_MS = 3_600_000

export function memoryChallengePageStore(
  world: World,
  clock: () => Date,
  defaultSlug: () => Promise<string | null>,
): ChallengePageStore {
  const accounts = world.challengePageAccounts
  const graceOf = ({ previousSecretUntil }: MemoryAccount) =>
    previousSecretUntil !== null && previousSecretUntil > clock() ? previousSecretUntil : null
  const account = (endpointId: string, id: string) =>
    accounts.find((each) => each.id === id && each.endpointId === endpointId)

  return {
    async endpoint(slug) {
      const wanted = slug === '' ? await defaultSlug() : slug
      const endpoint = world.endpoints.find((each) => each.slug === wanted)
      const group = world.groups.find(({ id }) => id === endpoint?.groupId)
      if (!endpoint || !group) return null
      const issuer = world.authorities.find(({ id }) => id === endpoint.authorityId)
      const { id, enabled, policy } = endpoint
      return {
        id,
        slug: endpoint.slug,
        groupSlug: group.slug,
        enabled,
        policy,
        issuerDer: issuer?.certificateDer ?? null,
      }
    },

    async list(endpointId) {
      return accounts
        .filter((each) => each.endpointId === endpointId)
        .sort((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase()))
        .map((each) => {
          const { endpointId: _, secretHash: __, previousSecretHash: ___, disabledAt, lastRefusedAt, ...rest } = each
          return {
            ...rest,
            enabled: disabledAt === null,
            pending: pendingOf(world, clock, each.id),
            previousSecretUntil: graceOf(each),
            lastRefusal:
              rest.lastRefusal === null || lastRefusedAt === null
                ? null
                : { reason: rest.lastRefusal, at: lastRefusedAt },
          }
        })
    },

    async add(added, most, created) {
      const others = accounts.filter(({ endpointId }) => endpointId === added.endpointId)
      if (others.length >= most) return 'full'
      if (others.some(({ user }) => user === added.user)) return 'user_taken'
      accounts.push({
        ...added,
        createdAt: clock(),
        secretSince: clock(),
        previousSecretHash: null,
        previousSecretUntil: null,
        disabledAt: null,
        lastUsedAt: null,
        lastRefusal: null,
        lastRefusedAt: null,
      })
      append(world, [created])
      return 'added'
    },

    async change(endpointId, id, decide) {
      const row = account(endpointId, id)
      if (!row) return 'unknown'
      const { after, event } = decide({ ...row, enabled: row.disabledAt === null })
      if (event === null) return 'changed'
      const { enabled, ...settings } = after
      if (accounts.some((each) => each !== row && each.endpointId === endpointId && each.user === settings.user))
        return 'user_taken'
      Object.assign(row, settings, { disabledAt: enabled ? null : (row.disabledAt ?? clock()) })
      append(world, [event])
      return 'changed'
    },

    async replaceSecret(endpointId, id, secretHash, graceHours, replaced) {
      const row = account(endpointId, id)
      if (!row) return false
      row.previousSecretHash = graceHours > 0 ? row.secretHash : null
      row.previousSecretUntil = graceHours > 0 ? new Date(clock().getTime() + graceHours * HOUR_MS) : null
      row.secretHash = secretHash
      row.secretSince = clock()
      append(world, [replaced])
      return true
    },

    async presented(endpointId, user) {
      const row = accounts.find((each) => each.endpointId === endpointId && each.user === user)
      if (!row) return null
      const previousSecretHash = graceOf(row) === null ? null : row.previousSecretHash
      return { ...row, enabled: row.disabledAt === null, previousSecretHash }
    },

    async refused(id, reason) {
      const row = accounts.find((each) => each.id === id)
      if (row) Object.assign(row, { lastRefusal: reason, lastRefusedAt: clock() })
    },
  }
}

/** As the database decides before a challenge is added: the account is there, enabled, and below its bound. */
export function takePage(world: World, clock: () => Date, endpointId: string, id: string | null): boolean {
  if (id === null) return true
  const row = world.challengePageAccounts.find((each) => each.id === id && each.endpointId === endpointId)
  if (!row || row.disabledAt !== null || pendingOf(world, clock, id) >= row.mostPending) return false
  row.lastUsedAt = clock()
  return true
}

function pendingOf(world: World, clock: () => Date, id: string): number {
  return (world.challenges as PageChallenge[]).filter(
    ({ pageAccountId, state, expiresAt }) => pageAccountId === id && state === 'pending' && expiresAt > clock(),
  ).length
}
