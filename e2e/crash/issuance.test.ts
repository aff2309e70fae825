/** Killed between any two steps of an enrolment and sent again: one certificate, no more and no less, every time. */
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
import { buildPkcsReq, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { buildServices, type Services } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'

const actor = systemActor('cli', 'crash test')
const root = fileURLToPath(new URL('../..', import.meta.url))

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
  // A retry need not wait for the dead worker's fifteen seconds here.
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
  sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  await build({
    entryPoints: [join(root, 'e2e/crash/enrolment-process.ts')],
    outfile: join(root, '.build/enrolment-process.mjs'),
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

async function enrolment(name: string) {
  const { challenge, id } = await services.challenges.mint(actor, { endpoint: 'staff', subject: `CN=${name}` })
  const csr = buildCsr({ subject: [{ type: 'CN', value: name }], challengePassword: challenge, privateKey: key })
  const senderNonce = randomBytes(16)
  const message = buildPkcsReq({
    csr,
    signerKey: key,
    recipientDer: raDer,
    senderNonce,
    signerCertificateDer: selfSignedCertificate({ subject: [{ type: 'CN', value: 'SCEP SIGNER' }], privateKey: key }),
    transactionId: createHash('sha1').update(csr).digest('hex'),
  })
  return { challengeId: id, message, senderNonce }
}

/** Returns what the process said before it ended, or null when it was killed. */
async function inAnotherProcess(
  message: Uint8Array,
  killBefore: number,
): Promise<{ status: number; words: number } | null> {
  const child: ChildProcess = spawn(process.execPath, [join(root, '.build/enrolment-process.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const order = {
    databaseUrl: database.url,
    signerSocket: join(folder, 'run', 'signer.sock'),
    endpoint: 'staff',
    message: Buffer.from(message).toString('base64'),
    killBefore,
  }
  child.stdin?.end(JSON.stringify(order))
  const said = child.stdout === null ? Promise.resolve('') : text(child.stdout)
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal === 'SIGKILL' ? null : (JSON.parse(await said) as { status: number; words: number })
}

async function retry(message: Uint8Array): Promise<Uint8Array> {
  const answer = await services.scepEnrolment.handle({
    endpoint: 'staff',
    method: 'POST',
    query: 'operation=PKIOperation',
    body: message,
    contentEncoding: null,
    ip: '127.0.0.1',
    userAgent: null,
  })
  expect(answer.status).toBe(200)
  return answer.body
}

/** A word before which the kill leaves an intent behind, found by the first test. */
let leavesAnIntent = 0

async function stateOf(name: string): Promise<string | undefined> {
  const { rows } = await sql.query('select state from certificate where common_name = $1', [name])
  return rows[0]?.state
}

test('killed before each word to the database or the signer, the retry gets the one certificate', async () => {
  const whole = await enrolment('undisturbed')
  const undisturbed = await inAnotherProcess(whole.message, Number.MAX_SAFE_INTEGER)
  expect(undisturbed).toMatchObject({ status: 200 })
  const words = undisturbed?.words ?? 0
  expect(words).toBeGreaterThan(10)

  for (let n = 1; n <= words; n++) {
    const { challengeId, message, senderNonce } = await enrolment(`killed-${n}`)
    await inAnotherProcess(message, n)
    if ((await stateOf(`killed-${n}`)) === 'intent') leavesAnIntent = n
    const reply = parseCertRep(await retry(message), { raDer, privateKey: key, senderNonce })
    expect(reply.pkiStatus, `killed before word ${n} of ${words}`).toBe('SUCCESS')
    const { rows } = await sql.query('select state, challenge_id from certificate where common_name = $1', [
      `killed-${n}`,
    ])
    expect(rows, `killed before word ${n} of ${words}`).toEqual([{ state: 'issued', challenge_id: challengeId }])
    const challenge = await services.challenges.get(actor, challengeId)
    expect(challenge.state).toBe('consumed')
  }
  expect(await services.audit.verify(actor)).toMatchObject({ ok: true })
  const { rows } = await sql.query("select count(*)::int as left from certificate where state = 'intent'")
  expect(rows[0]).toEqual({ left: 0 })
}, 180_000)

test('an intent that nobody comes back for is finished by the reconciler', async () => {
  expect(leavesAnIntent).toBeGreaterThan(0)
  await inAnotherProcess((await enrolment('abandoned')).message, leavesAnIntent)
  expect(await stateOf('abandoned')).toBe('intent')
  // Time passes; nothing else changes what "overdue" means.
  await sql.query(
    "update certificate set created_at = created_at - interval '2 minutes' where common_name = 'abandoned'",
  )
  await services.jobs.find((job) => job.name === 'reconcile-issuance')?.run(new Date())
  expect(await stateOf('abandoned')).toBe('issued')
})
