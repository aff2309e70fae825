/**
 * The flight recorder: every SCEP exchange leaves its steps. They are gathered while the answer is made and written in
 * batches afterwards, so that neither the recording nor its failure changes what a device hears, or when.
 */
import { isRefusal } from '@/lib/errors'
import type { Json } from './audit'
import { masker, printableText } from './enrolment-text'
import type { AnsweredQuestion, ExchangeTrace, Step } from './exchange-trace'
import { newRowId } from './row-id'
import type { ScepRequest, ScepResponse } from './scep-enrolment'
import type { Exchange } from './scep-exchange'

export type FlightOutcome = 'issued' | 'answered_again' | 'answered' | 'pending' | 'refused' | 'failed'

/** Kept for longer than the others. */
export const ENDED_BADLY: readonly FlightOutcome[] = ['refused', 'failed']

/** A row to be. */
export interface FlightRecord {
  id: string
  enrolmentTransactionId: string
  endpointId: string
  createdAt: Date
  operation: string
  outcome: FlightOutcome
  client: string | null
  sourceIp: string | null
  steps: Step[]
  /** Where it is about one: its transaction is written with the record. */
  question: (AnsweredQuestion & { userAgent: string | null }) | null
}

export interface FlightRecordStore {
  /** All of them in one statement. */
  add(records: FlightRecord[]): Promise<void>
  /** Records of exchanges that ended well, and that did not, before these times; how many there were. */
  forget(before: { well: Date; badly: Date }, limit: number): Promise<number>
}

export interface FlightRecorder {
  /** GetCACaps and GetCACert: they show before the request that the same source sends next. */
  asked(request: ScepRequest, source: string, endpointId: string, operation: string): void
  /** Answers, and keeps the steps of the answer. Throws what the work throws. */
  recorded(exchange: Exchange, work: () => Promise<ScepResponse>): Promise<ScepResponse>
  /** Writes what is waiting now. Never throws: what cannot be written is dropped and counted in the log. */
  flush(): Promise<void>
}

export interface FlightRecorderDependencies {
  store: Pick<FlightRecordStore, 'add'>
  clock(): Date
  log(level: 'info' | 'warn', event: string, facts: Record<string, string | number>): void
  limits?: Partial<FlightLimits>
}

export interface FlightLimits {
  /** Exchanges that wait to be written; more are dropped. */
  waiting: number
  /** Exchanges of one source that brought no new certificate and are kept, each minute. */
  perSource: number
}

const LIMITS: FlightLimits = { waiting: 2_000, perSource: 20 }
const BATCH = 500
const MINUTE_MS = 60_000
/** Long enough for a person who types a challenge between the questions and the request. */
const ASKED_MS = 10 * MINUTE_MS
const MOST_SOURCES = 5_000
const MOST_ASKED = 8

interface Kept {
  at: Date
  endpointId: string
  rowId: string
  userAgent: string | null
  sourceIp: string | null
  outcome: FlightOutcome
  trace: ExchangeTrace
  before: Step[]
  after: Step
}

export function createFlightRecorder(dependencies: FlightRecorderDependencies): FlightRecorder {
  const { store, clock, log } = dependencies
  const limits = { ...LIMITS, ...dependencies.limits }
  const asked = new Map<string, { at: number; facts: Step['facts'] }[]>()
  const waiting: Kept[] = []
  let minute = { start: 0, seen: new Map<string, number>() }
  let dropped = 0
  let sampled = 0
  let writing: Promise<void> | null = null

  return {
    asked(request, source, endpointId, operation) {
      const key = `${endpointId} ${source}`
      if (asked.size >= MOST_SOURCES && !asked.has(key)) asked.clear()
      const facts = { operation, method: request.method, userAgent: request.userAgent?.slice(0, 200) ?? null }
      asked.set(key, [...(asked.get(key) ?? []), { at: clock().getTime(), facts }].slice(-MOST_ASKED))
    },

    async recorded(exchange, work) {
      try {
        const response = await work()
        keep(exchange, { http: response.status, bytesOut: response.body.length })
        return response
      } catch (error) {
        exchange.trace.note('stopped', { reason: isRefusal(error) ? (error.reason ?? error.code) : 'internal_error' })
        keep(exchange, {})
        throw error
      }
    },

    async flush() {
      while (writing !== null) await writing
      // What comes while these are written waits for the next time: a busy server would never stop, and write little at once.
      for (let left = waiting.length; left > 0; left -= BATCH) {
        writing ??= write(waiting.splice(0, BATCH)).finally(() => {
          writing = null
        })
        await writing
      }
      if (sampled > 0) log('info', 'flight.sampled', { count: sampled })
      sampled = 0
    },
  }

  function keep(exchange: Exchange, answer: { http?: number; bytesOut?: number }): void {
    const { trace, request, source, endpoint } = exchange
    const before = askedBefore(exchange)
    if (trace.rowId === null && trace.question === null) return
    const outcome = outcomeOf(trace.steps)
    if (outcome !== 'issued' && !admits(source)) {
      sampled += 1
      return
    }
    if (waiting.length >= limits.waiting) {
      dropped += 1
      return
    }
    const at = exchange.startedAt
    waiting.push({
      at,
      endpointId: endpoint.id,
      rowId: trace.rowId ?? newRowId(),
      userAgent: request.userAgent?.slice(0, 200) ?? null,
      sourceIp: request.ip,
      outcome,
      trace,
      before: [...before, { at: 0, step: 'transport', facts: transportOf(request) }],
      after: { at: clock().getTime() - at.getTime(), step: 'reply', facts: { outcome, ...answer } },
    })
  }

  /** Said once: with the first request that follows. */
  function askedBefore({ source, endpoint, startedAt }: Exchange): Step[] {
    const key = `${endpoint.id} ${source}`
    const steps = (asked.get(key) ?? [])
      .map(({ at, facts }) => ({ at: at - startedAt.getTime(), step: 'capabilities.asked', facts }))
      .filter(({ at }) => at > -ASKED_MS)
    asked.delete(key)
    return steps
  }

  function admits(source: string): boolean {
    const start = Math.floor(clock().getTime() / MINUTE_MS)
    if (start !== minute.start || minute.seen.size >= MOST_SOURCES) minute = { start, seen: new Map() }
    const seen = (minute.seen.get(source) ?? 0) + 1
    minute.seen.set(source, seen)
    return seen <= limits.perSource
  }

  async function write(batch: Kept[]): Promise<void> {
    const { lost, error } = await added(batch)
    dropped += lost
    if (lost > 0)
      log('warn', 'flight.not_written', { error: error instanceof Error ? error.name : 'unknown', count: lost })
    if (lost === batch.length) return
    if (dropped > 0) log('warn', 'flight.dropped', { count: dropped })
    dropped = 0
  }

  /** Together, in one statement; where that is refused, one by one, so that a stranger's record costs no other. */
  async function added(batch: Kept[]): Promise<{ lost: number; error: unknown }> {
    const records: FlightRecord[] = []
    let written = 0
    let error: unknown = null
    try {
      for (const kept of batch) {
        try {
          records.push(recordOf(kept))
        } catch (broken) {
          error = broken
        }
      }
      if (await adds(records)) written = records.length
      else for (const record of records) if (await adds([record])) written += 1
    } catch (outage) {
      error = outage
    }
    return { lost: batch.length - written, error }

    /** Throws while the database is away: then no other record fares better. */
    async function adds(some: FlightRecord[]): Promise<boolean> {
      try {
        if (some.length > 0) await store.add(some)
        return true
      } catch (refused) {
        if (isRefusal(refused, 'unavailable')) throw refused
        error = refused
        return false
      }
    }
  }
}

