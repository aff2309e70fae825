/** Killed between any two steps of an approval: the decision and the certificate are there once, or can be made again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '@/e2e/fixtures/database'
import { runSigner } from '@/lib/adapters/keys/signer-service'
import { buildCsr } from '@/lib/pki/csr'
import { fromPem } from '@/lib/pki/pem'
import { buildPkcsReq, type CertRep, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { buildServices, type Services } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'

const actor = systemActor('cli', 'crash test')
const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, '.build/approval-process.mjs')

let database: Awaited<ReturnType<typeof testDatabase>>
let folder: string
let signer: Awaited<ReturnType<typeof runSigner>>
let services: Services
let sql: pg.Client
let raDer: Uint8Array
let key: KeyObject

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-crash-'))
  await mkdir(join(folder, 'run'), { mode: 0o700 })
  database = await testDatabase()
  const signerSocket = join(folder, 'run', 'signer.sock')
  signer = await runSigner({
    databaseUrl: database.url,
    dataDir: folder,
    socketPath: signerSocket,
    kek: { from: 'file', path: join(folder, 'kek'), create: true },
  })
  const base = new URL('http://localhost:3000')
  services = buildServices({
    databaseUrl: database.url,
    signerSocket,
    publicUrl: base,
    statusUrl: base,
    log: () => {},
    scep: { abandonedAfterSeconds: 0, patienceMilliseconds: 500 },
  })
  await services.setup.complete(actor, null, {
    organisation: 'Example',
    name: 'Ada Admin',
    email: 'ada@example.com',
    password: 'plum kettle anchor violet 93',
  })
  const group = await services.groups.create(actor, { name: 'Staff', issuerKey: 'p256' })
  raDer = fromPem(group.endpoints[0]?.registrationAuthority?.certificatePem ?? '')[0] as Uint8Array
  key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  sql = new pg.Client({ connectionString: database.adminUrl })
  await sql.connect()
  await sql.query("update endpoint set policy = 'approval'")
  await build({
    entryPoints: [join(root, 'e2e/crash/approval-process.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { '@': root.replace(/\/$/, '') },
    logLevel: 'error',
  })
}, 120_000)

afterAll(async () => {
  await sql?.end()
  await services?.close()
  await signer?.close()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

/** A device that waits, and asks again in the two ways there are. */
async function waiting(name: string) {
  const csr = buildCsr({ subject: [{ type: 'CN', value: name }], privateKey: key })
  const send = async (messageType: 19 | 20): Promise<CertRep> => {
    const senderNonce = randomBytes(16)
    const body = buildPkcsReq({
      csr,
      signerKey: key,
      recipientDer: raDer,
      senderNonce,
      signerCertificateDer: selfSignedCertificate({ subject: [{ type: 'CN', value: 'SCEP SIGNER' }], privateKey: key }),
      transactionId: createHash('sha1').update(csr).digest('hex'),
      messageType,
    })
    const answer = await services.scepEnrolment.handle({
      endpoint: 'staff',
      method: 'POST',
      query: 'operation=PKIOperation',
      body,
      contentEncoding: null,
      ip: '127.0.0.1',
      userAgent: null,
    })
    expect(answer.status).toBe(200)
    return parseCertRep(answer.body, { raDer, privateKey: key, senderNonce })
  }
  expect(await send(19)).toMatchObject({ pkiStatus: 'PENDING' })
  const { items } = await services.approvals.list(actor, { state: 'open' }, { limit: 1 })
  return { id: items[0]?.id ?? '', request: () => send(19), poll: () => send(20) }
}

/** How many words the approval took, or null when the process was killed. */
async function approveInAnotherProcess(id: string, killBefore: number): Promise<number | null> {
  const child: ChildProcess = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const signerSocket = join(folder, 'run', 'signer.sock')
  child.stdin?.end(JSON.stringify({ databaseUrl: database.url, signerSocket, id, killBefore }))
  const said = child.stdout === null ? Promise.resolve('') : text(child.stdout)
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal === 'SIGKILL' ? null : (JSON.parse(await said) as { words: number }).words
}

async function certificatesOf(name: string): Promise<string[]> {
  const { rows } = await sql.query<{ state: string }>('select state from certificate where common_name = $1', [name])
  return rows.map(({ state }) => state)
}

test('killed before each word to the database or the signer, job, device and person still get it done once', async () => {
  const undisturbed = await waiting('undisturbed')
  const words = (await approveInAnotherProcess(undisturbed.id, Number.MAX_SAFE_INTEGER)) ?? 0
  expect(words).toBeGreaterThan(10)
  expect(await undisturbed.poll()).toMatchObject({ pkiStatus: 'SUCCESS' })
  const job = services.jobs.find(({ name }) => name === 'tend-approvals')

  let undecided = 0
  for (let n = 1; n <= words; n++) {
    const name = `killed-${n}`
    const { id, request, poll } = await waiting(name)
    expect(await approveInAnotherProcess(id, n)).toBeNull()
    const { state } = await services.approvals.get(actor, id)
    if (state === 'open') {
      // Nothing was decided: the device waits as before, and the person can do it again.
      undecided += 1
      expect((await poll()).pkiStatus, `killed before word ${n}`).toBe('PENDING')
      await services.approvals.approve(actor, id)
    } else if (n % 2 === 0) await job?.run(new Date())
    else await request()
    expect((await poll()).pkiStatus, `killed before word ${n} of ${words}`).toBe('SUCCESS')
    expect(await certificatesOf(name), `killed before word ${n} of ${words}`).toEqual(['issued'])
  }
  expect(undecided).toBeGreaterThan(0)
  expect(undecided).toBeLessThan(words)
  expect(await services.audit.verify(actor)).toMatchObject({ ok: true })
  const { rows } = await sql.query(
    `select (select count(*)::int from certificate where state = 'intent') as intents,
      (select count(*)::int from challenge where origin = 'approval' and state <> 'consumed') as grants,
      (select count(*)::int from enrolment_transaction where state <> 'issued') as rows`,
  )
  expect(rows[0]).toEqual({ intents: 0, grants: 0, rows: 0 })
}, 240_000)
