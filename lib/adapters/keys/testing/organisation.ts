/** A signer with a database of its own and the rows of a small organisation, for tests. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { testDatabase } from '@/e2e/fixtures/database'
import { openPool } from '@/lib/adapters/keys/key-rows'
import { signerClient } from '@/lib/adapters/keys/signer-client'
import { runSigner, type SignerOptions } from '@/lib/adapters/keys/signer-service'
import { buildTbsCertificate, parseCertificate, signatureAlgorithmFor, type TbsOptions } from '@/lib/pki/certificate'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import { issuerExtensions, leafExtensions, raExtensions, rootExtensions } from '@/lib/pki/profile'
import { newSerial } from '@/lib/pki/serial'
import { wholeSeconds } from '@/lib/pki/time'
import type { KeyAlgorithm, Signer } from '@/lib/services/signer'

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
/** The signer refuses lists of the future. */
export const NOW = wholeSeconds(new Date())
const DAY = 86_400_000

export interface LogLine {
  level: string
  event: string
  fields: Readonly<Record<string, string | number>>
}

export interface SignerUnderTest {
  signer: Signer & { close(): void }
  pool: pg.Pool
  databaseUrl: string
  dataDir: string
  socketPath: string
  kekBytes: Buffer
  log: LogLine[]
  /** Ends the signer and starts another on the same database and folder. */
  restart(options?: Partial<SignerOptions>): Promise<void>
  stop(): Promise<void>
  end(): Promise<void>
}

