/** What the signer signs with a key for profiles: configuration profiles, now, and nothing else; and whom it certifies. */
import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeName } from '@/lib/pki/name'
import { profileSignerExtensions } from '@/lib/pki/profile'
import { profileAttributes } from '@/lib/pki/signed-attributes'
import { appleEnrolmentProfile } from '@/lib/services/mdm-profile-apple'
import { type PropertyValue, propertyList } from '@/lib/services/property-list'
import {
  type AuthorityRow,
  type Change,
  insertCertificate,
  makeOrganisation,
  type Organisation,
  type SignerUnderTest,
  sha256,
  startSigner,
  statusOf,
} from './testing/organisation'

const HOUR = 3_600_000
const profile = propertyList({ PayloadType: 'Configuration', PayloadVersion: 1 })

let it: SignerUnderTest
let organisation: Organisation
beforeAll(async () => {
  it = await startSigner()
  organisation = await makeOrganisation(it)
})
afterAll(() => it.end())

async function insertSigner(by: AuthorityRow, change: Change = {}) {
  const id = randomUUID()
  const { keyId, spki } = await it.signer.generateKey({ purpose: 'profile', algorithm: 'rsa3072', ownerId: id })
  const certificateId = randomUUID()
  const notBefore = new Date(Date.now() - HOUR)
  const validity = { notBefore, notAfter: new Date(notBefore.getTime() + 24 * HOUR) }
  await it.pool.query(
    `insert into profile_signer (id, authority_id, key_id, certificate_id, not_before, not_after) values ($1, $2, $3, $4, $5, $6)`,
    [id, by.id, keyId, certificateId, validity.notBefore, validity.notAfter],
  )
  await insertCertificate(it, {
    kind: 'profile',
    id: certificateId,
    by,
    subjectDer: encodeName([{ type: 'CN', value: 'Example Profiles' }]),
    spki,
    ...validity,
    extensions: profileSignerExtensions({ spki, ...statusOf(by) }),
    ...change,
  })
  return { id, keyId, spki, certificateId }
}

/** So that another one may come. */
async function drop({ id }: { id: string }): Promise<void> {
  await it.pool.query('delete from profile_signer where id = $1', [id])
}

