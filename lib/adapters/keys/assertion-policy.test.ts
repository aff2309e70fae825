/** A key that says who we are says nothing else: assertions that live for minutes, and its own certificate. */
import { constants, createPublicKey, randomUUID, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildTbsCertificate, parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { encodeBasicConstraints, encodeKeyUsage } from '@/lib/pki/extension-values'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { newSerial } from '@/lib/pki/serial'
import { type SignerUnderTest, startSigner } from './testing/organisation'

let it: SignerUnderTest
let keyId: string
let spki: Uint8Array
beforeAll(async () => {
  it = await startSigner()
  ;({ keyId, spki } = await it.signer.generateKey({
    purpose: 'assertion',
    algorithm: 'rsa2048',
    ownerId: randomUUID(),
  }))
})
afterAll(() => it.end())

const now = () => Math.floor(Date.now() / 1_000)
const claims = () => ({
  aud: 'https://login.example/t/oauth2/v2.0/token',
  iss: 'app',
  sub: 'app',
  jti: randomUUID(),
  nbf: now() - 30,
  exp: now() + 300,
})
const input = (change: object = {}, header: object = {}) =>
  Buffer.from(
    [
      { alg: 'PS256', typ: 'JWT', 'x5t#S256': 'abc', ...header },
      { ...claims(), ...change },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.'),
  )

test('an assertion is signed with PS256', async () => {
  const bytes = input()
  const signature = await it.signer.signClientAssertion(keyId, bytes)
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  expect(verify('sha256', bytes, { key, ...pss }, signature)).toBe(true)
})

test.each([
  ['another algorithm', () => input({}, { alg: 'RS256' })],
  ['no JWT', () => input({}, { typ: 'JOSE' })],
  ['a subject that is not the issuer', () => input({ sub: 'other' })],
  ['no audience', () => input({ aud: undefined })],
  ['a long life', () => input({ exp: now() + 3_600 })],
  ['a life that begins tomorrow', () => input({ nbf: now() + 86_400, exp: now() + 86_700 })],
  ['a certificate', () => tbs()],
  ['three parts', () => Buffer.concat([input(), Buffer.from('.abc')])],
])('%s is not signed', async (_, bytes) => {
  await expect(it.signer.signClientAssertion(keyId, bytes())).rejects.toMatchObject({ code: 'policy_refused' })
})

const DAY_MS = 86_400_000
interface Change {
  subject?: string
  isCa?: boolean
  days?: number
  spki?: Uint8Array
  usage?: 'digitalSignature' | 'keyCertSign'
}
function tbs({ subject = 'connector', isCa = false, days = 730, usage = 'digitalSignature', ...change }: Change = {}) {
  return buildTbsCertificate({
    serial: newSerial(),
    issuerDer: encodeName([{ type: 'CN', value: 'connector' }]),
    subjectDer: encodeName([{ type: 'CN', value: subject }]),
    spki: change.spki ?? spki,
    notBefore: new Date(),
    notAfter: new Date(Date.now() + days * DAY_MS),
    signature: 'sha256WithRSA',
    extensions: [
      { oid: OID.basicConstraints, critical: true, value: encodeBasicConstraints(isCa) },
      { oid: OID.keyUsage, critical: true, value: encodeKeyUsage([usage]) },
    ],
  })
}

test('its own certificate is signed by itself', async () => {
  const der = await it.signer.signOwnCertificate(keyId, tbs())
  expect(verifyCertificateSignature(der, spki)).toBe(true)
  expect(parseCertificate(der).isCa).toBe(false)
})

test.each<[string, Change]>([
  ['of somebody else', { subject: 'somebody' }],
  ['of an authority', { isCa: true }],
  ['that signs certificates', { usage: 'keyCertSign' }],
  ['of three years', { days: 1_100 }],
])('a certificate %s is not signed', async (_, change) => {
  await expect(it.signer.signOwnCertificate(keyId, tbs(change))).rejects.toMatchObject({ code: 'policy_refused' })
})

test('no other key signs either, and this one signs nothing of theirs', async () => {
  const ra = await it.signer.generateKey({ purpose: 'ra', algorithm: 'rsa2048', ownerId: randomUUID() })
  await expect(it.signer.signClientAssertion(ra.keyId, input())).rejects.toMatchObject({ reason: 'key_purpose' })
  await expect(it.signer.signOwnCertificate(ra.keyId, tbs({ spki: ra.spki }))).rejects.toMatchObject({
    reason: 'key_purpose',
  })
  await expect(it.signer.signScepReply(keyId, 'sha256', new Uint8Array(0))).rejects.toMatchObject({
    reason: 'key_purpose',
  })
  await expect(it.signer.openToken(keyId, new Uint8Array(0))).rejects.toMatchObject({ reason: 'key_purpose' })
})

test('what is sealed to be told later may hold a whole request; a credential may not', async () => {
  const bytes = new Uint8Array(40_000)
  const rowId = randomUUID()
  const sealed = await it.signer.seal('notification', rowId, bytes)
  expect(await it.signer.open('notification', rowId, sealed)).toEqual(Buffer.from(bytes))
  await expect(it.signer.seal('connector', rowId, bytes)).rejects.toMatchObject({ reason: 'seal_size' })
})
