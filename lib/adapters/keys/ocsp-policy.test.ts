/** Which OCSP answers the signer signs, and every one it refuses, against a real database. */
import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { certId, extension } from '@/e2e/fixtures/ocsp'
import { parseCertificate } from '@/lib/pki/certificate'
import { keyIdentifier, parsePublicKey } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import {
  buildResponseData,
  type CertStatus,
  type ResponseData,
  responderKeyHash,
  type SingleResponse,
} from '@/lib/pki/ocsp'
import { OID } from '@/lib/pki/oid'
import { ocspResponderExtensions, raExtensions } from '@/lib/pki/profile'
import { newSerial } from '@/lib/pki/serial'
import { verifySignature } from '@/lib/pki/signature'
import { statusReader } from './ocsp-rows'
import {
  type AuthorityRow,
  type Change,
  insertCertificate,
  insertIssuer,
  insertLeaf,
  makeOrganisation,
  type Organisation,
  type SignerUnderTest,
  sha256,
  signAuthority,
  startSigner,
  statusOf,
} from './testing/organisation'

const HOUR = 3_600_000
const DAY = 24 * HOUR
let it: SignerUnderTest
let organisation: Organisation
let other: AuthorityRow
let responder: Responder
let issuerDer: Uint8Array
let serial: string

type Responder = Awaited<ReturnType<typeof insertResponder>>

beforeAll(async () => {
  it = await startSigner()
  organisation = await makeOrganisation(it)
  other = (await insertIssuer(it, organisation.root, 'p256')).issuer
  await signAuthority(it, other)
  issuerDer = (await it.pool.query('select certificate_der from authority where id = $1', [organisation.issuer.id]))
    .rows[0].certificate_der
  responder = await insertResponder(organisation.issuer)
  await activate(responder)
  serial = await issued()
})
afterAll(() => it.end())

async function insertResponder(by: AuthorityRow, change: Change = {}) {
  const id = randomUUID()
  const { keyId, spki } = await it.signer.generateKey({ purpose: 'ocsp', algorithm: 'p256', ownerId: id })
  const certificateId = randomUUID()
  const notBefore = new Date(Date.now() - HOUR)
  const validity = { notBefore, notAfter: new Date(notBefore.getTime() + 7 * DAY) }
  await it.pool.query(
    `insert into ocsp_responder (id, authority_id, key_id, certificate_id, not_before, not_after) values ($1, $2, $3, $4, $5, $6)`,
    [id, by.id, keyId, certificateId, validity.notBefore, validity.notAfter],
  )
  const authorityKeyId = keyIdentifier(by.spki)
  await insertCertificate(it, {
    kind: 'ocsp',
    id: certificateId,
    by,
    subjectDer: encodeName([{ type: 'CN', value: 'Staff OCSP' }]),
    spki,
    ...validity,
    extensions: ocspResponderExtensions({ spki, authorityKeyId }),
    ...change,
  })
  return { id, keyId, spki, certificateId }
}

async function activate({ id, certificateId }: Responder): Promise<Uint8Array> {
  const der = await it.signer.signCertificate(certificateId)
  await it.pool.query('update ocsp_responder set certificate_der = $1 where id = $2', [der, id])
  return der
}

/** A leaf on record as issued; returns its serial. */
async function issued(): Promise<string> {
  const id = await insertLeaf(it, organisation)
  const der = await it.signer.signCertificate(id)
  await it.pool.query(
    `update certificate set state = 'issued', der = $1, fingerprint_sha256 = $2, issued_at = now(), tbs = null where id = $3`,
    [der, sha256(der), id],
  )
  return parseCertificate(der).serial
}

const revoke = (of: string, reason: string) =>
  it.pool.query(
    `update certificate set revoked_at = '2026-01-02 03:04:05.678Z', revocation_reason = $2::"RevocationReason" where serial = $1`,
    [of, reason],
  )
const REVOKED_AT = new Date('2026-01-02T03:04:05Z')

function answer(change: Partial<ResponseData> & { single?: Partial<SingleResponse>; of?: string } = {}): Uint8Array {
  const now = new Date()
  const { single = {}, of = serial, ...data } = change
  const response = {
    certId: certId({ issuer: issuerDer, serial: of }),
    status: { status: 'good' } as CertStatus,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + 10 * 60_000),
    ...single,
  }
  return buildResponseData({
    responderKeyHash: responderKeyHash(responder.spki),
    producedAt: now,
    responses: [response],
    nonce: null,
    ...data,
  })
}