function outcomeOf(steps: readonly Step[]): FlightOutcome {
  const last = steps.findLast(({ step }) => Object.hasOwn(OUTCOMES, step))
  if (last === undefined) return 'failed'
  return last.step === 'certificate.sent' && last.facts.again === true
    ? 'answered_again'
    : (OUTCOMES[last.step] ?? 'failed')
}

/** The steps with which an exchange ends. */
const OUTCOMES: Readonly<Record<string, FlightOutcome>> = {
  'certificate.sent': 'issued',
  'query.answered': 'answered',
  held: 'pending',
  refused: 'refused',
  stopped: 'failed',
}

function transportOf({ method, body, path, httpVersion, contentType, userAgent, query }: ScepRequest): Step['facts'] {
  return {
    method,
    path: path ?? null,
    httpVersion: httpVersion ?? null,
    contentType: contentType ?? null,
    userAgent: userAgent?.slice(0, 200) ?? null,
    // Of a GET the message is in the query, which itself is never kept.
    bytesIn: method === 'GET' ? query.length : body.length,
  }
}

function recordOf(kept: Kept): FlightRecord {
  const { at, endpointId, rowId, userAgent, sourceIp, outcome, trace, before, after } = kept
  const messageType = factOf(trace.steps, 'message.verified', 'messageType')
  const masked = masker(trace.hidden)
  return {
    id: crypto.randomUUID(),
    enrolmentTransactionId: rowId,
    endpointId,
    createdAt: at,
    operation: operationOf(typeof messageType === 'number' ? messageType : null),
    outcome,
    client: clientOf(trace.steps),
    sourceIp,
    steps: [...before, ...trace.steps, after].map((step) => ({ ...step, facts: cleared(step.facts, masked) })),
    question: trace.rowId === null && trace.question !== null ? { ...trace.question, userAgent } : null,
  }
}

/** As people read it; PKIOperation for what could not be read. */
export function operationOf(messageType: number | null): string {
  return OPERATIONS.get(messageType ?? -1) ?? 'PKIOperation'
}

const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [17, 'RenewalReq'],
  [19, 'PKCSReq'],
  [20, 'CertPoll'],
  [21, 'GetCert'],
  [22, 'GetCRL'],
])

/** Whoever recognises the client notes a step with its id of the catalogue. */
function clientOf(steps: readonly Step[]): string | null {
  const client = factOf(steps, 'client.recognised', 'client')
  return typeof client === 'string' ? client : null
}

function factOf(steps: readonly Step[], name: string, fact: string): Json | undefined {
  return steps.find(({ step }) => step === name)?.facts[fact]
}

const MOST_TEXT = 6_000
const MOST_ITEMS = 50

/** Printable, bounded, and without what must not be shown. */
function cleared(facts: Step['facts'], masked: (text: string) => string): Step['facts'] {
  // The cut may leave half of a surrogate pair, so printable comes last.
  const text = (value: string) => printableText(masked(value).slice(0, MOST_TEXT))
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value)
    if (typeof value !== 'object' || value === null) return value
    return Array.isArray(value) ? value.slice(0, MOST_ITEMS).map(json) : members(value)
  }
  const members = (value: Step['facts']) =>
    Object.fromEntries(
      Object.entries(value)
        .slice(0, MOST_ITEMS)
        .map(([key, member]) => [text(key), json(member)]),
    )
  return members(facts)
}
