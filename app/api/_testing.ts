/** For the API's tests: services that remember what they were asked, three keys, and requests as a client sends them. */
import { isDeepStrictEqual } from 'node:util'
import { Refusal } from '@/lib/errors'
import type { Services } from '@/lib/server'
import type { Actor, Role } from '@/lib/services/actor'
import type { AuditEntry } from '@/lib/services/audit'

export const KEYS: Record<Role, string> = {
  admin: 'lk_admin',
  operator: 'lk_operator',
  auditor: 'lk_auditor',
  radius: 'lk_radius',
  mdm: 'lk_mdm',
}
/** Of an operator of the group `staff`. */
export const GROUP_KEY = 'lk_group'

/** What a test overrides; anything else throws when it is called. */
export type Fakes = { [Name in keyof Services]?: Partial<Services[Name]> }

export interface Fake {
  services: Services
  audit: AuditEntry[]
}

export function fakeServices(fakes: Fakes = {}): Fake {
  const audit: AuditEntry[] = []
  const counts = new Map<string, number>()
  const answers = new Map<string, { hash: Uint8Array; answer: { status: number; body: string } }>()
  const trail = { record: async (entry: AuditEntry) => void audit.push(entry), ...fakes.audit }
  const access: Partial<Services['access']> = {
    async actorOfApiKey(origin, authorization) {
      if (authorization === `Bearer ${GROUP_KEY}`)
        return {
          type: 'service',
          id: 'id-of-group',
          name: 'group key',
          role: 'operator',
          via: 'api',
          ...origin,
          groups: ['staff'],
        }
      const role = (Object.keys(KEYS) as Role[]).find((one) => authorization === `Bearer ${KEYS[one]}`)
      if (role === undefined) throw new Refusal('unauthenticated', 'Send a valid API key.')
      const actor: Actor = { type: 'service', id: `id-of-${role}`, name: `${role} key`, role, via: 'api', ...origin }
      return actor
    },
    async limit(key, limit) {
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      if (count > limit) throw new Refusal('rate_limited', 'Too many attempts.', { retryAfterSeconds: 12.2 })
    },
    recordDenied: (entry) => trail.record(entry),
    async idempotent(actor, { idempotencyKey }, hash, work) {
      const name = `${actor.id} ${idempotencyKey}`
      const known = answers.get(name)
      if (known && !isDeepStrictEqual(known.hash, hash)) throw new Refusal('conflict', 'Used for another request.')
      if (known) return { ...known.answer, replayed: true }
      const answer = await work()
      answers.set(name, { hash, answer })
      return { ...answer, replayed: false }
    },
  }
  const known: Fakes = {
    ...fakes,
    access: { ...access, ...fakes.access },
    pace: { keep: async () => {}, ...fakes.pace },
    audit: trail,
  }
  return { services: known as unknown as Services, audit }
}

export interface Asked {
  method?: string
  key?: string | null
  headers?: Record<string, string>
  body?: BodyInit
  json?: unknown
}

/** A request as it arrives behind the front process. */
export function apiRequest(path: string, { method, key = KEYS.admin, headers = {}, body, json }: Asked = {}): Request {
  const sent = json === undefined ? body : JSON.stringify(json)
  return new Request(`http://portal.example/api/v1${path}`, {
    method: method ?? (sent === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      'x-forwarded-for': '192.0.2.1',
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent, duplex: 'half' }),
  } as RequestInit)
}

export const context = (params: Record<string, string> = {}) => ({ params: Promise.resolve(params) })
