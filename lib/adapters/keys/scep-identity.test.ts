/** Whose key may answer SCEP, and what the signer lets be announced to devices as the next generation. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { constructedContext } from '@/lib/pki/der'
import { encode, integer, oid, sequence, setOf } from '@/lib/pki/der-write'
import { OID } from '@/lib/pki/oid'
import { contentAttributes } from '@/lib/pki/signed-attributes'
import {
  insertIssuer,
  makeOrganisation,
  type Organisation,
  type SignerUnderTest,
  signAuthority,
  startSigner,
} from './testing/organisation'

let it: SignerUnderTest
let organisation: Organisation
beforeAll(async () => {
  it = await startSigner()
  organisation = await makeOrganisation(it)
})
afterAll(() => it.end())

const setIdentity = (endpointId: string, identity: 'ra' | 'ca') =>
  it.pool.query('update endpoint set scep_identity = $2 where id = $1', [endpointId, identity])
const open = (keyId: string) => it.signer.decryptScep(keyId, Buffer.alloc(384, 1))

describe("an issuer's own key", () => {
  async function rsaIssuer(answersScep: boolean) {
    const made = await insertIssuer(it, organisation.root, 'rsa3072', { answersScep })
    await signAuthority(it, made.issuer)
    return made
  }

  test('answers where an endpoint says so and its certificate allows it', async () => {
    const { issuer, endpointId } = await rsaIssuer(true)
    await expect(open(issuer.keyId)).rejects.toMatchObject({ reason: 'key_purpose' })
    await setIdentity(endpointId, 'ca')
    expect(await open(issuer.keyId)).toBeInstanceOf(Uint8Array)
    await setIdentity(endpointId, 'ra')
    await expect(open(issuer.keyId)).rejects.toMatchObject({ reason: 'key_purpose' })
  })

  test('does not answer when its certificate lacks the usages, whatever an endpoint says', async () => {
    const { issuer, endpointId } = await rsaIssuer(false)
    await setIdentity(endpointId, 'ca')
    await expect(open(issuer.keyId)).rejects.toMatchObject({ reason: 'key_usage' })
  })

  test("the root's never does", async () => {
    await expect(open(organisation.root.keyId)).rejects.toMatchObject({ reason: 'key_purpose' })
  })
})

describe('signScepNextCertificates', () => {
  const degenerate = (...certificates: Uint8Array[]) =>
    sequence(
      oid(OID.signedData),
      encode(
        constructedContext(0),
        sequence(
          integer(1),
          setOf([]),
          sequence(oid(OID.data)),
          encode(constructedContext(0), Buffer.concat(certificates)),
          setOf([]),
        ),
      ),
    )
  const sign = (content: Uint8Array) => it.signer.signScepNextCertificates(organisation.ra.keyId, content)

  async function onRecord(certificateId: string): Promise<Buffer> {
    const { rows } = await it.pool.query<{ der: Buffer }>(
      `select coalesce(r.certificate_der, a.certificate_der) as der from certificate c
       left join registration_authority r on r.certificate_id = c.id left join authority a on a.certificate_id = c.id where c.id = $1`,
      [certificateId],
    )
    const der = rows[0]?.der
    if (!der) throw new Error('no certificate')
    await it.pool.query(
      `update certificate set state = 'issued', der = $2, fingerprint_sha256 = $3, issued_at = now(), tbs = null where id = $1 and state = 'intent'`,
      [certificateId, der, createHash('sha256').update(der).digest()],
    )
    return der
  }

  test('signs certificates that are on record, over the attributes of CMS', async () => {
    const ra = await onRecord(organisation.ra.certificateId)
    const issuer = await onRecord(organisation.issuer.certificateId)
    const content = degenerate(ra, issuer)
    const key = createPublicKey({ key: Buffer.from(organisation.ra.spki), format: 'der', type: 'spki' })
    expect(verify('sha256', contentAttributes(content), key, await sign(content))).toBe(true)
  })

  test('refuses a certificate that nobody issued here, alone and among ours', async () => {
    const ra = await onRecord(organisation.ra.certificateId)
    const foreign = Buffer.from(ra)
    foreign.writeUInt8((foreign.at(-1) ?? 0) ^ 1, foreign.length - 1)
    for (const content of [degenerate(foreign), degenerate(ra, foreign)])
      await expect(sign(content)).rejects.toMatchObject({ reason: 'certificate_not_on_record' })
  })

  test.each<[string, () => Uint8Array]>([
    ['nothing', () => Buffer.alloc(0)],
    ['no certificates', () => degenerate()],
    ['other bytes', () => Buffer.from('00'.repeat(64), 'hex')],
    ['a CMS shell of another shape', () => sequence(oid(OID.signedData))],
  ])('refuses %s', async (_what, content) => {
    await expect(sign(content())).rejects.toMatchObject({ reason: 'not_certificates' })
  })

  test('refuses what was revoked', async () => {
    const issuer = await onRecord(organisation.issuer.certificateId)
    await it.pool.query(
      `update certificate set revoked_at = now(), revocation_reason = 'cessationOfOperation' where id = $1`,
      [organisation.issuer.certificateId],
    )
    await expect(sign(degenerate(issuer))).rejects.toMatchObject({ reason: 'certificate_not_on_record' })
  })
})
