/** Tells an outage of the database from a bug: the one is answered "come back later", the other with an id. */
import { isRefusal, Refusal } from '@/lib/errors'

/** Prisma's codes for a server that cannot be reached, is full or went away, and for a pool that is exhausted. */
const OUTAGE_CODES: ReadonlySet<string> = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
])
/** What the driver adapter calls the same things, and what Node says of a socket. */
const OUTAGE_KINDS =
  /DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|DatabaseDoesNotExist|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|ENOENT/
/** SQLSTATE classes 08 (connection), 53 (resources) and 57 (operator intervention: shutting down, starting up). */
const OUTAGE_SQLSTATE = /^(08|53|57)/
const OUTAGE_TEXT =
  /connection (terminated|timeout|closed)|terminating connection|timeout exceeded when trying to connect|server closed the connection|Can't reach database server|Unable to start a transaction/i

/** The store with every verb's outages turned into a Refusal `unavailable`. */
export function guarded<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, property, receiver) {
      const verb: unknown = Reflect.get(target, property, receiver)
      if (typeof verb !== 'function') return verb
      return (...given: unknown[]) => {
        const answer: unknown = answerOf(() => verb.apply(target, given))
        return isPages(answer) ? guardedPages(answer) : guardedAnswer(answer)
      }
    },
  })
}

function answerOf(ask: () => unknown): unknown {
  try {
    return ask()
  } catch (error) {
    return Promise.reject(error)
  }
}

async function guardedAnswer(answer: unknown): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    throw inWords(error)
  }
}

/** What comes a page at a time may fail at each. */
async function* guardedPages(pages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* pages
  } catch (error) {
    throw inWords(error)
  }
}

function isPages(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}

function inWords(error: unknown): unknown {
  if (isRefusal(error) || !isOutage(error)) return error
  return new Refusal('unavailable', 'The database cannot answer right now. Nothing was done; try again.', {
    reason: 'database_unavailable',
    detail: error instanceof Error ? error.name : 'unknown',
  })
}

export function isOutage(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const { code, originalCode, kind, message, cause, meta } = error as Record<string, unknown>
  if (typeof code === 'string' && (OUTAGE_CODES.has(code) || OUTAGE_SQLSTATE.test(code) || OUTAGE_KINDS.test(code)))
    return true
  if (typeof originalCode === 'string' && OUTAGE_SQLSTATE.test(originalCode)) return true
  if (typeof kind === 'string' && OUTAGE_KINDS.test(kind)) return true
  if (
    typeof message === 'string' &&
    (OUTAGE_TEXT.test(message) ||
      /^\s*(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)/.test(message))
  )
    return true
  return (
    isOutage(cause, depth + 1) ||
    isOutage(meta, depth + 1) ||
    isOutage((meta as Record<string, unknown> | undefined)?.driverAdapterError, depth + 1)
  )
}