export async function startSigner(options: Partial<SignerOptions> = {}): Promise<SignerUnderTest> {
  const database = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-signer-'))
  const socketPath = join(dataDir, 'run', 'signer.sock')
  const kekBytes = randomBytes(32)
  const log: LogLine[] = []
  const run = (more: Partial<SignerOptions> = {}) =>
    runSigner({
      databaseUrl: database.url,
      dataDir,
      socketPath,
      kek: { from: 'value', bytes: Buffer.from(kekBytes) },
      log: (level, event, fields = {}) => log.push({ level, event, fields }),
      ...options,
      ...more,
    })
  let service = await run()
  const signer = signerClient(socketPath)
  const pool = openPool(database.adminUrl, () => {})
  return {
    signer,
    pool,
    databaseUrl: database.url,
    dataDir,
    socketPath,
    kekBytes,
    log,
    async restart(more) {
      await service.close()
      service = await run(more)
    },
    stop: () => service.close(),
    async end() {
      signer.close()
      await service.close()
      await pool.end()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export interface AuthorityRow {
  id: string
  keyId: string
  spki: Uint8Array
  algorithm: KeyAlgorithm
  subjectDer: Uint8Array
  certificateId: string
  notBefore: Date
  notAfter: Date
}

export interface Organisation {
  root: AuthorityRow
  issuer: AuthorityRow
  ra: { id: string; keyId: string; spki: Uint8Array; certificateId: string }
  endpointId: string
}

/** Root, issuer and registration authority, each signed by the signer itself. */
export async function makeOrganisation(test: SignerUnderTest, algorithm: KeyAlgorithm = 'p256'): Promise<Organisation> {
  const root = await insertRoot(test, algorithm)
  await signAuthority(test, root)
  const { issuer, endpointId } = await insertIssuer(test, root, algorithm)
  await signAuthority(test, issuer)
  const ra = await insertRa(test, issuer, endpointId)
  const der = await test.signer.signCertificate(ra.certificateId)
  await test.pool.query('update registration_authority set certificate_der = $1 where id = $2', [der, ra.id])
  return { root, issuer, ra, endpointId }
}

export async function signAuthority(test: SignerUnderTest, authority: AuthorityRow): Promise<Uint8Array> {
  const der = await test.signer.signCertificate(authority.certificateId)
  await test.pool.query('update authority set certificate_der = $1 where id = $2', [der, authority.id])
  return der
}

export async function insertRoot(
  test: SignerUnderTest,
  algorithm: KeyAlgorithm,
  change: Change = {},
): Promise<AuthorityRow> {
  const authority = await newAuthority(test, 'root', algorithm, 'Example Root CA')
  await insertAuthority(test, 'root', authority, null)
  await insertCertificate(test, {
    kind: 'root',
    id: authority.certificateId,
    by: authority,
    subjectDer: authority.subjectDer,
    spki: authority.spki,
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    extensions: rootExtensions(authority.spki),
    ...change,
  })
  return authority
}

export async function insertIssuer(
  test: SignerUnderTest,
  root: AuthorityRow,
  algorithm: KeyAlgorithm,
  { answersScep = false, ...change }: Change & { answersScep?: boolean } = {},
) {
  const authority = await newAuthority(test, 'issuer', algorithm, `Staff ${randomUUID().slice(0, 8)} Issuing CA`)
  const groupId = randomUUID()
  const [profileId, endpointId] = [randomUUID(), randomUUID()]
  await test.pool.query(`insert into "group" (id, name, slug) values ($1, $2, $2)`, [
    groupId,
    `staff-${groupId.slice(0, 8)}`,
  ])
  await insertAuthority(test, 'issuer', authority, root.id, groupId)
  await insertCertificate(test, {
    kind: 'issuer',
    id: authority.certificateId,
    by: root,
    subjectDer: authority.subjectDer,
    spki: authority.spki,
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    extensions: issuerExtensions({ spki: authority.spki, answersScep, ...statusOf(root) }),
    ...change,
  })
  await test.pool.query(
    `insert into profile (id, name, extended_key_usage, elliptic_curves) values ($1, 'devices', $2, $3)`,
    [profileId, [CLIENT_AUTH], ['P-256']],
  )
  await test.pool.query(
    `insert into endpoint (id, group_id, authority_id, profile_id, name, slug) values ($1, $2, $3, $4, 'SCEP', $5)`,
    [endpointId, groupId, authority.id, profileId, `scep-${endpointId.slice(0, 8)}`],
  )
  return { issuer: authority, endpointId }
}

export async function insertRa(test: SignerUnderTest, issuer: AuthorityRow, endpointId: string, change: Change = {}) {
  const id = randomUUID()
  const { keyId, spki } = await test.signer.generateKey({ purpose: 'ra', algorithm: 'rsa2048', ownerId: id })
  const certificateId = randomUUID()
  const validity = { notBefore: NOW, notAfter: new Date(NOW.getTime() + 365 * DAY) }
  await test.pool.query(
    `insert into registration_authority (id, endpoint_id, key_id, certificate_id, not_before, not_after) values ($1, $2, $3, $4, $5, $6)`,
    [id, endpointId, keyId, certificateId, validity.notBefore, validity.notAfter],
  )
  await insertCertificate(test, {
    kind: 'ra',
    id: certificateId,
    by: issuer,
    endpointId,
    subjectDer: encodeName([{ type: 'CN', value: 'Staff SCEP RA' }]),
    spki,
    ...validity,
    extensions: raExtensions({ spki, ...statusOf(issuer) }),
    ...change,
  })
  return { id, keyId, spki, certificateId }
}

const device = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const DEVICE_SPKI = device.publicKey.export({ type: 'spki', format: 'der' })

/** A leaf that waits for its signature, with the challenge that was reserved for it. `change` breaks it: in the bytes, in the row, or in both alike. */
export async function insertLeaf(
  test: SignerUnderTest,
  { issuer, endpointId }: Pick<Organisation, 'issuer' | 'endpointId'>,
  change: Change = {},
): Promise<string> {
  const id = randomUUID()
  const spki = change.spki ?? DEVICE_SPKI
  const challengeId = await insertReservedChallenge(test, change.endpointId ?? endpointId, spki)
  await insertCertificate(test, {
    kind: 'leaf',
    id,
    by: issuer,
    endpointId,
    challengeId,
    subjectDer: encodeName([{ type: 'CN', value: 'tablet-7' }]),
    spki,
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 30 * DAY),
    extensions: leafExtensions({
      spki,
      san: [],
      extendedKeyUsage: [CLIENT_AUTH],
      subjectEmpty: false,
      ...statusOf(issuer),
    }),
    ...change,
  })
  return id
}

export interface CertificateRequest {
  kind: 'root' | 'issuer' | 'ra' | 'ocsp' | 'profile' | 'leaf'
  id: string
  by: AuthorityRow
  endpointId?: string
  challengeId?: string
  renews?: string
  subjectDer: Uint8Array
  spki: Uint8Array
  notBefore: Date
  notAfter: Date
  extensions: TbsOptions['extensions']
  /** What the bytes say other than the row. */
  tbs?: Partial<TbsOptions>
  /** What the row says other than the bytes. */
  row?: { state?: string; tbsSha256?: Uint8Array; tbs?: Uint8Array }
}
export type Change = Partial<CertificateRequest>

export async function insertCertificate(test: SignerUnderTest, request: CertificateRequest): Promise<void> {
  const serial = newSerial()
  const { subjectDer, spki, notBefore, notAfter, extensions } = request
  const options = {
    serial,
    issuerDer: request.by.subjectDer,
    subjectDer,
    spki,
    notBefore,
    notAfter,
    extensions,
    signature: signatureAlgorithmFor(request.by.algorithm),
  }
  const tbs = request.row?.tbs ?? buildTbsCertificate({ ...options, ...request.tbs })
  await test.pool.query(
    `insert into certificate (id, kind, state, authority_id, endpoint_id, serial, tbs, tbs_sha256, subject, subject_der, key_algorithm, spki_sha256, not_before, not_after, challenge_id, renews_certificate_id)
     values ($1, $2::"CertificateKind", $3::"CertificateState", $4, $5, $6, $7, $8, 'a subject', $9, 'EC P-256', $10, $11, $12, $13, $14)`,
    [
      request.id,
      request.kind,
      request.row?.state ?? 'intent',
      request.by.id,
      request.endpointId ?? null,
      serial,
      tbs,
      request.row?.tbsSha256 ?? sha256(tbs),
      subjectDer,
      sha256(spki),
      notBefore,
      notAfter,
      request.challengeId ?? null,
      request.renews ?? null,
    ],
  )
}

export async function insertReservedChallenge(
  test: Pick<SignerUnderTest, 'pool'>,
  endpointId: string,
  spki: Uint8Array,
): Promise<string> {
  const id = randomUUID()
  await test.pool.query(
    `insert into challenge (id, endpoint_id, handle_hash, state, expires_at, constraints, subject, minted_by, minted_via, reserved_by, reserved_csr_sha256, reserved_spki_sha256, reserved_at)
     values ($1, $2, $3, 'reserved', now() + interval '1 hour', '{}', 'a subject', 'a test', 'api', $4, $3, $5, now())`,
    [id, endpointId, randomBytes(32), randomUUID(), sha256(spki)],
  )
  return id
}

export function statusOf(authority: AuthorityRow) {
  return {
    authorityKeyId: keyIdentifier(authority.spki),
    crlUrl: `http://pki.example.com/crl/ca-${authority.id.slice(0, 8)}.crl`,
    caUrl: 'http://pki.example.com/ca/x.cer',
    ocspUrl: 'http://pki.example.com/ocsp/x',
  }
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

export function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

export function serialOf(der: Uint8Array): string {
  return parseCertificate(der).serial
}

async function newAuthority(
  test: SignerUnderTest,
  purpose: 'root' | 'issuer',
  algorithm: KeyAlgorithm,
  name: string,
): Promise<AuthorityRow> {
  const id = randomUUID()
  const { keyId, spki } = await test.signer.generateKey({ purpose, algorithm, ownerId: id })
  const years = purpose === 'root' ? 20 : 10
  return {
    id,
    keyId,
    spki,
    algorithm,
    subjectDer: encodeName([{ type: 'CN', value: name }]),
    certificateId: randomUUID(),
    notBefore: new Date(NOW.getTime() - DAY),
    notAfter: new Date(NOW.getTime() + years * 365 * DAY),
  }
}

async function insertAuthority(
  test: SignerUnderTest,
  kind: 'root' | 'issuer',
  authority: AuthorityRow,
  parentId: string | null,
  groupId: string | null = null,
): Promise<void> {
  await test.pool.query(
    `insert into authority (id, kind, slug, name, parent_id, group_id, key_id, key_algorithm, subject_der, subject_key_id, certificate_id, not_before, not_after)
     values ($1, $2::"AuthorityKind", $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      authority.id,
      kind,
      `ca-${authority.id.slice(0, 8)}`,
      parentId,
      groupId,
      authority.keyId,
      authority.algorithm,
      authority.subjectDer,
      keyIdentifier(authority.spki),
      authority.certificateId,
      authority.notBefore,
      authority.notAfter,
    ],
  )
}
