/** The one connection to Postgres per process, and the one way to write: a change and its audit events together. */
import { PrismaPg } from '@prisma/adapter-pg'
import { type AuditEntry, type CanonicalEvent, canonicalEvent } from '@/lib/services/audit-events'
import type { Prisma } from './generated/client'
import { PrismaClient } from './generated/client'

export type Database = PrismaClient
export type Transaction = Prisma.TransactionClient

export function openDatabase(connectionString: string, poolSize = 10): Database {
  const adapter = new PrismaPg({
    connectionString: inUtc(connectionString),
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
  })
  return new PrismaClient({ adapter })
}

/** The adapter drops the zone of a timestamptz as it reads and writes, so every session must live in UTC. */
function inUtc(connectionString: string): string {
  const utc = encodeURIComponent('-c TimeZone=UTC')
  if (/[?&]options=/.test(connectionString)) return connectionString.replace(/([?&]options=[^&]*)/, `$1%20${utc}`)
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}options=${utc}`
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
      for (const event of events) await append(transaction, canonicalEvent(event))
      return result
    },
    { maxWait: 5_000, timeout: 15_000 },
  )
}

async function append(transaction: Transaction, event: CanonicalEvent): Promise<void> {
  await transaction.$executeRaw`select audit_append(${event.beforeTime}, ${event.afterTime})`
}
