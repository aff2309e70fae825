/** A stored key opens in its own row, unchanged, under its own KEK, and nowhere else. */
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Kek, KeyUnusable, openKey, sealKey } from './envelope'
import { importKey } from './key-ring'
import type { KeyRow } from './key-rows'

const kek = Kek.take(randomBytes(32))

function sealedRow(under = kek): KeyRow {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const identity = {
    keyId: randomUUID(),
    ownerId: randomUUID(),
    algorithm: 'p256',
    purpose: 'issuer' as const,
    spkiSha256: createHash('sha256').update(spki).digest(),
  }
  return {
    ...identity,
    publicKey: spki,
    ...sealKey(privateKey.export({ type: 'pkcs8', format: 'der' }), identity, under),
  }
}

test('a row opens as the key it was', () => {
  const row = sealedRow()
  const key = importKey(row, kek)
  expect(key.spki).toEqual(row.publicKey)
  expect(key.signCertificate(Buffer.from('x')).length).toBeGreaterThan(60)
})

test('no bit of a stored row can change', () => {
  const row = sealedRow()
  let flips = 0
  for (const field of ['wrappedDek', 'ciphertext', 'publicKey', 'spkiSha256'] as const) {
    for (let bit = 0; bit < row[field].length * 8; bit++) {
      const changed = Buffer.from(row[field])
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(() => importKey({ ...row, [field]: changed }, kek)).toThrow(KeyUnusable)
      flips += 1
    }
  }
  for (const field of ['keyId', 'ownerId', 'algorithm', 'purpose', 'kekId'] as const) {
    for (let at = 0; at < row[field].length; at++) {
      const character = String.fromCharCode(row[field].charCodeAt(at) ^ 1)
      const changed = row[field].slice(0, at) + character + row[field].slice(at + 1)
      expect(() => importKey({ ...row, [field]: changed }, kek)).toThrow(KeyUnusable)
      flips += 1
    }
  }
  expect(flips).toBeGreaterThan(2_500)
})

test.each(['wrappedDek', 'ciphertext'] as const)('a cut or emptied %s does not open', (field) => {
  const row = sealedRow()
  for (let length = 0; length < row[field].length; length++) {
    expect(() => importKey({ ...row, [field]: row[field].subarray(0, length) }, kek)).toThrow(KeyUnusable)
  }
})

test('what was sealed for one row does not open in another', () => {
  const [one, two] = [sealedRow(), sealedRow()]
  expect(() => importKey({ ...one, wrappedDek: two.wrappedDek, ciphertext: two.ciphertext }, kek)).toThrow(KeyUnusable)
  const { keyId, ...keyOfTwo } = two
  expect(keyId).not.toBe(one.keyId)
  expect(() => importKey({ ...keyOfTwo, keyId: one.keyId }, kek)).toThrow(KeyUnusable)
})

test.each([
  ['purpose', { purpose: 'ra' }],
  ['owner', { ownerId: randomUUID() }],
  ['algorithm', { algorithm: 'p384' }],
])('a key with another %s does not open', (_field, change) => {
  expect(() => importKey({ ...sealedRow(), ...change }, kek)).toThrow(KeyUnusable)
})

test('another KEK does not open it, not even one that claims the same id', () => {
  const row = sealedRow()
  const other = Kek.take(randomBytes(32))
  expect(() => importKey(row, other)).toThrow(KeyUnusable)
  expect(() => importKey({ ...row, kekId: other.id }, other)).toThrow(KeyUnusable)
})

test('no two identities are bound alike', () => {
  const identity = {
    keyId: 'a',
    ownerId: 'b\0c',
    algorithm: 'p256',
    purpose: 'ra' as const,
    spkiSha256: Buffer.alloc(32),
  }
  expect(() => sealKey(Buffer.alloc(32), identity, kek)).toThrow()
  expect(() => openKey(sealedRow(), identity, kek)).toThrow(KeyUnusable)
})

test('each key has a data key of its own, and each sealing its own nonces', () => {
  const identity = { keyId: 'a', ownerId: 'b', algorithm: 'p256', purpose: 'ra' as const, spkiSha256: Buffer.alloc(32) }
  const [one, two] = [sealKey(Buffer.alloc(64), identity, kek), sealKey(Buffer.alloc(64), identity, kek)]
  expect(one.ciphertext).not.toEqual(two.ciphertext)
  expect(one.wrappedDek).not.toEqual(two.wrappedDek)
})

test('a KEK wipes the bytes it takes, and shows them to nobody', () => {
  const bytes = randomBytes(32)
  const copy = Buffer.from(bytes)
  const taken = Kek.take(bytes)
  expect(bytes).toEqual(Buffer.alloc(32))
  const shown = inspect(taken, { depth: 9, showHidden: true }) + JSON.stringify(taken) + String(taken)
  for (const form of ['hex', 'base64', 'latin1'] as const) expect(shown).not.toContain(copy.toString(form))
  expect(inspect(importKey(sealedRow(), kek))).toBe('[secret]')
})

test('keys derived for different purposes differ', () => {
  const [one, two] = [kek.derive('mac/challenge'), kek.derive('mac/session')]
  expect(one.equals(two)).toBe(false)
  expect(one.equals(kek.derive('mac/challenge'))).toBe(true)
})
