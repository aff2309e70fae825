/**
 * Questions that somebody waits for: one that Postgres cannot answer in time is broken off, and refused in words. They are
 * about tables that nobody can wait for to be read whole, so each goes by an index, however few rows it may seem to need.
 */
import { Refusal } from '@/lib/errors'
import { TAKES_TOO_LONG } from '@/lib/services/listing'
import type { Database, Transaction } from './database'
import { Prisma } from './generated/client'

export async function within<T>(
  database: Database,
  milliseconds: number,
  ask: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const work = async (transaction: Transaction) => {
    await transaction.$executeRaw`
      select set_config('statement_timeout', ${String(milliseconds)}, true), set_config('enable_seqscan', 'off', true)`
    return ask(transaction)
  }
  try {
    // Postgres ends it; Prisma would by itself after five seconds.
    return await database.$transaction(work, { maxWait: 5_000, timeout: milliseconds + 5_000 })
  } catch (error) {
    if (!wasBrokenOff(error)) throw error
    throw new Refusal('unavailable', 'This takes too long to look up. Choose a shorter period, or fewer filters.', {
      reason: TAKES_TOO_LONG,
    })
  }
}

/** SQLSTATE query_canceled, which Prisma wraps twice. */
function wasBrokenOff(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false
  const { driverAdapterError } = (error.meta ?? {}) as { driverAdapterError?: { cause?: { originalCode?: string } } }
  return driverAdapterError?.cause?.originalCode === '57014'
}
