/** The signatures others compute are the ones we compute. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  newSecret,
  secretText,
  signatureHeaders,
  signedBySmallstep,
  signedByStandard,
  standardMessage,
} from './webhook-signature'

/** webhooks.md §1.2. */
const SECRET = Buffer.from(
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==',
  'base64',
)
const BODY = Buffer.from(
  '{"timestamp":"2026-03-01T09:30:00Z","scepChallenge":"8CE317021F690069A0B1C2D3E4F50617","scepTransactionID":"T1"}',
)
const SIGNATURE = '77c9d83dc9e51c954a1291ce2009870b50009fd4695faeb403c45fedefdc6f27'
const KEY_NOT_DECODED = 'ea0e20fc29aa465bdb2b52374c13638c65f363e4e7209b7656eb6c7c02da6667'
const message = { id: 'm1', connectionId: 'hook-1', at: new Date('2026-03-01T09:30:00Z'), body: BODY }

describe('step-ca', () => {
  test("the contract's vector", () => {
    expect(BODY).toHaveLength(112)
    expect(signatureHeaders('smallstep', SECRET, message)).toEqual({
      'X-Smallstep-Signature': SIGNATURE,
      'X-Smallstep-Webhook-ID': 'hook-1',
      'X-Request-Id': 'm1',
    })
    expect(signedBySmallstep(SIGNATURE, BODY, [SECRET])).toBe(true)
  })

  test.each([
    ['none', null],
    ['an empty one', ''],
    ['one made with the secret as text', KEY_NOT_DECODED],
    ['upper case', SIGNATURE.toUpperCase()],
    ['one cut short', SIGNATURE.slice(0, 62)],
    ['one with more behind it', `${SIGNATURE}00`],
    ['zeros', '0'.repeat(64)],
  ])('%s is no signature', (_what, signature) => {
    expect(signedBySmallstep(signature, BODY, [SECRET])).toBe(false)
  })

  test('a changed body is not signed, nor anything without a secret', () => {
    expect(signedBySmallstep(SIGNATURE, Buffer.concat([BODY, Buffer.from('\n')]), [SECRET])).toBe(false)
    expect(signedBySmallstep(SIGNATURE, BODY, [])).toBe(false)
    expect(signedBySmallstep('0'.repeat(64), BODY, [])).toBe(false)
  })

  test('while a secret is replaced, either one counts', () => {
    const next = newSecret()
    expect(signedBySmallstep(SIGNATURE, BODY, [next, SECRET])).toBe(true)
    expect(signedBySmallstep(SIGNATURE, BODY, [SECRET, next])).toBe(true)
  })
})

test('Standard Webhooks sign id, time and body', () => {
  const headers = signatureHeaders('standard', SECRET, message)
  const expected = createHmac('sha256', SECRET).update(`m1.1772357400.${BODY}`).digest('base64')
  expect(headers).toEqual({
    'webhook-id': 'm1',
    'webhook-timestamp': '1772357400',
    'webhook-signature': `v1,${expected}`,
  })
})

describe('a message of Standard Webhooks', () => {
  // The example of the specification's own libraries.
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const body = Buffer.from('{"test": 2432232314}')
  const headers = (more: Record<string, string> = {}) =>
    new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ...more,
    })
  const isSigned = (given: Headers, secrets = [key], bytes = body) => {
    const read = standardMessage(given)
    return read !== null && signedByStandard(read, bytes, secrets)
  }

  test("the specification's example is signed, by either of two secrets, beside other signatures", () => {
    expect(isSigned(headers())).toBe(true)
    expect(isSigned(headers(), [Buffer.from(newSecret()), key])).toBe(true)
    const several = `v1,${'A'.repeat(43)}= v1a,xyz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=`
    expect(isSigned(headers({ 'webhook-signature': several }))).toBe(true)
    expect(standardMessage(headers())?.at).toEqual(new Date('2021-02-25T15:02:10Z'))
  })

  test.each([
    ['no signature', headers({ 'webhook-signature': '' })],
    ['another version', headers({ 'webhook-signature': 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' })],
    ['a signature cut short', headers({ 'webhook-signature': 'v1,g0hM9SsE' })],
    ['another id', headers({ 'webhook-id': 'msg_other' })],
    ['an id with a dot', headers({ 'webhook-id': 'msg.1' })],
    ['another time', headers({ 'webhook-timestamp': '1614265331' })],
    ['a time with a fraction', headers({ 'webhook-timestamp': '1614265330.0' })],
  ])('%s is not believed', (_what, given) => {
    expect(isSigned(given)).toBe(false)
  })

  test('another body, another secret and none are not believed', () => {
    expect(isSigned(headers(), [key], Buffer.from('{"test": 2432232315}'))).toBe(false)
    expect(isSigned(headers(), [Buffer.from(newSecret())])).toBe(false)
    expect(isSigned(headers(), [])).toBe(false)
  })
})

test('a secret has 64 random bytes, written as the other side wants it', () => {
  const [one, two] = [newSecret(), newSecret()]
  expect(one).toHaveLength(64)
  expect(one).not.toEqual(two)
  expect(secretText('smallstep', SECRET)).toMatch(/^AAECAwQ.*Pw==$/)
  expect(secretText('standard', SECRET)).toMatch(/^whsec_AAECAwQ/)
})
