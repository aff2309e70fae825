/** Keys that come in files and go into a safe, in a real signer: what it keeps, what it signs, and what it refuses. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { buildTbsCertList, entriesOf } from '@/lib/pki/crl'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { encodeName } from '@/lib/pki/name'
import { type OpensslFolder, opensslFolder } from './testing/openssl'
import { insertRoot, NOW, type SignerUnderTest, signAuthority, startSigner } from './testing/organisation'

const PASSWORD = 'a password that is nowhere else'
let installation: SignerUnderTest
let openssl: OpensslFolder

beforeAll(async () => {
  openssl = opensslFolder()
  openssl.root('Known Root')
  openssl.issuer('staff', 'Known Root')
  installation = await startSigner()
})
afterAll(async () => {
  openssl.remove()
  await installation.end()
})

const file = (name: string) => ({ file: openssl.pkcs12(name, PASSWORD), password: Buffer.from(PASSWORD) })
const stored = async (keyId: string) =>
  (await installation.pool.query('select owner_id, purpose, algorithm, ciphertext from key where id = $1', [keyId]))
    .rows[0]

test('a key comes in encrypted, is bound to its authority, and is taken once', async () => {
  const { signer } = installation
  expect(await signer.readPkcs12(file('staff'))).toEqual({
    algorithm: 'p256',
    certificates: [Buffer.from(openssl.der('staff'))],
  })
  const before = await installation.pool.query('select count(*)::int as keys from key')
  expect(before.rows).toEqual([{ keys: 0 }])

  const left = await signer.importKey({ purpose: 'issuer', ownerId: randomUUID() }, file('staff'))
  const ownerId = randomUUID()
  const { keyId, spki } = await signer.importKey({ purpose: 'issuer', ownerId }, file('staff'))
  expect(Buffer.from(spki)).toEqual(Buffer.from(parseCertificate(openssl.der('staff')).spki))
  await expect(signer.publicKey(left.keyId)).resolves.toMatchObject({ purpose: 'issuer' })
  expect(await stored(left.keyId)).toBeUndefined()
  expect(await stored(keyId)).toMatchObject({ owner_id: ownerId, purpose: 'issuer', algorithm: 'p256' })
  const pkcs8 = openssl.run('pkcs8', '-topk8', '-nocrypt', '-in', 'staff.key', '-outform', 'DER')
  expect((await stored(keyId))?.ciphertext.includes(pkcs8.subarray(40, 60))).toBe(false)

  await insertOwner(ownerId, keyId, 'staff')
  const again = signer.importKey({ purpose: 'issuer', ownerId: randomUUID() }, file('staff'))
  await expect(again).rejects.toMatchObject({ code: 'conflict', reason: 'key_known' })
})

test('of two imports of one file, the second leaves the key to the first that is being recorded', async () => {
  const { signer, pool } = installation
  openssl.issuer('twice', 'Known Root')
  const ownerId = randomUUID()
  const { keyId } = await signer.importKey({ purpose: 'issuer', ownerId }, file('twice'))
  const first = await pool.connect()
  try {
    await first.query('begin')
    await first.query('select from key where id = $1 for share', [keyId])
    await insertOwner(ownerId, keyId, 'twice', first)
    const second = signer.importKey({ purpose: 'issuer', ownerId: randomUUID() }, file('twice'))
    const outcome = second.then(
      () => 'adopted',
      (error) => error.reason,
    )
    await expect.poll(() => waiting(pool)).toBe(1)
    await first.query('commit')
    expect(await outcome).toBe('key_known')
  } finally {
    first.release()
  }
  expect(await stored(keyId)).toMatchObject({ owner_id: ownerId })
})

async function waiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows[0]?.count ?? 0
}

test('of many files at once, few wait for their turn', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, () => installation.signer.readPkcs12(file('staff'))),
  )
  const refused = outcomes.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code)
  expect(new Set(refused)).toEqual(new Set(['rate_limited']))
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(9)
})

test('a root comes in as a root alone, and an issuer as an issuer', async () => {
  const asIssuer = installation.signer.importKey({ purpose: 'issuer', ownerId: randomUUID() }, file('Known Root'))
  await expect(asIssuer).rejects.toMatchObject({ code: 'invalid_input', reason: 'not_an_issuer' })
  openssl.issuer('another', 'Known Root')
  const asRoot = installation.signer.importKey({ purpose: 'root', ownerId: randomUUID() }, file('another'))
  await expect(asRoot).rejects.toMatchObject({ code: 'invalid_input', reason: 'not_a_root' })
})

test('a key without its certificate does not come in', async () => {
  openssl.run(...['pkcs12', '-export', '-nocerts', '-inkey', 'staff.key', '-out', 'bare.p12', '-passout', 'pass:x'])
  const bare = { file: openssl.read('bare.p12'), password: Buffer.from('x') }
  await expect(installation.signer.readPkcs12(bare)).rejects.toMatchObject({ reason: 'pkcs12_no_certificate' })
})

test('a request is signed with the key it is for, and says that of an authority', async () => {
  const { signer } = installation
  const { keyId, spki } = await signer.generateKey({ purpose: 'issuer', algorithm: 'p384', ownerId: randomUUID() })
  const subject = encodeName([{ type: 'CN', value: 'Campus Issuing CA' }])
  const csr = parseCsr(await signer.signAuthorityRequest(keyId, subject))
  expect(verifyCsr(csr)).toBe(true)
  expect(Buffer.from(csr.spki)).toEqual(Buffer.from(spki))
  openssl.write('request.der', csr.der)
  const text = openssl.run('req', '-inform', 'DER', '-in', 'request.der', '-noout', '-text', '-verify').toString()
  for (const part of ['CN = Campus Issuing CA', 'CA:TRUE, pathlen:0', 'Certificate Sign, CRL Sign'])
    expect(text).toContain(part)
  await expect(signer.signAuthorityRequest(keyId, encodeName([]))).rejects.toMatchObject({ reason: 'invalid_name' })
  const ra = await signer.generateKey({ purpose: 'ra', algorithm: 'rsa2048', ownerId: randomUUID() })
  await expect(signer.signAuthorityRequest(ra.keyId, subject)).rejects.toMatchObject({ reason: 'key_purpose' })
})

test("a root's key goes into a safe and comes back, and no other file does", async () => {
  const { signer, pool } = installation
  const root = await insertRoot(installation, 'p256')
  await signAuthority(installation, root)
  const sealed = await signer.sealedKey(root.keyId)
  expect(await signer.checkSealedKey(sealed)).toEqual({ keyId: root.keyId, ownerId: root.id })
  await expect(signer.dropKey(sealed)).rejects.toMatchObject({ code: 'conflict', reason: 'key_in_use' })

  await pool.query('update authority set key_id = null, offline_key_id = $2 where id = $1', [root.id, root.keyId])
  // The key is still open in memory: it signs nothing all the same.
  await expect(signer.signCrl(root.id, list(root, 1n), null)).rejects.toMatchObject({ reason: 'key_elsewhere' })
  await signer.dropKey(sealed)
  await signer.dropKey(sealed)
  expect((await stored(root.keyId))?.ciphertext).toHaveLength(0)
  await expect(signer.publicKey(root.keyId)).rejects.toMatchObject({ code: 'unavailable' })

  const json = JSON.parse(Buffer.from(sealed).toString())
  const other = await signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
  const refused = [
    Buffer.from('{}'),
    Buffer.from(JSON.stringify({ ...json, ownerId: randomUUID() })),
    Buffer.from(JSON.stringify({ ...json, purpose: 'issuer' })),
    Buffer.from(JSON.stringify({ ...json, ciphertext: Buffer.alloc(120).toString('base64') })),
  ]
  for (const each of refused)
    await expect(signer.restoreKey(each)).rejects.toMatchObject({ code: 'invalid_input', reason: 'not_a_sealed_key' })
  await expect(signer.sealedKey(other.keyId)).rejects.toMatchObject({ reason: 'not_a_sealed_key' })

  expect(await signer.restoreKey(sealed)).toEqual({ keyId: root.keyId, ownerId: root.id })
  await pool.query('update authority set key_id = $2, offline_key_id = null where id = $1', [root.id, root.keyId])
  await pool.query('update authority set next_crl_number = 2 where id = $1', [root.id])
  await expect(signer.signCrl(root.id, list(root, 1n), null)).resolves.toBeInstanceOf(Uint8Array)
})

test('neither the log nor the journal holds a password or a key', () => {
  const journal = readFileSync(join(installation.dataDir, 'signer-journal.jsonl'), 'utf8')
  for (const call of ['importKey', 'signAuthorityRequest', 'sealedKey', 'dropKey', 'restoreKey'])
    expect(journal).toContain(`"${call}"`)
  const everything = journal + JSON.stringify(installation.log)
  expect(everything).not.toContain(PASSWORD)
  expect(everything).not.toContain(Buffer.from(PASSWORD).toString('base64'))
})

function list(root: { subjectDer: Uint8Array }, number: bigint): Uint8Array {
  return buildTbsCertList({
    issuerDer: root.subjectDer,
    authorityKeyId: new Uint8Array(20),
    number,
    thisUpdate: NOW,
    nextUpdate: new Date(NOW.getTime() + 86_400_000),
    signature: 'ecdsaWithSHA256',
    entries: entriesOf([]),
  })
}

/** The row by which an authority uses a key. */
async function insertOwner(
  id: string,
  keyId: string,
  name: string,
  by: Pick<pg.PoolClient, 'query'> = installation.pool,
): Promise<void> {
  const certificate = parseCertificate(openssl.der(name))
  await by.query(
    `insert into authority (id, kind, slug, name, key_id, key_algorithm, subject_der, subject_key_id, certificate_id, certificate_der, not_before, not_after)
     values ($1, 'issuer', $2, $2, $3, 'p256', $4, $5, $6, $7, $8, $9)`,
    [
      ...[id, name, keyId, certificate.subjectDer, createHash('sha1').update(certificate.spki).digest(), randomUUID()],
      ...[certificate.der, certificate.notBefore, certificate.notAfter],
    ],
  )
}
