/** What an audit event says: its canonical bytes, its limits and its sentence. */
import { describe, expect, test } from 'vitest'
import type { Actor } from './actor'
import type { AuditEntry, AuditEventType, Json } from './audit'
import { AUDIT_TYPES } from './audit-catalogue'
import { canonicalEvent, eventView, parseEvent, sentenceOf } from './audit-events'
import { canonicalJson } from './canonical-json'

const ada: Actor = {
  type: 'user',
  id: 'user-1',
  name: 'Ada Admin',
  role: 'admin',
  via: 'ui',
  ip: '192.0.2.1',
  userAgent: 'test browser',
  requestId: 'request-1',
  sessionId: 'session-1',
}
const TIME = '2026-11-23T09:00:00.123Z'
const TYPES = Object.keys(AUDIT_TYPES) as AuditEventType[]

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  type: 'certificate.revoked',
  outcome: 'success',
  actor: ada,
  object: { type: 'certificate', id: 'certificate-1', name: 'CN=tablet-7' },
  ...more,
})
/** The same text wherever an event takes one, but for change and data. */
const everywhere = (text: string) => ({
  actor: { ...ada, id: text, name: text, ip: text, userAgent: text, requestId: text, sessionId: text },
  object: { type: 'user' as const, id: text, name: text },
  reason: text,
  transactionId: text,
})
/** What the database makes of the two pieces. */
const payloadOf = (of: AuditEntry) => {
  const { beforeTime, afterTime } = canonicalEvent(of)
  return Buffer.from(beforeTime + TIME + afterTime, 'utf8')
}
const eventOf = (of: AuditEntry) => parseEvent(payloadOf(of))

