/** Enrolment attempts as the portal shows them: what a device asked, and why it got what it got. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEventView } from './audit'
import type { MatchRules } from './challenge-match'
import type { ChallengeConstraints, ChallengeOrigin, ChallengeState } from './challenges'
import { causeOf, explanationOf } from './enrolment-refusals'
import type { FieldComparison } from './field-comparison'
import { type FlightOutcome, type FlightRecord, operationOf } from './flight-recorder'
import {
  type CountRequest,
  countRows,
  type Keyset,
  type ListPage,
  type ListRequest,
  type Matches,
  readPage,
  type Sorting,
} from './listing'
import { authoriseInGroups, inGroups, type Reach, reachOf } from './permissions'
import { supportText } from './support-text'
import { exchangeView, fieldsOf } from './transaction-story'

export interface TransactionView {
  id: string
  state: 'received' | 'issued' | 'answered' | 'refused' | 'failed' | 'pending'
  /** PKCSReq, RenewalReq, GetCert, GetCRL, or PKIOperation for what could not be read. */
  operation: string
  endpoint: { slug: string; name: string }
  group: { slug: string; name: string }
  subject: string | null
  /** Stable code such as challenge_expired. */
  reason: string | null
  /** The cause in plain words and the next step, for the portal. */
  explanation: string | null
  /** What exactly differed or was wrong; technical. */
  detail: string | null
  /** As the client chose it; empty when the message could not be read. */
  transactionId: string
  sourceIp: string | null
  userAgent: string | null
  /** Client family, where it was recognised. */
  client: string | null
  challengeId: string | null
  certificate: { id: string; serial: string } | null
  createdAt: Date
  finishedAt: Date | null
}

/** `unsuccessful`: refused or failed. */
export type TransactionListing = TransactionView['state'] | 'unsuccessful'

/** A device asks for a certificate, or (GetCert, GetCRL) for what is there already. */
export type TransactionKind = 'enrolment' | 'question'

export interface TransactionFilter {
  /** Enrolments unless said otherwise: devices that fetch their lists this way ask far more often. */
  kind?: TransactionKind | 'all'
  endpoint?: string
  group?: string
  state?: TransactionListing
  /** Code of the cause. */
  reason?: string
  client?: string
  /** Part of the subject. */
  device?: string
  /** The whole subject. */
  subject?: string
  /** Id of a device that an MDM knows: with a challenge of it, or led to one of its certificates. */
  deviceId?: string
  from?: Date
  to?: Date
}

export type TransactionSort = 'asked' | 'name'

/** One step in plain words. */
export interface StepView {
  /** Milliseconds since the request came in; below zero for what was asked before. */
  at: number
  /** Milliseconds since the step before. */
  took: number
  step: string
  label: string
  tone: 'neutral' | 'good' | 'bad'
  /** What the step says, in short phrases. */
  says: string[]
}

export interface ExchangeView {
  id: string
  at: Date
  /** PKCSReq, RenewalReq, CertPoll, GetCert, GetCRL, or PKIOperation for what could not be read. */
  operation: string
  outcome: FlightOutcome
  client: string | null
  sourceIp: string | null
  steps: StepView[]
}

export interface TransactionDetail extends TransactionView {
  /** The explanation in two parts. */
  cause: string | null
  nextStep: string | null
  messageType: number | null
  csrSha256: string | null
  spkiSha256: string | null
  signerSpkiSha256: string | null
  challenge: { id: string; subject: string; state: ChallengeState; origin: ChallengeOrigin } | null
  /** Expected against received; empty when no request could be read. */
  fields: FieldComparison[]
  /** Oldest first; empty when the recorder's time is over. */
  exchanges: ExchangeView[]
  history: AuditEventView[]
  /** All of it as text without names and addresses, to be passed on. */
  support: string
}

export interface TransactionsService {
  /** Newest first unless another order is asked for. Refusals: invalid_input (cursor, sort). */
  list(actor: Actor, filter: TransactionFilter, page: ListRequest<TransactionSort>): Promise<ListPage<TransactionView>>
  /** How many the list has, or how many came since then. */
  matching(actor: Actor, filter: TransactionFilter, since?: Date): Promise<Matches>
  /** Refusals: not_found. */
  get(actor: Actor, id: string): Promise<TransactionDetail>
  /** What the flight recorder kept, for those who judge it again. Refusals: not_found. */
  record(actor: Actor, id: string): Promise<TransactionRecord>
  /** Client families that have ever asked. */
  clients(actor: Actor): Promise<string[]>
}

export interface TransactionRow extends Omit<TransactionView, 'explanation' | 'operation'> {
  messageType: number | null
}

/** Message types of questions. */
export const QUESTIONS: readonly number[] = [21, 22]

export interface TransactionRecord extends TransactionRow {
  csrSha256: Uint8Array | null
  spkiSha256: Uint8Array | null
  signerSpkiSha256: Uint8Array | null
  challenge: (TransactionDetail['challenge'] & { constraints: ChallengeConstraints }) | null
  /** Of the endpoint's profile as it is now. */
  rules: MatchRules
  records: Pick<FlightRecord, 'id' | 'createdAt' | 'operation' | 'outcome' | 'client' | 'sourceIp' | 'steps'>[]
  history: AuditEventView[]
}

/** Every kind where none is said. */
export type StoredTransactionFilter = Omit<TransactionFilter, 'kind'> & { kind?: TransactionKind } & Reach

