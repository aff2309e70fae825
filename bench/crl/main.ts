/** The run: for each size an issuer with so many revoked certificates, its list built, signed, stored and served. */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { withInstallation } from '@/server/bootstrap'
import type { Cost } from './probe'
import { seedRevoked } from './seed'

const MILLION = 1_000_000
const SIZES = [1_000, 10_000, 100_000]
/** Beyond these pkijs takes minutes and gigabytes. */
const MOST_FOR_PKIJS = 10_000

const args = process.argv.slice(2)
const unknown = args.filter((arg) => !['--million', '--no-pkijs'].includes(arg))
if (unknown.length > 0)
  throw new Error(`${unknown.join(' ')} is not known. npm run bench -- crl [--million] [--no-pkijs]`)

interface Row {
  entries: number
  published: Cost
  signer: Cost
  served: Cost
  pkijs: Cost | null
}

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-crl-'))
// Postgres's own user has to get through.
chmodSync(dataDir, 0o711)
Object.assign(process.env, { LATCHKEY_DATA_DIR: dataDir, DATABASE_URL: '' })
try {
  await withInstallation(async ({ databaseUrl, ownerUrl }) => {
    const actor = benchActor()
    const admin = { name: 'Bench', email: 'bench@bench.example', password: crypto.randomUUID() }
    await server().setup.complete(actor, null, { organisation: 'Bench', ...admin })
    const folder = join(dataDir, 'bench-signer')
    mkdirSync(folder, { mode: 0o700 })
    const facts = {
      DATABASE: databaseUrl,
      DATA_DIR: folder,
      KEK: join(dataDir, 'kek'),
      SOCKET: join(folder, 's', 'socket'),
    }
    const signer = await part('signer', facts)
    const front = await part('front', facts)
    const rows: Row[] = []
    // A small one first, so that what every process loads once is there.
    for (const entries of [500, ...SIZES, ...(args.includes('--million') ? [MILLION] : [])]) {
      const { slug } = await server().groups.create(actor, { name: `Bench ${entries}`, issuerKey: 'p256' })
      await seedRevoked(ownerUrl, slug, entries)
      await asked(signer, 'start')
      const { published, served } = await asked<{ published: Cost; served: Cost }>(front, { slug })
      const row = { entries, published, served, signer: await asked<Cost>(signer, 'stop') }
      if (entries !== 500) rows.push({ ...row, pkijs: await byPkijs(entries) })
    }
    print(rows)
    signer.disconnect()
    front.disconnect()
    await Promise.all([signer, front].map((child) => new Promise((resolve) => child.once('exit', resolve))))
  })
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)

async function part(name: string, facts: Record<string, string>): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, `bench-crl-${name}.mjs`), { env: { ...process.env, ...facts } })
  await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', () => reject(new Error(`The ${name} does not start.`)))
  })
  return child
}

function asked<T>(child: ChildProcess, question: object | string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('A part of the run ended.')))
    child.once('message', (answer) => resolve(answer as T))
    child.send(question)
  })
}

async function byPkijs(entries: number): Promise<Cost | null> {
  if (entries > MOST_FOR_PKIJS || args.includes('--no-pkijs')) return null
  const child = fork(join(import.meta.dirname, 'bench-crl-pkijs.mjs'), {
    env: { ...process.env, COUNT: String(entries) },
  })
  return new Promise((resolve, reject) => {
    child.once('message', (cost) => resolve(cost as Cost))
    child.once('exit', (code) => code !== 0 && reject(new Error('pkijs failed.')))
  })
}

function benchActor(): Actor {
  const requestId = crypto.randomUUID()
  return { type: 'system', id: null, name: 'bench', role: 'admin', via: 'cli', ip: null, userAgent: null, requestId }
}

function print(rows: Row[]): void {
  const cost = ({ seconds, cpuSeconds, extraMemory, longestStall }: Cost) =>
    `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s, ${extraMemory.toFixed(0)} MB, ${longestStall.toFixed(0)} ms`
  console.table(
    Object.fromEntries(
      rows.map(({ entries, published, signer, served, pkijs }) => [
        entries.toLocaleString('en'),
        {
          'published: seconds, CPU, memory, stall': cost(published),
          'meanwhile the signer': cost(signer),
          'first download': cost(served),
          pkijs: pkijs === null ? 'not tried' : cost(pkijs),
          'times as fast': pkijs === null ? '' : (pkijs.seconds / published.seconds).toFixed(1),
        },
      ]),
    ),
  )
}