const sign = (tbs: Uint8Array, keyId = responder.keyId) => it.signer.signOcspResponse(keyId, tbs)
const later = (ms: number) => new Date(Date.now() + ms)

describe('answers', () => {
  test('what is on record is signed', async () => {
    const tbs = answer({ nonce: extension(OID.ocspNonce, randomBytes(16)) })
    const signature = await sign(tbs)
    expect(verifySignature({ kind: 'ecdsa', hash: 'sha256' }, parsePublicKey(responder.spki), tbs, signature)).toBe(
      true,
    )
  })

  test('each status is signed where it is the one on record, and no other is', async () => {
    const [revoked, held] = [await issued(), await issued()]
    await revoke(revoked, 'keyCompromise')
    await revoke(held, 'certificateHold')
    const statuses: CertStatus[] = [
      { status: 'good' },
      { status: 'unknown' },
      { status: 'revoked', at: REVOKED_AT, reason: 'keyCompromise' },
      { status: 'revoked', at: REVOKED_AT, reason: 'certificateHold' },
    ]
    for (const [index, of] of [serial, newSerial(), revoked, held].entries()) {
      for (const [said, status] of statuses.entries()) {
        const signing = sign(answer({ of, single: { status } }))
        if (said === index) await expect(signing).resolves.toBeDefined()
        else await expect(signing).rejects.toMatchObject({ code: 'policy_refused', reason: 'status_differs' })
      }
    }
  })

  test('a certificate that is only meant is not good', async () => {
    const id = await insertLeaf(it, organisation)
    const { rows } = await it.pool.query('select serial from certificate where id = $1', [id])
    await expect(sign(answer({ of: rows[0].serial }))).rejects.toMatchObject({ reason: 'status_differs' })
  })

  test('of an issuer whose key is compromised nothing is good', async () => {
    const made = await insertIssuer(it, organisation.root, 'p256')
    const der = await signAuthority(it, made.issuer)
    const theirs = await insertResponder(made.issuer)
    await activate(theirs)
    const leaf = await insertLeaf(it, made)
    const leafDer = await it.signer.signCertificate(leaf)
    const record = `update certificate set state = 'issued', der = $1, fingerprint_sha256 = $2, issued_at = now(), tbs = null where id = $3`
    await it.pool.query(record, [leafDer, sha256(leafDer), leaf])
    await it.pool.query(record, [der, sha256(der), made.issuer.certificateId])
    const of = parseCertificate(leafDer).serial
    const said = (status: CertStatus) =>
      sign(
        answer({
          responderKeyHash: responderKeyHash(theirs.spki),
          single: { status, certId: certId({ issuer: der, serial: of }) },
        }),
        theirs.keyId,
      )
    await expect(said({ status: 'good' })).resolves.toBeDefined()
    await revoke(parseCertificate(der).serial, 'keyCompromise')
    await expect(said({ status: 'good' })).rejects.toMatchObject({ reason: 'status_differs' })
    await expect(said({ status: 'revoked', at: REVOKED_AT, reason: 'cACompromise' })).resolves.toBeDefined()
  })

  const refusals: [string, string, () => Uint8Array][] = [
    ['that is none', 'malformed', () => Buffer.from('30030201', 'hex')],
    ['in the name of another responder', 'another_responder', () => answer({ responderKeyHash: randomBytes(20) })],
    [
      'of yesterday',
      'ocsp_times',
      () => answer({ producedAt: later(-DAY), single: { thisUpdate: later(-DAY), nextUpdate: later(-23.5 * HOUR) } }),
    ],
    ['of tomorrow', 'ocsp_times', () => answer({ producedAt: later(DAY) })],
    ['that begins after it was made', 'ocsp_times', () => answer({ single: { thisUpdate: later(60_000) } })],
    ['good for a day', 'ocsp_times', () => answer({ single: { nextUpdate: later(DAY) } })],
    ['that ends before it begins', 'ocsp_times', () => answer({ single: { nextUpdate: later(-60_000) } })],
    [
      'with another extension',
      'malformed',
      () => answer({ nonce: extension('1.3.6.1.5.5.7.48.1.9', Buffer.from('0500', 'hex')) }),
    ],
    ['about nobody', 'about_nothing', () => answer({ responses: [] })],
  ]
  test.each(refusals)('one %s is refused', async (_what, reason, tbs) => {
    await expect(sign(tbs())).rejects.toMatchObject({ code: 'policy_refused', reason })
  })

  test('one about a certificate of another authority is refused', async () => {
    const { rows } = await it.pool.query('select certificate_der from authority where id = $1', [other.id])
    const theirs = certId({ issuer: rows[0].certificate_der, serial })
    await expect(sign(answer({ single: { certId: theirs } }))).rejects.toMatchObject({ reason: 'of_another_authority' })
  })

  test('a key for anything else signs none, nor does a responder without its certificate', async () => {
    for (const { keyId } of [organisation.root, organisation.issuer, organisation.ra])
      await expect(sign(answer(), keyId)).rejects.toMatchObject({ reason: 'key_purpose' })
    const unsigned = await insertResponder(organisation.issuer)
    await expect(sign(answer(), unsigned.keyId)).rejects.toMatchObject({ reason: 'no_record_of_this_responder' })
    await it.pool.query(`update certificate set state = 'abandoned' where id = $1`, [unsigned.certificateId])
    await it.pool.query('delete from ocsp_responder where id = $1', [unsigned.id])
  })

  test('a responder key signs nothing but answers', async () => {
    const { keyId } = responder
    await expect(it.signer.signScepReply(keyId, 'sha256', randomBytes(40))).rejects.toMatchObject({
      reason: 'key_purpose',
    })
    await expect(it.signer.openToken(keyId, randomBytes(40))).rejects.toMatchObject({ reason: 'key_purpose' })
    for (const algorithm of ['p384', 'rsa2048'] as const)
      await expect(it.signer.generateKey({ purpose: 'ocsp', algorithm, ownerId: randomUUID() })).rejects.toMatchObject({
        reason: 'key_algorithm',
      })
  })
})