describe('signProfile', () => {
  let made: Awaited<ReturnType<typeof insertSigner>>
  const sign = (content: Uint8Array, at = new Date(), keyId = made.keyId) => it.signer.signProfile(keyId, at, content)
  beforeAll(async () => {
    made = await insertSigner(organisation.root)
    await expect(sign(profile)).rejects.toMatchObject({ reason: 'no_record_of_this_signer' })
    const der = await it.signer.signCertificate(made.certificateId)
    await it.pool.query('update profile_signer set certificate_der = $1 where id = $2', [der, made.id])
    await it.pool.query(
      `update certificate set state = 'issued', der = $1, fingerprint_sha256 = $2, issued_at = now(), tbs = null where id = $3`,
      [der, sha256(der), made.certificateId],
    )
  })
  afterAll(() => drop(made))

  test('signs a profile over the attributes of CMS', async () => {
    const at = new Date(Math.floor(Date.now() / 1000) * 1000)
    const key = createPublicKey({ key: Buffer.from(made.spki), format: 'der', type: 'spki' })
    expect(verify('sha256', profileAttributes(profile, at), key, await sign(profile, at))).toBe(true)
  })

  test.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['a property list of another kind', propertyList({ CFBundleName: 'x' })],
    ['a profile with more behind it', Buffer.concat([profile, Buffer.from('MZ')])],
    ['a profile with something before it', Buffer.concat([Buffer.from('MZ'), profile])],
    ['text that is none', Buffer.concat([profile.subarray(0, 250), Buffer.from([0xff]), profile.subarray(250)])],
    ['a certificate', Buffer.from('3082', 'hex')],
  ])('refuses %s', async (_what, content) => {
    await expect(sign(content)).rejects.toMatchObject({ code: 'policy_refused', reason: 'not_a_profile' })
  })

  test('signs what our profiles bring, whatever the texts in them say', async () => {
    const scep = { PayloadType: 'com.apple.security.scep', Name: 'a < b & "c" > d', Challenge: 'PayloadType' }
    const content = { PayloadType: 'Configuration', PayloadContent: [scep, { PayloadType: 'com.apple.wifi.managed' }] }
    expect(await sign(propertyList(content))).toBeInstanceOf(Uint8Array)
  })

  test('signs the profile of a device as it is handed out, with network and all', async () => {
    const authority = {
      name: 'Ä & Ö',
      slug: 'staff-1',
      pem: '',
      der: Buffer.from('der'),
      fingerprintSha1: '00',
      fingerprintSha256: '00',
    }
    const facts = {
      organisation: 'Example <&> "Sons"',
      group: { slug: 'staff', name: 'Staff & friends' },
      endpoint: { slug: 'staff', name: 'Staff', policy: 'dynamic' },
      scepUrl: 'https://pki.example.com/scep/staff?a=1&b=2',
      root: authority,
      issuer: authority,
      rootFromGetCaCert: true,
      minRsaBits: 2048,
      validityDays: 365,
      renewalWindowDays: 30,
      extendedKeyUsage: [],
    } as const
    const choices = {
      mdm: 'none',
      namedBy: 'serial',
      subject: null,
      ssid: 'Net & <work>',
      radiusNames: ['radius.example.com'],
    } as const
    const device = { subject: [{ type: 'CN', value: 'tablet-7 <&>' }], challenge: 'abc&def<ghi' }
    const handedOut = appleEnrolmentProfile(facts, choices, device)
    expect(await sign(handedOut)).toBeInstanceOf(Uint8Array)
  })

  const bringing = (payload: PropertyValue) => propertyList({ PayloadType: 'Configuration', PayloadContent: [payload] })
  const respelt = (from: string, to: string) =>
    Buffer.from(
      Buffer.from(bringing({ OtherType: 'com.apple.mdm' }))
        .toString()
        .replace(from, to),
    )
  test.each<[string, Uint8Array, string]>([
    ['a management', bringing({ PayloadType: 'com.apple.mdm' }), 'payload_not_ours'],
    ['a payload without a name', bringing({ PayloadType: { PayloadType: 'Configuration' } }), 'payload_not_ours'],
    ['a key in another spelling', respelt('<key>OtherType</key>', '<key>&#80;ayloadType</key>'), 'not_a_profile'],
    ['a comment', respelt('<key>OtherType</key>', '<key>PayloadType<!-- --></key>'), 'not_a_profile'],
    ['a CDATA section', respelt('<key>OtherType</key>', '<key><![CDATA[PayloadType]]></key>'), 'not_a_profile'],
    ['a line between', respelt('<key>OtherType</key>', '<key>PayloadType</key>\n'), 'not_a_profile'],
  ])('refuses a profile with %s', async (_what, content, reason) => {
    await expect(sign(content)).rejects.toMatchObject({ code: 'policy_refused', reason })
  })

  test('refuses another time than now', async () => {
    for (const hours of [-1, 1])
      await expect(sign(profile, new Date(Date.now() + hours * HOUR))).rejects.toMatchObject({ reason: 'not_now' })
  })

  test('refuses with any other key, and its key signs and opens nothing else', async () => {
    for (const { keyId } of [organisation.root, organisation.issuer, organisation.ra])
      await expect(sign(profile, new Date(), keyId)).rejects.toMatchObject({ reason: 'key_purpose' })
    const refused = { reason: 'key_purpose' }
    await expect(it.signer.signScepReply(made.keyId, 'sha256', Buffer.alloc(40))).rejects.toMatchObject(refused)
    await expect(it.signer.signOcspResponse(made.keyId, Buffer.alloc(40))).rejects.toMatchObject(refused)
    await expect(it.signer.decryptScep(made.keyId, Buffer.alloc(384, 1))).rejects.toMatchObject(refused)
    await expect(it.signer.openToken(made.keyId, Buffer.alloc(40))).rejects.toMatchObject(refused)
  })

  test('refuses once its certificate is revoked', async () => {
    await it.pool.query(
      `update certificate set revoked_at = now(), revocation_reason = 'keyCompromise' where id = $1`,
      [made.certificateId],
    )
    await expect(sign(profile)).rejects.toMatchObject({ reason: 'no_record_of_this_signer' })
  })
})

describe('certificates of signers', () => {
  test('an issuer makes none', async () => {
    const made = await insertSigner(organisation.issuer)
    await expect(it.signer.signCertificate(made.certificateId)).rejects.toMatchObject({ reason: 'wrong_authority' })
    await drop(made)
  })

  test('one without its record is refused, and so is a key for something else', async () => {
    const made = await insertSigner(organisation.root)
    await it.pool.query('delete from profile_signer where id = $1', [made.id])
    await expect(it.signer.signCertificate(made.certificateId)).rejects.toMatchObject({
      reason: 'no_record_of_this_signer',
    })
    await drop(made)
    await expect(
      it.signer.generateKey({ purpose: 'profile', algorithm: 'p256', ownerId: randomUUID() }),
    ).rejects.toMatchObject({ reason: 'key_algorithm' })
    const other = await insertSigner(organisation.root, { spki: organisation.ra.spki })
    await expect(it.signer.signCertificate(other.certificateId)).rejects.toMatchObject({ code: 'policy_refused' })
    await drop(other)
  })
})