describe('canonical JSON', () => {
  test('sorts keys by UTF-16 code units and writes nothing else', () => {
    // RFC 8785 §3.2.3, its own example of the order.
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
    const value = Object.fromEntries(keys.map((key) => [key, null]))
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object).sort()).toEqual([...keys].sort())
    expect(canonicalJson(value)).toBe(`{${sorted.map((key) => `${JSON.stringify(key)}:null`).join(',')}}`)
    expect(canonicalJson({ b: [1, { d: true, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x","d":true}]}')
  })

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses the number %d', (number) => {
    expect(() => canonicalJson({ number })).toThrow('not a safe integer')
  })
})

describe('an audit event', () => {
  test('is canonical, and cut exactly at the value of its time', () => {
    const { id, beforeTime, afterTime } = canonicalEvent(entry({ data: { z: 1, time: 'not this one', a: ['x'] } }))
    expect(beforeTime.endsWith('"time":"')).toBe(true)
    expect(afterTime.startsWith('","type":"certificate.revoked","v":1}')).toBe(true)
    const text = beforeTime + TIME + afterTime
    const parsed = JSON.parse(text) as { [key: string]: Json }
    expect(canonicalJson(parsed)).toBe(text)
    expect(parsed.id).toBe(id)
    expect(parsed.time).toBe(TIME)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('says who, what, whence and how', () => {
    expect(eventOf(entry({ transactionId: 'abc' }))).toMatchObject({
      v: 1,
      type: 'certificate.revoked',
      category: 'cert',
      severity: 'medium',
      outcome: 'success',
      actor: {
        type: 'user',
        id: 'user-1',
        name: 'Ada Admin',
        roles: ['admin'],
        auth: 'password',
        sessionRef: 'session-1',
      },
      object: { type: 'certificate', id: 'certificate-1', name: 'CN=tablet-7' },
      source: { ip: '192.0.2.1', userAgent: 'test browser' },
      request: { id: 'request-1', protocol: 'ui', transactionId: 'abc' },
    })
  })

  test('has a reason whenever it is no success', () => {
    expect(eventOf(entry()).reason).toBeUndefined()
    expect(eventOf(entry({ outcome: 'failure' })).reason).toBe('unspecified')
    expect(eventOf(entry({ outcome: 'failure', reason: 'challenge_expired' })).reason).toBe('challenge_expired')
  })

  test('cuts long values and names them', () => {
    const event = eventOf(
      entry({
        actor: { ...ada, userAgent: 'u'.repeat(1_000) },
        change: { fields: ['big'], before: 'small', after: Array<string>(20).fill('y'.repeat(2_000)) },
        data: {
          long: 'x'.repeat(5_000),
          emoji: `${'x'.repeat(2_047)}\ud83d\ude00`,
          nested: { deep: ['z'.repeat(3_000)] },
        },
      }),
    )
    expect(event.source.userAgent).toHaveLength(256)
    expect(event.data?.long).toHaveLength(2_048)
    expect(event.data?.emoji).toHaveLength(2_047)
    expect(event.change).toEqual({ fields: ['big'], before: 'small' })
    expect(event.data?.truncated).toEqual([
      'change.after',
      'data.emoji',
      'data.long',
      'data.nested.deep',
      'source.userAgent',
    ])
  })

  test('never exceeds 32 KiB, whatever it is given', () => {
    const flood = '\u0001'.repeat(10_000)
    const data = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, flood]))
    const payload = payloadOf(
      entry({
        ...everywhere(flood),
        change: { fields: Array<string>(100).fill(flood), before: flood, after: flood },
        data: { ...data, kept: 'small' },
      }),
    )
    expect(payload.byteLength).toBeLessThanOrEqual(32 * 1024)
    expect(parseEvent(payload).data?.kept).toBe('small')
  })

  test('is measured with every comma', () => {
    const flood = '\u0001'.repeat(512)
    const lists = Array.from({ length: 5_400 }, (): Json => [])
    const payload = payloadOf(entry({ ...everywhere(flood), data: { lists, kept: 1 } }))
    expect(payload.byteLength).toBeLessThanOrEqual(32 * 1024)
    expect(parseEvent(payload).data).toEqual({ kept: 1, truncated: expect.arrayContaining(['data.lists']) })
  })

  test('leaves out what is not there, in whichever way it is not', () => {
    const nobody = null as never
    const { beforeTime, afterTime } = canonicalEvent(
      entry({
        actor: { ...ada, userAgent: undefined as never, sessionId: nobody },
        object: { type: 'user', id: null, name: nobody },
        transactionId: nobody,
      }),
    )
    expect(beforeTime + afterTime).not.toMatch(/name":null|undefined|sessionRef|userAgent|transactionId/)
  })

  test('keeps control characters as escapes, and replaces what Postgres cannot hold', () => {
    const event = eventOf(entry({ data: { name: 'a\u0000b\u001b[31m\ud800c' } }))
    expect(event.data?.name).toBe('a\u2400b\u001b[31m\ufffdc')
    expect(event.data?.truncated).toEqual(['data.name'])
  })
})

describe('the sentence', () => {
  test.each(TYPES)('of %s can be read, with everything known and with next to nothing', (type) => {
    const rich = {
      serial: 'ABCDEF0123456789',
      subject: 'CN=tablet-7',
      count: 2,
      number: '4',
      entries: 1,
      role: 'auditor',
      until: TIME,
      purpose: 'crl',
      permission: 'user:manage',
      bucket: 'x',
      seq: '3',
    }
    for (const data of [rich, {}]) {
      for (const outcome of ['success', 'failure'] as const) {
        const sentence = sentenceOf(eventOf(entry({ type, outcome, data, object: { type: 'system', id: null } })))
        expect(sentence).toMatch(/^[A-Z0-9].{7,}/)
        expect(sentence).not.toMatch(/undefined|null|\[object|\(\)| {2}|\.$/)
      }
    }
  })

  test('reads as a person would say it', () => {
    const say = (more: Partial<AuditEntry>) => sentenceOf(eventOf(entry(more)))
    expect(say({ data: { serial: '0A1B2C3D4E5F60718293', reasonCode: 'keyCompromise' } })).toBe(
      'Ada Admin revoked certificate 0A1B2C3D\u2026 for CN=tablet-7 (keyCompromise)',
    )
    const challenge = { type: 'challenge', id: '01a22288-e8db-75fa-acd0-420a1e44454a' } as const
    expect(say({ type: 'challenge.revoked', data: {}, object: challenge })).toContain('\u20261e44454a')
    expect(
      say({
        type: 'authn.login.failed',
        outcome: 'failure',
        reason: 'unknown_user',
        object: { type: 'user', id: null },
      }),
    ).toBe('Sign-in failed for an unknown user (unknown user)')
    expect(
      say({
        type: 'iam.role.granted',
        data: { role: 'auditor' },
        object: { type: 'user', id: 'u', name: 'bob@example.org' },
      }),
    ).toBe('Ada Admin made bob@example.org auditor')
  })

  test('shows what would make it read as something else', () => {
    const sentence = sentenceOf(eventOf(entry({ actor: { ...ada, name: 'eve\u202enimda\n2026' } })))
    expect(sentence).toContain('eve<U+202E>nimda<U+000A>2026')
  })

  test('of a type from a later version still says who and what', () => {
    const event = { ...eventOf(entry()), type: 'later.type' as AuditEventType }
    expect(sentenceOf(event)).toBe('Ada Admin: later.type (success)')
  })

  test('and everything else is in the view', () => {
    const change = { fields: ['name'], before: { name: 'a' }, after: { name: 'b' } }
    const view = eventView({
      seq: 7n,
      payload: payloadOf(entry({ change, data: { serial: '0A' } })),
      chain: new Uint8Array([0xab, 0x01]),
    })
    expect(view).toEqual({
      seq: '7',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      time: new Date(TIME),
      type: 'certificate.revoked',
      outcome: 'success',
      severity: 'medium',
      reason: null,
      actor: { type: 'user', id: 'user-1', name: 'Ada Admin', role: 'admin' },
      object: { type: 'certificate', id: 'certificate-1', name: 'CN=tablet-7' },
      source: { ip: '192.0.2.1', userAgent: 'test browser', via: 'ui' },
      data: { serial: '0A' },
      change,
      sentence: 'Ada Admin revoked certificate 0A for CN=tablet-7',
      chain: 'ab01',
    })
  })
})
