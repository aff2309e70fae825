/** Which RADIUS server asks. The answer about a key holds for some seconds: a wave of logins asks for the same one. */
import { createHash } from 'node:crypto'
import { isRefusal, type Refusal } from '@/lib/errors'
import type { AccessService, RequestOrigin } from './access-types'
import type { Actor } from './actor'
import { sourceOf } from './source-address'

export interface RadiusCallers {
  /**
   * The actor of "Bearer KEY", or of "Basic" with any user name and the key as password: rlm_rest knows no other way to
   * send one. Refusals: unauthenticated, rate_limited, unavailable.
   */
  actorOf(origin: RequestOrigin, authorization: string | null): Promise<Actor>
}

export interface RadiusCallersDeps {
  access: Pick<AccessService, 'actorOfApiKey' | 'limit'>
  clock: () => Date
}

/** How long a revoked key may still be believed. */
export const KEY_HOLDS_MS = 3_000
const MOST_KEYS = 200
/** An address that keeps coming with keys that do not hold is told to wait. */
const REJECTED_PER_MINUTE = 60

type Known = { at: number; answer: Promise<{ actor: Actor } | { refusal: Refusal }> }

export function createRadiusCallers({ access, clock }: RadiusCallersDeps): RadiusCallers {
  const known = new Map<string, Known>()

  return {
    async actorOf(origin, authorization) {
      const bearer = bearerOf(authorization)
      const key = createHash('sha256')
        .update(bearer ?? '')
        .digest('hex')
      const found = await keyed(key, () => answer(origin, bearer))
      if ('refusal' in found) {
        await access.limit(`radius:rejected:${sourceOf(origin.ip)}`, REJECTED_PER_MINUTE, 60)
        throw found.refusal
      }
      return { ...found.actor, ...origin }
    },
  }

  function keyed(key: string, find: () => Known['answer']): Known['answer'] {
    const now = clock().getTime()
    const kept = known.get(key)
    if (kept && Math.abs(now - kept.at) < KEY_HOLDS_MS) return kept.answer
    if (known.size >= MOST_KEYS) known.clear()
    const mine = { at: now, answer: find() }
    known.set(key, mine)
    // An outage is not an answer: whoever comes next asks again.
    mine.answer.catch(() => known.get(key) === mine && known.delete(key))
    return mine.answer
  }

  async function answer(origin: RequestOrigin, bearer: string | null): Known['answer'] {
    try {
      return { actor: await access.actorOfApiKey(origin, bearer) }
    } catch (error) {
      if (isRefusal(error, 'unauthenticated')) return { refusal: error }
      throw error
    }
  }
}

function bearerOf(authorization: string | null): string | null {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]{1,1024})$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return authorization
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return `Bearer ${pair.slice(pair.indexOf(':') + 1)}`
}