export interface TransactionStore {
  list(filter: StoredTransactionFilter, keyset: Keyset<TransactionSort>): Promise<TransactionRow[]>
  count(filter: StoredTransactionFilter, request: CountRequest): Promise<number>
  /** With at most so many records, oldest first. */
  get(id: string, mostRecords: number): Promise<TransactionRecord | null>
  clients(reach: Reach): Promise<string[]>
}

const SORTING: Sorting<TransactionRow, TransactionSort> = {
  usual: 'asked',
  columns: {
    asked: { kind: 'moment', order: 'desc', of: ({ createdAt }) => createdAt },
    name: { kind: 'text', order: 'asc', of: ({ subject }) => subject ?? '' },
  },
  idOf: ({ id }) => id,
}
/** A device that polls for a week asks more often than anybody wants to read. */
const MOST_RECORDS = 40
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function createTransactions({ store }: { store: TransactionStore }): TransactionsService {
  return {
    async list(actor, asked, request) {
      const filter = meant(actor, asked)
      const page = await readPage(request, SORTING, (keyset) => store.list(filter, keyset))
      return {
        ...page,
        items: page.items
          .map((row) => seenBy(actor, row))
          .map(({ messageType, ...item }) => ({
            ...item,
            operation: operationOf(messageType),
            explanation: explain({ ...item, messageType }),
          })),
      }
    },

    async matching(actor, asked, since) {
      const filter = meant(actor, asked)
      return countRows((request) => store.count(filter, request), since)
    },

    async get(actor, id) {
      authoriseInGroups(actor, 'transaction:read')
      const record = await recordOf(actor, id)
      const { records, rules: _, challenge, csrSha256, spkiSha256, signerSpkiSha256, ...row } = record
      const explanation = explain(row)
      const view = {
        ...row,
        operation: operationOf(row.messageType),
        explanation,
        ...(explanation === null ? { cause: null, nextStep: null } : causeOf(explanation)),
        csrSha256: hex(csrSha256),
        spkiSha256: hex(spkiSha256),
        signerSpkiSha256: hex(signerSpkiSha256),
        challenge: challenge && {
          id: challenge.id,
          subject: challenge.subject,
          state: challenge.state,
          origin: challenge.origin,
        },
        client: row.client ?? records.findLast(({ client }) => client !== null)?.client ?? null,
        fields: fieldsOf(record),
        exchanges: records.map(exchangeView),
      }
      return { ...view, support: supportText(view, record) }
    },

    async record(actor, id) {
      authoriseInGroups(actor, 'transaction:read')
      return recordOf(actor, id)
    },

    async clients(actor) {
      authoriseInGroups(actor, 'transaction:read')
      return store.clients(reachOf(actor))
    },
  }

  /** The one place that says what this actor's filter means, for the list and for its count. */
  function meant(actor: Actor, { kind = 'enrolment', ...filter }: TransactionFilter): StoredTransactionFilter {
    authoriseInGroups(actor, 'transaction:read')
    return { ...filter, ...(kind === 'all' ? {} : { kind }), ...reachOf(actor) }
  }

  async function recordOf(actor: Actor, id: string): Promise<TransactionRecord> {
    const record = UUID.test(id) ? await store.get(id, MOST_RECORDS) : null
    if (record === null || !inGroups(actor, record.group.slug))
      throw new Refusal('not_found', 'There is no such enrolment.', { reason: 'transaction_unknown' })
    const seen = seenBy(actor, record)
    // What was recorded step by step names the other endpoint, too.
    if (seen !== record) return { ...seen, challenge: null, records: [], history: [] }
    if (actor.groups === undefined) return record
    return { ...record, history: record.history.filter((event) => !isOfOthers(event, record)) }
  }
}

/**
 * A device may present the challenge of another endpoint, and then its row points there. Whether that endpoint is of the
 * actor's groups the row does not say, so an operator who is limited to groups sees the cause alone.
 */
function seenBy<Row extends TransactionRow>(actor: Actor, row: Row): Row {
  if (actor.groups === undefined || row.reason !== 'challenge_other_endpoint') return row
  return { ...row, challengeId: null, detail: null }
}

/**
 * What became of a challenge at another endpoint, and what a refusal names that may belong to another group, or to all: the
 * certificate to be renewed, a minter, a validator.
 */
function isOfOthers({ reason, object }: AuditEventView, record: TransactionRecord): boolean {
  if (reason === 'challenge_other_endpoint') return true
  if (object.type === 'certificate') return object.id !== record.certificate?.id
  return !IN_REACH.includes(object.type)
}

const IN_REACH: readonly AuditEventView['object']['type'][] = ['challenge', 'endpoint', 'static-secret', 'transaction']

function explain({
  state,
  reason,
  messageType,
}: Pick<TransactionRow, 'state' | 'reason' | 'messageType'>): string | null {
  switch (state) {
    case 'answered':
      return messageType === 22
        ? 'The device asked for the revocation list, and got the newest one.'
        : 'The device asked for a certificate of its own, and got it.'
    case 'issued':
      return null
    case 'received':
      return 'The request is being worked on.'
    case 'pending':
      return 'The request waits for approval. The device asks again by itself.'
    case 'refused':
    case 'failed':
      return reason === null ? null : explanationFor(reason)
  }
}

function explanationFor(reason: string): string {
  return explanationOf(reason) ?? `The request was refused: ${reason}.`
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex')
}
