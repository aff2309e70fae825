/** Which certificates and lists the signer signs, and every one it refuses, against a real database. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { parseCertificate, toPem, verifyCertificateSignature } from '@/lib/pki/certificate'
import {
  assembleCrl,
  buildTbsCertList,
  entriesOf,
  parseCrlHeader,
  type RevokedEntry,
  type TbsCertListOptions,
} from '@/lib/pki/crl'
import { parseDer, type Tlv } from '@/lib/pki/der'
import { context, integer, sequence } from '@/lib/pki/der-write'
import { encodeExtensions, parseExtensions } from '@/lib/pki/extension'
import { encodeName } from '@/lib/pki/name'
import { issuerExtensions, leafExtensions, raExtensions, rootExtensions } from '@/lib/pki/profile'
import { newSerial } from '@/lib/pki/serial'
import { JOURNAL_FILE } from './journal'
import { revokedSerials } from './revoked-serials'
import {
  type Change,
  CLIENT_AUTH,
  DEVICE_SPKI,
  insertIssuer,
  insertLeaf,
  insertRa,
  makeOrganisation,
  NOW,
  type Organisation,
  type SignerUnderTest,
  sha256,
  signAuthority,
  spkiOf,
  startSigner,
  statusOf,
} from './testing/organisation'

const DAY = 86_400_000
let it: SignerUnderTest
let organisation: Organisation
let other: Pick<Organisation, 'issuer' | 'endpointId'>

beforeAll(async () => {
  it = await startSigner()
  organisation = await makeOrganisation(it)
  other = await insertIssuer(it, organisation.root, 'p256')
  await signAuthority(it, other.issuer)
})
afterAll(() => it.end())

describe('certificates', () => {
  test('a recorded intent is signed: the same bytes, a signature that verifies', async () => {
    const id = await insertLeaf(it, organisation)
    const der = await it.signer.signCertificate(id)
    const { rows } = await it.pool.query('select tbs from certificate where id = $1', [id])
    expect(Buffer.from(parseCertificate(der).tbs)).toEqual(rows[0].tbs)
    expect(verifyCertificateSignature(der, organisation.issuer.spki)).toBe(true)
  })

  test('two callers at once get the same certificate', async () => {
    const id = await insertLeaf(it, organisation)
    const [first, second] = await Promise.all([it.signer.signCertificate(id), it.signer.signCertificate(id)])
    expect(first).toEqual(second)
  })

  test.each(['p384', 'rsa3072'] as const)('an issuer with a %s key signs', async (algorithm) => {
    const made = await insertIssuer(it, organisation.root, algorithm)
    await signAuthority(it, made.issuer)
    const der = await it.signer.signCertificate(await insertLeaf(it, made))
    expect(verifyCertificateSignature(der, made.issuer.spki)).toBe(true)
  })

  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const refusals: [string, string, (organisation: Organisation) => Change][] = [
    ['bytes other than the recorded hash', 'tbs_digest_mismatch', () => ({ row: { tbsSha256: Buffer.alloc(32) } })],
    ['bytes that are no TBSCertificate', 'malformed', () => ({ row: { tbs: Buffer.from('30030201', 'hex') } })],
    ['another issuer name', 'issuer_name_mismatch', ({ root }) => ({ tbs: { issuerDer: root.subjectDer } })],
    ['another serial', 'serial_mismatch', () => ({ tbs: { serial: newSerial() } })],
    [
      'another subject',
      'subject_mismatch',
      () => ({ tbs: { subjectDer: encodeName([{ type: 'CN', value: 'admin' }]) } }),
    ],
    ['another public key', 'public_key_mismatch', ({ issuer }) => ({ tbs: { spki: issuer.spki } })],
    ['another validity', 'validity_mismatch', () => ({ tbs: { notAfter: new Date(NOW.getTime() + 31 * DAY) } })],
    [
      "an end after the issuer's",
      'outside_authority_validity',
      ({ issuer }) => ({ notAfter: new Date(issuer.notAfter.getTime() + 1000) }),
    ],
    [
      "a beginning before the issuer's",
      'outside_authority_validity',
      ({ issuer }) => ({ notBefore: new Date(issuer.notBefore.getTime() - 1000) }),
    ],
    ['an end before its beginning', 'outside_authority_validity', () => ({ notAfter: new Date(NOW.getTime() - 1000) })],
    ['another signature algorithm', 'signature_algorithm', () => ({ tbs: { signature: 'ecdsaWithSHA384' } })],
    [
      'CA:TRUE in a leaf',
      'ca_not_allowed',
      ({ issuer }) => ({ extensions: issuerExtensions({ spki: DEVICE_SPKI, ...statusOf(issuer) }) }),
    ],
    ["a longer life than the profile's", 'lint', () => ({ notAfter: new Date(NOW.getTime() + 400 * DAY) })],
    [
      'an extended key usage beyond the profile',
      'lint',
      ({ issuer }) => ({
        extensions: leafExtensions({
          spki: DEVICE_SPKI,
          san: [],
          extendedKeyUsage: [CLIENT_AUTH, '1.3.6.1.5.5.7.3.3'],
          subjectEmpty: false,
          ...statusOf(issuer),
        }),
      }),
    ],
    ['a weak key', 'lint', () => ({ spki: spkiOf(rsa1024.publicKey) })],
    ['a key that the signer holds', 'key_of_ours', ({ ra }) => ({ spki: ra.spki })],
    ['an endpoint of another issuer', 'endpoint_of_another_authority', () => ({ endpointId: other.endpointId })],
  ]
  test.each(refusals)('a leaf with %s is refused', async (_what, reason, change) => {
    const id = await insertLeaf(it, organisation, change(organisation))
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ code: 'policy_refused', reason })
  })

  test('a leaf that was begun before its endpoint rolled over to the next issuer is finished', async () => {
    const id = await insertLeaf(it, organisation, { endpointId: other.endpointId })
    const replaces = (by: string | null) =>
      it.pool.query(
        'update authority set replaces_id = $1 where id = (select authority_id from endpoint where id = $2)',
        [by, other.endpointId],
      )
    await replaces(organisation.issuer.id)
    try {
      const { issuerDer } = parseCertificate(await it.signer.signCertificate(id))
      expect(Buffer.from(issuerDer).equals(organisation.issuer.subjectDer)).toBe(true)
    } finally {
      await replaces(null)
    }
  })

  test('a leaf without an endpoint is refused', async () => {
    const id = await insertLeaf(it, organisation)
    await it.pool.query('update certificate set endpoint_id = null where id = $1', [id])
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'endpoint_of_another_authority' })
  })

  test('a leaf under the root is refused', async () => {
    const { root } = organisation
    const extensions = leafExtensions({
      spki: DEVICE_SPKI,
      san: [],
      extendedKeyUsage: [CLIENT_AUTH],
      subjectEmpty: false,
      ...statusOf(root),
    })
    const id = await insertLeaf(it, organisation, { by: root, extensions })
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'wrong_authority' })
  })

  const challenges: [string, string][] = [
    ['is still pending', `state = 'pending'`],
    ['was consumed', `state = 'consumed', consumed_at = now()`],
    ['was reserved for another key', `reserved_spki_sha256 = reserved_csr_sha256`],
  ]
  test.each(challenges)('a leaf whose challenge %s is refused', async (_what, change) => {
    const id = await insertLeaf(it, organisation)
    await it.pool.query(
      `update challenge set ${change} where id = (select challenge_id from certificate where id = $1)`,
      [id],
    )
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'challenge_not_reserved' })
  })

  test('a leaf whose challenge is of another endpoint is refused, though a trigger keeps it where it was minted', async () => {
    const id = await insertLeaf(it, organisation)
    const change = `update challenge set endpoint_id = (select id from endpoint e where e.id <> challenge.endpoint_id limit 1)
      where id = (select challenge_id from certificate where id = $1)`
    await expect(it.pool.query(change, [id])).rejects.toThrow('a challenge stays where it was minted')
    const client = await it.pool.connect()
    try {
      await client.query('begin; set local session_replication_role = replica')
      expect((await client.query(change, [id])).rowCount).toBe(1)
      await client.query('commit')
    } finally {
      client.release()
    }
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'challenge_not_reserved' })
  })

  test('a leaf without a challenge is refused', async () => {
    const id = await insertLeaf(it, organisation)
    await it.pool.query('update certificate set challenge_id = null where id = $1', [id])
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'challenge_not_reserved' })
  })

  describe('a renewal', () => {
    /** The intent of the successor of `old`, under a challenge that rests on it. */
    async function successorOf(old: string, change: Change = { renews: old }): Promise<string> {
      const id = await insertLeaf(it, organisation, change)
      await it.pool.query(
        `update challenge set origin = 'renewal', renews_certificate_id = $2
         where id = (select challenge_id from certificate where id = $1)`,
        [id, old],
      )
      return id
    }

    async function issuedLeaf(of: Parameters<typeof insertLeaf>[1] = organisation, change: Change = {}) {
      const id = await insertLeaf(it, of, change)
      await it.pool.query(
        `update certificate set state = 'issued', der = tbs, fingerprint_sha256 = tbs_sha256, issued_at = now() where id = $1`,
        [id],
      )
      return id
    }

    test('of an issued leaf of the group with the same subject is signed', async () => {
      const id = await successorOf(await issuedLeaf())
      expect(verifyCertificateSignature(await it.signer.signCertificate(id), organisation.issuer.spki)).toBe(true)
    })

    const wrong: [string, string, () => Promise<string> | string][] = [
      ['was never issued', 'renews_no_leaf', () => insertLeaf(it, organisation)],
      ['is no leaf', 'renews_no_leaf', () => organisation.ra.certificateId],
      [
        'has another subject',
        'renews_another_subject',
        () => issuedLeaf(organisation, { subjectDer: encodeName([{ type: 'CN', value: 'tablet-8' }]) }),
      ],
      [
        'ended before the new one begins',
        'renews_an_expired_certificate',
        () => issuedLeaf(organisation, { notBefore: new Date(NOW.getTime() - DAY), notAfter: NOW }),
      ],
      ['is of another group', 'renews_in_another_group', () => issuedLeaf(other)],
    ]
    test.each(wrong)('of a certificate that %s is refused', async (_what, reason, old) => {
      const id = await successorOf(await old())
      await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ code: 'policy_refused', reason })
    })

    test.each(['keyCompromise', 'certificateHold'])('of a certificate revoked with %s is refused', async (reason) => {
      const old = await issuedLeaf()
      const id = await successorOf(old)
      await it.pool.query(
        `update certificate set revoked_at = now(), revocation_reason = $2::"RevocationReason" where id = $1`,
        [old, reason],
      )
      await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'renews_a_revoked_certificate' })
    })

    test('of another certificate than its challenge rests on is refused', async () => {
      const id = await successorOf(await issuedLeaf(), {})
      await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'renews_another_certificate' })
    })
  })

  test('what is abandoned or issued is not signed again', async () => {
    const id = await insertLeaf(it, organisation)
    await it.pool.query(`update certificate set state = 'abandoned' where id = $1`, [id])
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ code: 'conflict', reason: 'not_an_intent' })
  })

  test('an unknown certificate is not found', async () => {
    await expect(it.signer.signCertificate(randomUUID())).rejects.toMatchObject({ code: 'not_found' })
  })

  test('CA:TRUE without the record of the authority that is made is refused', async () => {
    const { root, issuer } = organisation
    const { spki } = await it.signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
    const id = await insertLeaf(it, organisation, {
      kind: 'issuer',
      by: root,
      spki,
      extensions: issuerExtensions({ spki, ...statusOf(root) }),
    })
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'no_record_of_this_authority' })
    const below = await insertLeaf(it, organisation, {
      kind: 'issuer',
      by: issuer,
      spki,
      extensions: issuerExtensions({ spki, ...statusOf(issuer) }),
    })
    await expect(it.signer.signCertificate(below)).rejects.toMatchObject({ reason: 'wrong_authority' })
  })

  const authorities: [string, string, () => Change][] = [
    [
      "another key than its record's",
      'public_key_mismatch',
      () => ({
        spki: DEVICE_SPKI,
        extensions: issuerExtensions({ spki: DEVICE_SPKI, ...statusOf(organisation.root) }),
      }),
    ],
    [
      "another subject than its record's",
      'subject_mismatch',
      () => ({ subjectDer: encodeName([{ type: 'CN', value: 'Another CA' }]) }),
    ],
    [
      'no CA:TRUE',
      'ca_required',
      () => ({ extensions: raExtensions({ spki: DEVICE_SPKI, ...statusOf(organisation.root) }) }),
    ],
    ['no path length', 'path_length', () => ({ extensions: rootExtensions(DEVICE_SPKI) })],
  ]
  test.each(authorities)('an issuer with %s is refused', async (_what, reason, change) => {
    const { issuer } = await insertIssuer(it, organisation.root, 'p256', change())
    await expect(it.signer.signCertificate(issuer.certificateId)).rejects.toMatchObject({
      code: 'policy_refused',
      reason,
    })
  })

  test('an issuer signs nothing before its own certificate is recorded', async () => {
    const made = await insertIssuer(it, organisation.root, 'p256')
    const id = await insertLeaf(it, made)
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'authority_not_active' })
  })

  test('a second certificate for the root, with the same key, is refused', async () => {
    const { root } = organisation
    const id = await insertLeaf(it, organisation, {
      kind: 'root',
      by: root,
      subjectDer: root.subjectDer,
      spki: root.spki,
      extensions: rootExtensions(root.spki),
    })
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'no_record_of_this_authority' })
  })

  describe('a key row that somebody else wrote', () => {
    /** As an intruder with the database would: its own public key, and a ciphertext of which nothing is known. */
    async function forgeKey(keyId: string, purpose: string, ownerId: string, spki: Uint8Array): Promise<void> {
      await it.pool.query(
        `insert into key (id, purpose, algorithm, owner_id, public_key, spki_sha256, kek_id, wrapped_dek, ciphertext)
         select $1, $2, 'p256', $3, $4, $5, kek_id, $6, $7 from key limit 1`,
        [keyId, purpose, ownerId, spki, sha256(spki), randomBytes(60), randomBytes(166)],
      )
    }
    const intruder = () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)

    test('makes no issuer', async () => {
      const spki = intruder()
      const { issuer } = await insertIssuer(it, organisation.root, 'p256', {
        spki,
        extensions: issuerExtensions({ spki, ...statusOf(organisation.root) }),
      })
      const keyId = randomUUID()
      await forgeKey(keyId, 'issuer', issuer.id, spki)
      await it.pool.query('update authority set key_id = $1 where id = $2', [keyId, issuer.id])
      const unusable = { code: 'unavailable', reason: 'key_unusable' }
      await expect(it.signer.signCertificate(issuer.certificateId)).rejects.toMatchObject(unusable)
    })

    test('makes no registration authority', async () => {
      const made = await insertIssuer(it, organisation.root, 'p256')
      await signAuthority(it, made.issuer)
      const spki = intruder()
      const ra = await insertRa(it, made.issuer, made.endpointId, {
        spki,
        extensions: raExtensions({ spki, ...statusOf(made.issuer) }),
      })
      const keyId = randomUUID()
      await forgeKey(keyId, 'ra', ra.id, spki)
      await it.pool.query('update registration_authority set key_id = $1 where id = $2', [keyId, ra.id])
      const unusable = { code: 'unavailable', reason: 'key_unusable' }
      await expect(it.signer.signCertificate(ra.certificateId)).rejects.toMatchObject(unusable)
    })

    test('makes nothing beside the real row, which says another public key', async () => {
      const spki = intruder()
      const { issuer } = await insertIssuer(it, organisation.root, 'p256', {
        spki,
        extensions: issuerExtensions({ spki, ...statusOf(organisation.root) }),
      })
      await forgeKey(randomUUID(), 'issuer', issuer.id, spki)
      const refused = { code: 'policy_refused', reason: 'public_key_mismatch' }
      await expect(it.signer.signCertificate(issuer.certificateId)).rejects.toMatchObject(refused)
    })
  })

  test.each([
    ['another purpose', 'key_purpose', 'root'],
    ['another owner', 'key_of_another_owner', 'issuer'],
  ] as const)('an issuer with a key of ours for %s is refused', async (_what, reason, purpose) => {
    const made = await it.signer.generateKey({ purpose, algorithm: 'p256', ownerId: randomUUID() })
    const { issuer } = await insertIssuer(it, organisation.root, 'p256', {
      spki: made.spki,
      extensions: issuerExtensions({ spki: made.spki, ...statusOf(organisation.root) }),
    })
    await it.pool.query('update authority set key_id = $1 where id = $2', [made.keyId, issuer.id])
    await expect(it.signer.signCertificate(issuer.certificateId)).rejects.toMatchObject({ reason })
  })

  test("a registration authority is signed only for its own endpoint's issuer and its own key", async () => {
    const stranger = await insertRa(it, organisation.issuer, other.endpointId)
    await expect(it.signer.signCertificate(stranger.certificateId)).rejects.toMatchObject({
      reason: 'no_record_of_this_registration_authority',
    })
    const orphan = await insertLeaf(it, organisation, {
      kind: 'ra',
      spki: stranger.spki,
      extensions: raExtensions({ spki: stranger.spki, ...statusOf(organisation.issuer) }),
    })
    await expect(it.signer.signCertificate(orphan)).rejects.toMatchObject({
      reason: 'no_record_of_this_registration_authority',
    })
    const extensions = raExtensions({ spki: organisation.ra.spki, ...statusOf(organisation.issuer) })
    const ca = await insertRa(it, organisation.issuer, organisation.endpointId, {
      extensions: issuerExtensions({ spki: organisation.ra.spki, ...statusOf(organisation.issuer) }),
    })
    await expect(it.signer.signCertificate(ca.certificateId)).rejects.toMatchObject({ reason: 'ca_not_allowed' })
    await it.pool.query('delete from registration_authority where id = $1', [ca.id])
    const swapped = await insertRa(it, organisation.issuer, organisation.endpointId, {
      spki: organisation.ra.spki,
      extensions,
    })
    await expect(it.signer.signCertificate(swapped.certificateId)).rejects.toMatchObject({
      reason: 'public_key_mismatch',
    })
  })

  test('an authority whose row points to the key of another signs nothing', async () => {
    const made = await insertIssuer(it, organisation.root, 'p256')
    await signAuthority(it, made.issuer)
    const { keyId } = await it.signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
    await it.pool.query('update authority set key_id = $1 where id = $2', [keyId, made.issuer.id])
    await expect(it.signer.signCertificate(await insertLeaf(it, made))).rejects.toMatchObject({
      reason: 'key_of_another_authority',
    })
    const ra = await it.signer.generateKey({ purpose: 'ra', algorithm: 'rsa2048', ownerId: made.issuer.id })
    await it.pool.query('update authority set key_id = $1 where id = $2', [ra.keyId, made.issuer.id])
    await expect(it.signer.signCertificate(await insertLeaf(it, made))).rejects.toMatchObject({ reason: 'key_purpose' })
  })
})