describe('responder certificates', () => {
  test('issuer and root each sign their own', async () => {
    for (const by of [other, organisation.root]) {
      const der = await activate(await insertResponder(by))
      expect(parseCertificate(der).extendedKeyUsage).toEqual([OID.ocspSigning])
    }
  })

  test('a revoked issuer still signs its own, for somebody has to say what became of its certificates', async () => {
    const { issuer } = await insertIssuer(it, organisation.root, 'p256')
    await signAuthority(it, issuer)
    await it.pool.query("update authority set status = 'revoked' where id = $1", [issuer.id])
    const der = await activate(await insertResponder(issuer))
    expect(parseCertificate(der).extendedKeyUsage).toEqual([OID.ocspSigning])
  })

  const changes: [string, string, (by: AuthorityRow) => Change][] = [
    ['for eight days', 'lint', () => ({ notAfter: later(8 * DAY) })],
    [
      "with a registration authority's extensions",
      'lint',
      (by) => ({ extensions: raExtensions({ spki: responder.spki, ...statusOf(by) }) }),
    ],
    ['for another key', 'public_key_mismatch', () => ({ spki: responder.spki })],
  ]
  test.each(changes)('one %s is refused', async (_what, reason, change) => {
    const made = await insertResponder(other, change(other))
    await expect(it.signer.signCertificate(made.certificateId)).rejects.toMatchObject({
      code: 'policy_refused',
      reason,
    })
    await it.pool.query('delete from ocsp_responder where id = $1', [made.id])
  })

  test('one without its record, or with the record of another authority, is refused', async () => {
    const made = await insertResponder(other)
    await it.pool.query('update ocsp_responder set authority_id = $1 where id = $2', [organisation.root.id, made.id])
    const refused = { reason: 'no_record_of_this_responder' }
    await expect(it.signer.signCertificate(made.certificateId)).rejects.toMatchObject(refused)
    await it.pool.query('delete from ocsp_responder where id = $1', [made.id])
    await expect(it.signer.signCertificate(made.certificateId)).rejects.toMatchObject(refused)
  })
})

test('a status is looked up by its serial, planned while the table is as good as empty', async () => {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  let text: string | undefined
  try {
    await statusReader(it.pool)({ authorityId: organisation.issuer.id, serial })
    const asked = query.mock.calls.map(([statement]) => statement as unknown as { text?: string })
    text = asked.find((statement) => statement.text?.includes('join certificate'))?.text
  } finally {
    query.mockRestore()
  }
  const { rows } = await it.pool.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toMatch(/certificate_serial_authority_id_key on certificate c[^\n]*\n\s*Index Cond: [^\n]*serial/)
  expect(plan).not.toMatch(/certificate_(issued|decided)_/)
})
