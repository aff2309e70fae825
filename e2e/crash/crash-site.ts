/** An installation with one group and one endpoint, its device, and processes that are killed half way through their work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import pg from 'pg'
import { testDatabase } from '@/e2e/fixtures/database'
import { runSigner } from '@/lib/adapters/keys/signer-service'
import { buildCsr } from '@/lib/pki/csr'
import { fromPem } from '@/lib/pki/pem'
import { buildPkcsReq, type CertRep, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { buildServices } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'

/** One of the two: a request to approve, or a SCEP message (base64) to answer. */
export interface Work {
  approve?: string
  answer?: string
}

export interface Order {
  databaseUrl: string
  signerSocket: string
  killBefore: number
  work: Work
}

export const crashActor = systemActor('cli', 'crash test')
const SIGNER = [{ type: 'CN', value: 'SCEP SIGNER' }]
const root = fileURLToPath(new URL('../..', import.meta.url))

export type CrashSite = Awaited<ReturnType<typeof crashSite>>

/** `name` tells the programs of tests that run at the same time apart. */
export async function crashSite(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-crash-'))
  await mkdir(join(folder, 'run'), { mode: 0o700 })
  const database = await testDatabase()
  const signerSocket = join(folder, 'run', 'signer.sock')
  const signer = await runSigner({
    databaseUrl: database.url,
    dataDir: folder,
    socketPath: signerSocket,
    kek: { from: 'file', path: join(folder, 'kek'), create: true },
  })
  const base = new URL('http://localhost:3000')
  // A retry need not wait for the dead worker's fifteen seconds here.
  const services = buildServices({
    databaseUrl: database.url,
    signerSocket,
    publicUrl: base,
    statusUrl: base,
    log: () => {},
    scep: { abandonedAfterSeconds: 0, patienceMilliseconds: 500 },
  })
  await services.setup.complete(crashActor, null, {
    organisation: 'Example',
    name: 'Ada Admin',
    email: 'ada@example.com',
    password: 'plum kettle anchor violet 93',
  })
  const group = await services.groups.create(crashActor, { name: 'Staff', issuerKey: 'p256' })
  const raDer = fromPem(group.endpoints[0]?.registrationAuthority?.certificatePem ?? '')[0] as Uint8Array
  const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const sql = new pg.Client({ connectionString: database.adminUrl })
  await sql.connect()
  const program = join(root, `.build/killed-${name}.mjs`)
  await build({
    entryPoints: [join(root, 'e2e/crash/killed-process.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { '@': root.replace(/\/$/, '') },
    logLevel: 'error',
  })

  return {
    services,
    sql,

    /** A device's request, as a message of either type for the same transaction. */
    request(common: string, challengePassword?: string) {
      const subject = [{ type: 'CN', value: common }]
      const csr = buildCsr({ subject, privateKey, ...(challengePassword === undefined ? {} : { challengePassword }) })
      const senderNonce = randomBytes(16)
      const message = (messageType: 19 | 20) =>
        buildPkcsReq({
          csr,
          signerKey: privateKey,
          recipientDer: raDer,
          senderNonce,
          signerCertificateDer: selfSignedCertificate({ subject: SIGNER, privateKey }),
          transactionId: createHash('sha1').update(csr).digest('hex'),
          messageType,
        })
      return {
        message,
        /** Here, by a process that lives on. */
        async send(messageType: 19 | 20 = 19): Promise<CertRep> {
          const answer = await services.scepEnrolment.handle({
            endpoint: 'staff',
            method: 'POST',
            query: 'operation=PKIOperation',
            body: message(messageType),
            contentEncoding: null,
            ip: '127.0.0.1',
            userAgent: null,
          })
          if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`)
          return parseCertRep(answer.body, { raDer, privateKey, senderNonce })
        },
      }
    },

    /** What the process said before it ended, or null when it was killed. */
    async inAnotherProcess(work: Work, killBefore: number): Promise<{ status: number | null; words: number } | null> {
      // It does not live long enough for code that was compiled twice.
      const child: ChildProcess = spawn(process.execPath, ['--wasm-tiering-budget=1000000000', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      child.stdin?.end(JSON.stringify({ databaseUrl: database.url, signerSocket, killBefore, work } satisfies Order))
      const said = child.stdout === null ? Promise.resolve('') : text(child.stdout)
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
      return signal === 'SIGKILL' ? null : JSON.parse(await said)
    },

    async close(): Promise<void> {
      await sql.end()
      await services.close()
      await signer.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