const leafNaming = (issuer: Organisation['issuer'], crlUrl: string) =>
  leafExtensions({
    spki: DEVICE_SPKI,
    ...statusOf(issuer),
    crlUrl,
    san: [],
    extendedKeyUsage: [CLIENT_AUTH],
    subjectEmpty: false,
  })

describe('certificate revocation lists', () => {
  const inOrder = (entries: RevokedEntry[]) => entries.toSorted((a, b) => (a.serial < b.serial ? -1 : 1))
  const list = ({
    entries,
    ...change
  }: Partial<Omit<TbsCertListOptions, 'entries'> & { entries: RevokedEntry[] }> = {}) =>
    buildTbsCertList({
      issuerDer: organisation.issuer.subjectDer,
      authorityKeyId: statusOf(organisation.issuer).authorityKeyId,
      number: 1n,
      thisUpdate: NOW,
      nextUpdate: new Date(NOW.getTime() + 7 * DAY),
      signature: 'ecdsaWithSHA256',
      entries: entriesOf(inOrder(entries ?? [{ serial: newSerial(), revokedAt: NOW, reason: 'keyCompromise' }])),
      ...change,
    })

  const revoked = (serial: string) => ({ serial, revokedAt: NOW, reason: 'superseded' as const })

  const REVOKE = `update certificate set state = 'issued', der = '', fingerprint_sha256 = $2, issued_at = $3,
                    revoked_at = $3, revocation_reason = 'superseded' where id = $1`

  async function activeIssuer() {
    const made = await insertIssuer(it, organisation.root, 'p256')
    await signAuthority(it, made.issuer)
    return made
  }

  async function revokedLeaf(
    made: Pick<Organisation, 'issuer' | 'endpointId'>,
    at: Date,
    notAfter = new Date(NOW.getTime() + DAY),
    shard: number | null = null,
  ) {
    const id = await insertLeaf(it, made, { notAfter, notBefore: new Date(NOW.getTime() - DAY) })
    await it.pool.query('update certificate set crl_shard = $2 where id = $1', [id, shard])
    await it.pool.query(REVOKE, [id, randomBytes(32), at])
    const { rows } = await it.pool.query('select serial from certificate where id = $1', [id])
    return rows[0].serial as string
  }

  const replaced = (tbs: Uint8Array, from: string, to: string) => {
    const hex = Buffer.from(tbs).toString('hex')
    if (hex.split(from).length !== 2) throw new Error(`${from} is not there once`)
    return Buffer.from(hex.replace(from, to), 'hex')
  }

  /** The same list with a deltaCRLIndicator (RFC 5280 §5.2.4). */
  const withDeltaIndicator = (tbs: Uint8Array) => {
    const fields = parseDer(tbs).children()
    const extensions = parseExtensions(fields.at(-1)?.children()[0] as Tlv)
    const delta = { oid: '2.5.29.27', critical: true, value: integer(1n) }
    return sequence(
      ...fields.slice(0, -1).map(({ bytes }) => bytes),
      context(0, encodeExtensions([...extensions, delta])),
    )
  }

  test('an issuer that is revoked signs no certificate any more, and still its list', async () => {
    const made = await activeIssuer()
    const id = await insertLeaf(it, made)
    await it.pool.query("update authority set status = 'revoked' where id = $1", [made.issuer.id])
    await expect(it.signer.signCertificate(id)).rejects.toMatchObject({ reason: 'authority_not_active' })
    const { subjectDer: issuerDer } = made.issuer
    const { authorityKeyId } = statusOf(made.issuer)
    const tbs = list({ issuerDer, authorityKeyId, entries: [] })
    const der = assembleCrl(tbs, await it.signer.signCrl(made.issuer.id, tbs, null))
    expect(parseCrlHeader(der).number).toBe(1n)
  })

  test('the next list of an authority is signed', async () => {
    const tbs = list()
    const der = assembleCrl(tbs, await it.signer.signCrl(organisation.issuer.id, tbs, null))
    expect(parseCrlHeader(der)).toMatchObject({ number: 1n, thisUpdate: NOW })
    const { rows } = await it.pool.query('select certificate_der from authority where id = $1', [
      organisation.issuer.id,
    ])
    const [list1 = '', issuer = ''] = scratchFiles({ 'list.crl': der, 'issuer.pem': toPem(rows[0].certificate_der) })
    expect(() => openssl(['crl', '-inform', 'DER', '-in', list1, '-CAfile', issuer, '-noout', '-verify'])).not.toThrow()
  })

  test('a list of 500,000 entries is signed', async () => {
    const entries = Array.from({ length: 500_000 }, () => ({
      serial: newSerial(),
      revokedAt: NOW,
      reason: 'unspecified' as const,
    }))
    const tbs = list({ entries })
    expect(tbs.length).toBeGreaterThan(16_000_000)
    await expect(it.signer.signCrl(organisation.issuer.id, tbs, null)).resolves.toBeInstanceOf(Uint8Array)
  }, 30_000)

  const refusals: [string, string, () => Uint8Array][] = [
    ['another issuer name', 'issuer_name_mismatch', () => list({ issuerDer: organisation.root.subjectDer })],
    ['a number beyond the next', 'crl_number', () => list({ number: 1_000_000n })],
    ['the number zero', 'crl_number', () => list({ number: 0n })],
    ['an end at its beginning', 'crl_times', () => list({ nextUpdate: NOW })],
    ['an end after nine days', 'crl_times', () => list({ nextUpdate: new Date(NOW.getTime() + 9 * DAY) })],
    [
      'a beginning in the future',
      'crl_times',
      () => list({ thisUpdate: new Date(Date.now() + 10 * 60_000), nextUpdate: new Date(NOW.getTime() + DAY) }),
    ],
    [
      "a beginning before its authority's",
      'crl_times',
      () => list({ thisUpdate: new Date(organisation.issuer.notBefore.getTime() - 1000) }),
    ],
    ['a delta of another list', 'crl_extensions', () => withDeltaIndicator(list())],
    [
      'a reason that takes an entry off again',
      'malformed',
      // removeFromCRL instead of keyCompromise
      () => replaced(list(), '0a0101', '0a0108'),
    ],
    ['a negative serial', 'malformed', () => replaced(list({ entries: [revoked('40FF')] }), '020240ff', '0202c0ff')],
    ['another signature algorithm', 'signature_algorithm', () => list({ signature: 'sha256WithRSA' })],
    ['bytes of another kind', 'malformed', () => Buffer.from('3003020101', 'hex')],
  ]
  test.each(refusals)('a list with %s is refused', async (_what, reason, tbs) => {
    await expect(it.signer.signCrl(organisation.issuer.id, tbs(), null)).rejects.toMatchObject({
      code: 'policy_refused',
      reason,
    })
  })

  test('a to-be-signed certificate is no list', async () => {
    const { rows } = await it.pool.query('select tbs from certificate where id = $1', [
      await insertLeaf(it, organisation),
    ])
    await expect(it.signer.signCrl(organisation.issuer.id, rows[0].tbs, null)).rejects.toMatchObject({
      reason: 'malformed',
    })
  })

  test('a number far beyond the stored one is refused, whatever the row reserves', async () => {
    const { issuer } = await activeIssuer()
    await it.pool.query('update authority set next_crl_number = 1000000000 where id = $1', [issuer.id])
    const numbered = (number: bigint) =>
      it.signer.signCrl(issuer.id, list({ issuerDer: issuer.subjectDer, number, thisUpdate: issuer.notBefore }), null)
    await expect(numbered(1_001n)).rejects.toMatchObject({ reason: 'crl_number' })
    await expect(numbered(1_000n)).resolves.toBeInstanceOf(Uint8Array)
    // A publisher that failed for a day took a number every half minute.
    const later = list({ issuerDer: issuer.subjectDer, number: 1_000n + 2_880n })
    await expect(it.signer.signCrl(issuer.id, later, null)).resolves.toBeInstanceOf(Uint8Array)
  })

  test("a root's list ends within 190 days", async () => {
    const ending = (days: number) =>
      it.signer.signCrl(
        organisation.root.id,
        list({ issuerDer: organisation.root.subjectDer, nextUpdate: new Date(NOW.getTime() + days * DAY) }),
        null,
      )
    await expect(ending(180)).resolves.toBeInstanceOf(Uint8Array)
    await expect(ending(191)).rejects.toMatchObject({ reason: 'crl_times' })
  })

  test('a list from before the stored one is refused', async () => {
    const { issuer } = await activeIssuer()
    await it.pool.query(`insert into crl values ($1, 1, $2, $2, 0, '', '')`, [issuer.id, NOW])
    await it.pool.query('update authority set next_crl_number = 3 where id = $1', [issuer.id])
    const at = (thisUpdate: Date) =>
      it.signer.signCrl(issuer.id, list({ issuerDer: issuer.subjectDer, number: 2n, thisUpdate }), null)
    await expect(at(new Date(NOW.getTime() - 1000))).rejects.toMatchObject({ reason: 'crl_times' })
    await expect(at(NOW)).resolves.toBeInstanceOf(Uint8Array)
  })

  test('a list names every revocation that its publisher must have seen', async () => {
    const made = await activeIssuer()
    const { issuer } = made
    const serials = await Promise.all([
      revokedLeaf(made, new Date(NOW.getTime() - 120_000)),
      revokedLeaf(made, new Date(NOW.getTime() - 90_000)),
    ])
    const fresh = await revokedLeaf(made, new Date(NOW.getTime() - 30_000))
    await revokedLeaf(made, new Date(NOW.getTime() - 3_600_000), new Date(NOW.getTime() - 1000))
    const naming = (...named: string[]) =>
      it.signer.signCrl(issuer.id, list({ issuerDer: issuer.subjectDer, entries: named.map(revoked) }), null)
    const [one = '', two = ''] = serials
    await expect(naming()).rejects.toMatchObject({ code: 'policy_refused', reason: 'crl_incomplete' })
    await expect(naming(one, newSerial())).rejects.toMatchObject({ reason: 'crl_incomplete' })
    await expect(naming(one, two)).resolves.toBeInstanceOf(Uint8Array)
    await expect(naming(two, fresh, one)).resolves.toBeInstanceOf(Uint8Array)
  })

  describe('of a shard', () => {
    const URL = 'http://pki.example.com/crl/staff/1.crl'
    const shardList = (issuer: { subjectDer: Uint8Array }, change: Parameters<typeof list>[0] = {}) =>
      list({ issuerDer: issuer.subjectDer, shardUrl: URL, entries: [], ...change })

    async function shardedIssuer() {
      const made = await activeIssuer()
      await it.pool.query(
        `insert into crl_shard (authority_id, number, url, opened_at, counted_until) values ($1, 1, $2, now(), now())`,
        [made.issuer.id, URL],
      )
      return made
    }

    test('each has numbers of its own, and the URL of its row in a critical issuingDistributionPoint', async () => {
      const { issuer } = await shardedIssuer()
      await it.pool.query('update authority set next_crl_number = 900 where id = $1', [issuer.id])
      const signed = (tbs: Uint8Array, shard: number | null) => it.signer.signCrl(issuer.id, tbs, shard)
      await expect(signed(shardList(issuer), 1)).resolves.toBeInstanceOf(Uint8Array)
      await expect(signed(shardList(issuer, { number: 2n }), 1)).rejects.toMatchObject({ reason: 'crl_number' })
      await expect(signed(shardList(issuer, { shardUrl: `${URL}x` }), 1)).rejects.toMatchObject({
        reason: 'crl_distribution_point',
      })
      await expect(signed(shardList(issuer, { shardUrl: undefined }), 1)).rejects.toMatchObject({
        reason: 'crl_extensions',
      })
      await expect(signed(shardList(issuer), null)).rejects.toMatchObject({ reason: 'crl_extensions' })
      await expect(signed(shardList(issuer), 2)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('names the revocations of its own certificates, and needs no others', async () => {
      const made = await shardedIssuer()
      const before = new Date(NOW.getTime() - 120_000)
      const [inside, outside] = [await revokedLeaf(made, before, undefined, 1), await revokedLeaf(made, before)]
      const naming = (...serials: string[]) =>
        it.signer.signCrl(made.issuer.id, shardList(made.issuer, { entries: serials.map(revoked) }), 1)
      await expect(naming()).rejects.toMatchObject({ reason: 'crl_incomplete' })
      await expect(naming(outside)).rejects.toMatchObject({ reason: 'crl_incomplete' })
      await expect(naming(inside)).resolves.toBeInstanceOf(Uint8Array)
    })

    test('a certificate names exactly the list that its row says', async () => {
      const made = await shardedIssuer()
      const leaf = async (crlUrl: string, shard: number | null) => {
        const id = await insertLeaf(it, made, { extensions: leafNaming(made.issuer, crlUrl) })
        await it.pool.query('update certificate set crl_shard = $2 where id = $1', [id, shard])
        return it.signer.signCertificate(id)
      }
      const whole = statusOf(made.issuer).crlUrl
      await expect(leaf(URL, 1)).resolves.toBeInstanceOf(Uint8Array)
      await expect(leaf(whole, null)).resolves.toBeInstanceOf(Uint8Array)
      for (const [url, shard] of [
        [URL, null],
        [whole, 1],
        [URL.replace('/1.', '/2.'), 1],
        [URL, 2],
        ['http://elsewhere.example.com/list.crl', null],
      ] as const)
        await expect(leaf(url, shard)).rejects.toMatchObject({ reason: 'crl_distribution_point' })
    })
  })

  test('an entry may say since when its key was unsafe, and nothing else', async () => {
    const { issuer } = await activeIssuer()
    const entry = { ...revoked('40FF'), invalidityDate: new Date('2026-11-01T10:20:30Z') }
    const tbs = list({ issuerDer: issuer.subjectDer, entries: [entry] })
    await expect(it.signer.signCrl(issuer.id, tbs, null)).resolves.toBeInstanceOf(Uint8Array)
    // certificateIssuer (2.5.29.29) instead: the entry would speak of another authority's certificate.
    const other = replaced(tbs, '0603551d18', '0603551d1d')
    await expect(it.signer.signCrl(issuer.id, other, null)).rejects.toMatchObject({ reason: 'malformed' })
  })

  test('entries that are not in the order of their serials are refused', async () => {
    const { issuer } = await activeIssuer()
    const inOrderOf = (...serials: string[]) =>
      buildTbsCertList({
        issuerDer: issuer.subjectDer,
        authorityKeyId: statusOf(issuer).authorityKeyId,
        number: 1n,
        thisUpdate: NOW,
        nextUpdate: new Date(NOW.getTime() + DAY),
        signature: 'ecdsaWithSHA256',
        entries: entriesOf(serials.map(revoked)),
      })
    await expect(it.signer.signCrl(issuer.id, inOrderOf('40', '41'), null)).resolves.toBeInstanceOf(Uint8Array)
    for (const serials of [
      ['41', '40'],
      ['40', '40'],
    ])
      await expect(it.signer.signCrl(issuer.id, inOrderOf(...serials), null)).rejects.toMatchObject({
        reason: 'malformed',
      })
  })

  test('a root names the issuers that it revoked', async () => {
    const { issuer } = await activeIssuer()
    await it.pool.query(REVOKE, [issuer.certificateId, randomBytes(32), new Date(NOW.getTime() - 120_000)])
    const { rows } = await it.pool.query('select serial from certificate where id = $1', [issuer.certificateId])
    const rootList = (...serials: string[]) =>
      it.signer.signCrl(
        organisation.root.id,
        list({ issuerDer: organisation.root.subjectDer, entries: serials.map(revoked) }),
        null,
      )
    await expect(rootList()).rejects.toMatchObject({ reason: 'crl_incomplete' })
    await expect(rootList(rows[0].serial)).resolves.toBeInstanceOf(Uint8Array)
  })

  test('all of 12,000 revocations are looked for', async () => {
    const { issuer } = await activeIssuer()
    // In portions, within the pool's limit of time for a statement.
    for (let from = 1; from <= 12_000; from += 2_000)
      await it.pool.query(
        `insert into certificate (id, kind, state, authority_id, serial, tbs_sha256, der, fingerprint_sha256, issued_at, subject, subject_der, key_algorithm, spki_sha256, not_before, not_after, revoked_at, revocation_reason)
       select gen_random_uuid(), 'leaf', 'issued', $1, '7F' || upper(lpad(to_hex(i), 30, '0')), '', '', sha256(gen_random_uuid()::text::bytea), now(), '', '', '', '', now(), now() + interval '1 day', now() - interval '1 hour', 'superseded'
       from generate_series($2::int, $2::int + 1999) i`,
        [issuer.id, from],
      )
    const entries = Array.from({ length: 12_000 }, (_, i) =>
      revoked(`7F${(i + 1).toString(16).toUpperCase().padStart(30, '0')}`),
    )
    const of = (some: typeof entries) =>
      it.signer.signCrl(issuer.id, list({ issuerDer: issuer.subjectDer, entries: some }), null)
    await expect(of(entries)).resolves.toBeInstanceOf(Uint8Array)
    await expect(of(entries.toSpliced(11_000, 1))).rejects.toMatchObject({ reason: 'crl_incomplete' })
  }, 60_000)

  test('a connection that breaks in the middle of the search ends nothing else', async () => {
    const when = { revokedBefore: NOW, endsAfter: new Date(0), shard: null }
    const { rows: most } = await it.pool.query(
      `select authority_id from certificate where revoked_at is not null group by 1 order by count(*) desc limit 1`,
    )
    const search = revokedSerials(it.pool, most[0].authority_id, when)
    await search.next()
    const { rowCount } = await it.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction'`,
    )
    expect(rowCount).toBe(1)
    await expect(search.next()).rejects.toThrow()
    for await (const serials of revokedSerials(it.pool, most[0].authority_id, when))
      expect(serials.length).toBeGreaterThan(0)
  })

  test('a number that is stored already, and any below it, is refused', async () => {
    await it.pool.query(`insert into crl values ($1, 5, $2, $2, 0, '', '')`, [other.issuer.id, NOW])
    await it.pool.query('update authority set next_crl_number = 6 where id = $1', [other.issuer.id])
    const numbered = (number: bigint) =>
      it.signer.signCrl(other.issuer.id, list({ issuerDer: other.issuer.subjectDer, number }), null)
    await expect(numbered(4n)).rejects.toMatchObject({ reason: 'crl_number' })
    await expect(numbered(5n)).rejects.toMatchObject({ reason: 'crl_number' })
    await expect(numbered(6n)).resolves.toBeInstanceOf(Uint8Array)
  })

  test('an authority without its certificate signs no list', async () => {
    const { issuer } = await insertIssuer(it, organisation.root, 'p256')
    await expect(it.signer.signCrl(issuer.id, list({ issuerDer: issuer.subjectDer }), null)).rejects.toMatchObject({
      reason: 'authority_not_active',
    })
  })

  test('an unknown authority is not found', async () => {
    await expect(it.signer.signCrl(randomUUID(), list(), null)).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('the journal names every signature that left, and what was signed', async () => {
  const id = await insertLeaf(it, organisation)
  const der = await it.signer.signCertificate(id)
  const lines = (await readFile(join(it.dataDir, JOURNAL_FILE), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.at(-1)).toMatchObject({
    call: 'signCertificate',
    keyId: organisation.issuer.keyId,
    certificateId: id,
    sha256: sha256(parseCertificate(der).tbs).toString('hex'),
  })
  const calls = new Set(lines.map(({ call }) => call))
  expect(calls).toEqual(new Set(['generateKey', 'signCertificate', 'signCrl']))
})
