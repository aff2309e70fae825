/** The signer process: tests itself, opens database, KEK and journal, then answers calls on its socket. */
import { createHmac } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type pg from 'pg'
import type { Kek } from './envelope'
import { openJournal } from './journal'
import { type KekSource, type LoadedKek, loadKek } from './kek'
import { createKeyRing } from './key-ring'
import { holdsKeys, keepKekCheck, openPool } from './key-rows'
import { type Log, logToStandardStreams } from './log'
import { RateCeiling } from './rate-ceiling'
import { selfTest } from './self-test'
import { createSigner } from './signer-calls'
import { serveSigner } from './signer-server'
import { EXIT, StartupFault } from './startup-fault'

export interface SignerOptions {
  databaseUrl: string
  socketPath: string
  dataDir: string
  kek: KekSource
  /** Uses of one key per second before calls are refused. */
  signaturesPerSecond?: number
  log?: Log
}

const SIGNATURES_PER_SECOND = 2_000

/** Throws a StartupFault when anything is amiss, with nothing damaged and nothing left open. */
export async function runSigner(options: SignerOptions): Promise<{ close(): Promise<void> }> {
  const {
    databaseUrl,
    socketPath,
    dataDir,
    signaturesPerSecond = SIGNATURES_PER_SECOND,
    log = logToStandardStreams,
  } = options
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    keepOutOfCoreDumps(log)
    selfTest()
    makeFolder(dataDir)
    const pool = openPool(databaseUrl, (error) => log('warn', 'database.connection_broke', { why: error.message }))
    closers.push(() => pool.end())
    const kek = await unlock(pool, options.kek, log)
    const journal = await openJournal(dataDir)
    closers.push(() => journal.close())
    const keys = createKeyRing({ pool, kek, log })
    const signer = createSigner({ pool, kek, keys, journal, ceiling: new RateCeiling(signaturesPerSecond) })
    const server = await serveSigner(socketPath, signer, log)
    closers.push(() => server.close())
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The KEK, proven to be the one that this database was set up with. */
async function unlock(pool: pg.Pool, source: KekSource, log: Log): Promise<Kek> {
  const loaded = loadKek(source, await askDatabase(() => holdsKeys(pool)))
  const { kek, createdFile } = loaded
  const expected = await askDatabase(() => keepKekCheck(pool, checkValue(kek)))
  if (expected !== checkValue(kek)) throw wrongKek(loaded, expected)
  if (createdFile !== null) {
    log('info', 'kek.created', {
      kekId: kek.id,
      sentence: `A new key-encryption key was made in ${createdFile}. Back it up, apart from the database: without it every key is lost.`,
    })
  }
  return kek
}

/** Only who has the KEK can compute it, and it gives nothing of the KEK away. */
function checkValue(kek: Kek): string {
  const mac = createHmac('sha256', kek.derive('kek-check')).update('latchkey/kek-check/v1').digest('hex')
  return `v1:${kek.id}:${mac}`
}

function wrongKek({ kek, createdFile }: LoadedKek, expected: string): StartupFault {
  // Another instance set the database up at the same moment: what was made here protects nothing.
  if (createdFile !== null) rmSync(createdFile, { force: true })
  const expectedId = /^v1:([0-9a-f]{16}):/.exec(expected)?.[1] ?? 'unknown'
  return new StartupFault(
    `The key-encryption key is not the one this database was set up with (it needs key ${expectedId}, this is ${kek.id}): restore the right one. Nothing was changed.`,
  )
}

async function askDatabase<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    if (code === '42P01')
      throw new StartupFault('The database has no tables yet: apply the migrations first.', EXIT.unavailable)
    throw new StartupFault(`The signer cannot use the database (${code}).`, EXIT.unavailable)
  }
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new StartupFault(`Cannot make the data folder ${dataDir} (${code}).`)
  }
}

/** A core dump of this process shall hold none of its memory. Linux alone has this switch, and some sandboxes lock it. */
function keepOutOfCoreDumps(log: Log): void {
  if (process.platform !== 'linux') return
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    log('warn', 'core_dumps.not_emptied', {
      sentence: 'Core dumps could not be emptied: run the signer with ulimit -c 0.',
    })
  }
}
