/** The one way to Postgres per process, and the one way to write: a change and its audit events together. */
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import type { AuditEntry } from '@/lib/services/audit'
import { eventTexts } from './event-texts'
import type { Prisma } from './generated/client'
import { PrismaClient } from './generated/client'

export type Database = PrismaClient
export type Transaction = Prisma.TransactionClient

/**
 * Connections of the hot path: two that write, one after the other at the head of the audit chain, one that reads, and one for
 * the flight recorder. More would only split requests that could share a statement.
 */
const HOT_CONNECTIONS = 4
const WAITS = { connectionTimeoutMillis: 5_000, statement_timeout: 15_000 }

/** Whether its server shares this machine, as far as the address tells. */
export function isOnThisMachine(connectionString: string): boolean {
  const { host } = new pg.Client(connectionString)
  return host.startsWith('/') || LOOPBACK.includes(host)
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1']

const hotPools = new WeakMap<Database, pg.Pool>()

export function openDatabase(connectionString: string, poolSize = 10): Database {
  // The adapter drops the zone of a timestamptz as it reads and writes, so every session must live in UTC.
  const adapter = new PrismaPg({
    ...WAITS,
    connectionString: withSettings(connectionString, `${UTC} ${OF_LISTS}`),
    max: poolSize,
  })
  const database = new PrismaClient({ adapter })
  const pool = new pg.Pool({
    ...WAITS,
    connectionString: withSettings(connectionString, `${UTC} ${BY_KEY}`),
    max: HOT_CONNECTIONS,
    allowExitOnIdle: true,
  })
  // A broken idle connection is replaced at the next statement; without a listener it would end the process.
  pool.on('error', () => {})
  hotPools.set(database, pool)
  const disconnect = database.$disconnect.bind(database)
  database.$disconnect = async () => {
    await Promise.all([disconnect(), pool.ending ? undefined : pool.end()])
  }
  return database
}

/**
 * The pool of the hot path: plain pg with named statements, where Prisma would cost more than all the cryptography of an
 * enrolment (docs/performance.md).
 */
export function hotPool(database: Database): pg.Pool {
  const pool = hotPools.get(database)
  if (pool === undefined) throw new Error('not a database of openDatabase()')
  return pool
}

const UTC = '-c TimeZone=UTC'
/**
 * A page of a list is fifty rows along an index. Priced like a disk that turns, which is what Postgres assumes, that looks
 * dearer than reading past all rows of others; and compiling a statement takes longer than such a page.
 */
const OF_LISTS = '-c random_page_cost=1.1 -c jit=off'
/**
 * Every named statement is planned once. Left to itself, Postgres plans one that is given arrays anew each time, which
 * costs more than running it. And a plan made while a table was small must not read all of it once it is large: these
 * leave no other way than to look up each row by a key, so the statements keep conditions that an index could answer for
 * many rows, such as a state, from it by comparing texts. Up to version 17 Postgres prices a way that is off at ten billion, at
 * which it would compile the statement, every time anew.
 */
const BY_KEY = [
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'material', 'memoize'].map((way) => `enable_${way}=off`),
]
  .map((setting) => `-c ${setting}`)
  .join(' ')

function withSettings(connectionString: string, settings: string): string {
  const encoded = encodeURIComponent(settings)
  if (/[?&]options=/.test(connectionString)) return connectionString.replace(/([?&]options=[^&]*)/, `$1%20${encoded}`)
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}options=${encoded}`
}

/**
 * Runs `work` and appends its audit events as the last statements of the same transaction: the chain's head row is
 * locked last and shortest. If an event cannot be written, nothing happened. READ COMMITTED; rules that must hold
 * against a second caller ride in the conditional updates and unique indexes of `work`.
 */
export async function transact<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<{ result: T; events: AuditEntry[] }>,
): Promise<T> {
  return database.$transaction(
    async (transaction) => {
      const { result, events } = await work(transaction)
      if (events.length > 0) {
        const { before, after } = eventTexts(events)
        await transaction.$executeRaw`select audit_append_all(${before}::text[], ${after}::text[])`
      }
      return result
    },
    { maxWait: 5_000, timeout: 15_000 },
  )
}
