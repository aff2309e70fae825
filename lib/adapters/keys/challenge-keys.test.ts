/** The keys of challenges: they change by themselves, refuse nothing live, and open nothing that was touched. */
import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { challengeKeys } from './challenge-keys'
import { Kek } from './envelope'

const SECRET = randomBytes(32)
const at = (time: string, secret = SECRET) => challengeKeys(Kek.take(Buffer.from(secret)), () => new Date(time))
const challenge = () => ({
  endpointId: randomUUID(),
  challengeId: randomUUID(),
  constraintsSha256: new Uint8Array(randomBytes(32)),
})

test('what was sealed opens for its endpoint, and for that alone', () => {
  const sealed = challenge()
  const bytes = at('2026-12-01T12:00:00Z').seal(sealed, 3600)
  expect(at('2026-12-01T12:30:00Z').open(sealed.endpointId, bytes)).toEqual(sealed)
  expect(at('2026-12-01T12:30:00Z').open(randomUUID(), bytes)).toBeNull()
  expect(at('2026-12-01T12:30:00Z', randomBytes(32)).open(sealed.endpointId, bytes)).toBeNull()
})

test('no bit of it can be changed', () => {
  const sealed = challenge()
  const bytes = at('2026-12-01T12:00:00Z').seal(sealed, 3600)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const touched = Buffer.from(bytes)
    touched[bit >> 3] = (touched[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(at('2026-12-01T12:30:00Z').open(sealed.endpointId, touched)).toBeNull()
  }
  for (const length of [0, 1, 4, 87, 89])
    expect(
      at('2026-12-01T12:30:00Z').open(sealed.endpointId, Buffer.concat([bytes, bytes]).subarray(0, length)),
    ).toBeNull()
})

test.each([
  ['2026-12-01T11:49:00Z', false],
  ['2026-12-01T11:51:00Z', true],
  ['2026-12-01T13:09:00Z', true],
  ['2026-12-01T13:11:00Z', false],
])('at %s, of an hour from noon, it opens: %s', (time, opens) => {
  const sealed = challenge()
  const bytes = at('2026-12-01T12:00:00Z').seal(sealed, 3600)
  expect(at(time).open(sealed.endpointId, bytes) !== null).toBe(opens)
})

test('an instance whose clock is a little behind knows the next key already', () => {
  const ahead = at('2027-01-01T00:00:01Z')
  const behind = at('2026-12-31T23:59:50Z')
  const sealed = challenge()
  expect(behind.open(sealed.endpointId, ahead.seal(sealed, 3600))).toEqual(sealed)
  expect(behind.handles(Buffer.from('x'))).toContainEqual(ahead.mac(Buffer.from('x')))
})

test('a handle is known for a quarter after its key changed, and to no other purpose', () => {
  const minted = at('2026-12-31T23:00:00Z').mac(Buffer.from('x'))
  expect(at('2027-01-01T12:00:00Z').handles(Buffer.from('x'))).toContainEqual(minted)
  expect(at('2027-01-01T12:00:00Z').mac(Buffer.from('x'))).not.toEqual(minted)
  expect(at('2027-07-01T12:00:00Z').handles(Buffer.from('x'))).not.toContainEqual(minted)
})
