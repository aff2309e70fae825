/** The statuses that rlm_rest understands, and that nothing of a request comes back in an answer. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { AuditEntry } from '@/lib/services/audit'
import type { AccessDecision } from '@/lib/services/radius-authorisation'
import { actor } from '@/lib/services/testing/harness'
import { type RadiusServices, radiusHttpResponse } from './radius-path'

let decision: AccessDecision | Refusal | Promise<never>
let caller: 'radius' | 'operator' | Refusal
let recorded: AuditEntry[]

const services: RadiusServices = {
  radiusCallers: {
    async actorOf() {
      if (caller instanceof Refusal) throw caller
      return actor(caller)
    },
  },
  radiusAuthorisation: {
    async decide(who) {
      if (who.role !== 'radius') throw new Refusal('forbidden', 'No.', { reason: 'no_permission' })
      if (decision instanceof Refusal) throw decision
      return decision
    },
  },
  access: { recordDenied: async (entry) => void recorded.push(entry) },
}

const EVIL = '%{exec:/bin/id}'
const QUESTION = {
  'User-Name': { type: 'string', value: [EVIL] },
  'Called-Station-Id': { type: 'string', value: [`00-10-A4-23-19-C0:${EVIL}`] },
  'TLS-Client-Cert-Common-Name': { type: 'string', value: [EVIL] },
  'TLS-Client-Cert-Subject-Alt-Name-Upn': { type: 'string', value: [EVIL] },
  'TLS-Client-Cert-Serial': { type: 'string', value: ['3a7f'] },
  'TLS-Client-Cert-Issuer': { type: 'string', value: ['/CN=Staff Issuing CA/O=Example'] },
}
const GRANTED = { vlan: '20', filterId: 'staff.in', class: 'staff', sessionTimeoutSeconds: 3_600 }

async function ask(body: unknown = QUESTION, method = 'POST') {
  const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body))
  const request = { method, path: '/api/v1/radius/authorize', query: '', headers: new Headers(), body: bytes, ip: null }
  const response = await radiusHttpResponse(services, request)
  const text = new TextDecoder().decode(response.body)
  expect(response.headers['Content-Type']).toBe('application/json')
  expect(text).not.toContain('%')
  return { status: response.status, document: JSON.parse(text) as Record<string, unknown> }
}

beforeEach(() => {
  decision = { accept: true, granted: GRANTED }
  caller = 'radius'
  recorded = []
})

const set = (value: string | number) => ({ do_xlat: false, op: ':=', value })

describe('accepted', () => {
  test('the VLAN as its three attributes, none of them to be expanded', async () => {
    decision = { accept: true, granted: { vlan: '215', filterId: null, class: null, sessionTimeoutSeconds: null } }
    expect(await ask()).toEqual({
      status: 200,
      document: {
        'reply:Tunnel-Type': set('VLAN'),
        'reply:Tunnel-Medium-Type': set('IEEE-802'),
        'reply:Tunnel-Private-Group-Id': set('215'),
      },
    })
  })

  test('everything that can be granted', async () => {
    expect((await ask()).document).toEqual({
      'reply:Tunnel-Type': set('VLAN'),
      'reply:Tunnel-Medium-Type': set('IEEE-802'),
      'reply:Tunnel-Private-Group-Id': set('20'),
      'reply:Filter-Id': set('staff.in'),
      'reply:Class': set('staff'),
      'reply:Session-Timeout': set(3_600),
      'reply:Termination-Action': set('RADIUS-Request'),
    })
  })

  test('in our own form to whom asks in it', async () => {
    expect(await ask({ serial: '3a7f', issuer: '/CN=Staff Issuing CA/O=Example' })).toEqual({
      status: 200,
      document: {
        decision: 'accept',
        reason: null,
        attributes: {
          'Tunnel-Type': 'VLAN',
          'Tunnel-Medium-Type': 'IEEE-802',
          'Tunnel-Private-Group-Id': '20',
          'Filter-Id': 'staff.in',
          Class: 'staff',
          'Session-Timeout': 3_600,
          'Termination-Action': 'RADIUS-Request',
        },
      },
    })
  })
})

describe('refused', () => {
  const reason = (code: string) => ({ 'control:Tmp-String-0': set(code) })

  test.each([
    'certificate_unknown',
    'certificate_revoked',
    'certificate_held',
    'certificate_expired',
    'certificate_not_yet_valid',
    'issuer_revoked',
    'access_off',
  ] as const)('%s is 401', async (code) => {
    decision = { accept: false, about: 'certificate', reason: code }
    expect(await ask()).toEqual({ status: 401, document: reason(code) })
  })

  test.each(['ssid_not_allowed', 'network_server_not_allowed', 'outside_hours'] as const)('%s is 403', async (code) => {
    decision = { accept: false, about: 'place', reason: code }
    expect(await ask()).toEqual({ status: 403, document: reason(code) })
    expect(await ask({ serial: '3a7f' })).toEqual({
      status: 403,
      document: { decision: 'reject', reason: code, attributes: {} },
    })
  })

  test.each([
    ['no question', {}, 400, 'question_malformed'],
    ['a body that is too large', new Uint8Array(65_537), 413, 'request_too_large'],
  ])('%s', async (_, body, status, code) => {
    expect(await ask(body)).toEqual({ status, document: reason(code) })
  })

  test('another method', async () => {
    expect(await ask(QUESTION, 'GET')).toEqual({ status: 405, document: reason('method_not_allowed') })
  })

  test('a key that does not hold is 403', async () => {
    caller = new Refusal('unauthenticated', 'Send a valid key.')
    expect(await ask()).toEqual({ status: 403, document: reason('key_refused') })
  })

  test('a key of another role is 403, and the trail hears of it', async () => {
    caller = 'operator'
    expect(await ask()).toEqual({ status: 403, document: reason('key_has_no_permission') })
    expect(recorded).toMatchObject([{ type: 'authz.denied', outcome: 'denied', reason: 'no_permission' }])
  })

  test.each([
    ['rate_limited', 429, 'too_many_wrong_keys'],
    ['unavailable', 503, 'unavailable'],
  ] as const)('%s is %i', async (code, status, word) => {
    decision = new Refusal(code, 'Later.')
    expect(await ask()).toEqual({ status, document: reason(word) })
  })

  test('who is not answered in two seconds is told so', async () => {
    vi.useFakeTimers()
    try {
      decision = new Promise<never>(() => {})
      const answer = ask()
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await answer).toEqual({ status: 503, document: reason('too_late') })
    } finally {
      vi.useRealTimers()
    }
  })
})
