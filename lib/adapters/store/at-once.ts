/**
 * The usual enrolment in Postgres: one read of what it starts from, one statement for its turn, its challenge and its intent
 * (see enrolment-statements.ts).
 */
import type { AtOnceStore, Offer, UsualEnrolment } from '@/lib/services/enrolment-at-once'
import { type Database, hotPool } from './database'
import { type EventTexts, eventTexts, joinedEventTexts, separated } from './event-texts'
import { ISSUES, ISSUING_COLUMNS, ISSUING_JOINS, type IssuingEndpointRow, issuingEndpointOf } from './intent-rows'
import { byIdentity, compare } from './lock-order'
import { guarded } from './outage'
import { sharingCommit, type WriteKind } from './shared-commit'
import { together } from './together'

type Asked = Parameters<AtOnceStore['offer']>[0]
type Outcome = Awaited<ReturnType<AtOnceStore['enrol']>>

export function atOnceStore(database: Database): AtOnceStore {
  const enrol = sharingCommit(database, ENROL)
  return guarded<AtOnceStore>({
    offer: offerTogether(database),
    async enrol(usual) {
      try {
        return await enrol({ ...usual, texts: eventTexts(usual.events) })
      } catch (error) {
        // Another process was quicker by a moment: nothing was done, and the steps find out what is there now.
        if (isTaken(error)) return 'taken'
        throw error
      }
    },
  })
}

interface OfferRow extends IssuingEndpointRow {
  challenge_id: string
  handle_hash: Buffer
  challenge_subject: string
  constraints: Offer['reservation']['constraints']
}

function offerTogether(database: Database): (asked: Asked) => Promise<Offer | null> {
  return together(async (all: Asked[]) => {
    const { rows } = await hotPool(database).query<OfferRow>({
      name: 'offer-challenges',
      text: OFFER,
      values: [all.flatMap(({ handleHashes }) => handleHashes)],
    })
    const offers = new Map(rows.map((row) => [keyOf(row.handle_hash, row.endpoint_id), offerOf(row)]))
    return all.map(({ handleHashes, endpointId }) => {
      const keys = handleHashes.map((handleHash) => keyOf(handleHash, endpointId))
      return keys.map((key) => offers.get(key)).find((offer) => offer !== undefined) ?? null
    })
  })
}

function offerOf(row: OfferRow): Offer {
  const { challenge_id: id, challenge_subject: subject, constraints } = row
  return { reservation: { id, subject, constraints }, endpoint: issuingEndpointOf(row) }
}

function keyOf(handleHash: Uint8Array, endpointId: string): string {
  return `${endpointId}:${Buffer.from(handleHash).toString('base64')}`
}

/** With its events as texts, made while others are under way. */
interface Ready extends UsualEnrolment {
  texts: EventTexts
}

/** A request has one challenge, so those of the same identity stand together. */
function byChallenge(a: UsualEnrolment, b: UsualEnrolment): number {
  return compare(a.leaf.intent.challengeId ?? '', b.leaf.intent.challengeId ?? '') || byIdentity(a.attempt, b.attempt)
}

function identityOf({ attempt: { endpointId, transactionId, csrSha256 } }: UsualEnrolment): string {
  const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')
  return `${endpointId}:${hex(transactionId)}:${hex(csrSha256)}`
}

/** An error of pg that names the unique index which refused a row. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'enrolment_transaction_live'
}

const OFFER = `
  select c.id as challenge_id, c.handle_hash, c.subject as challenge_subject, c.constraints, ${ISSUING_COLUMNS}
  from challenge c
  join endpoint e on e.id = c.endpoint_id ${ISSUING_JOINS}
  where c.handle_hash = any($1::bytea[]) and c.state::text = 'pending' and c.failed_attempts = 0 and now() >= c.not_before
    and now() < c.expires_at and ${ISSUES}`

/**
 * A challenge is reserved only by an attempt that begins; if the place of one is taken between the look at it and its
 * insertion, the unique index fails the statement, and with it every reservation. Of several attempts for one challenge an
 * update takes one. A pending challenge has no certificate: the unique index over it fails the statement if it had.
 */
const ENROL_EXPRESSIONS = `
  enrol_input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::int[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::uuid[], $15::uuid[], $16::text[], $17::bytea[],
        $18::bytea[], $19::text[], $20::bytea[], $21::text[], $22::text[], $23::text[], $24::timestamptz[],
        $25::timestamptz[], $26::timestamptz[], $27::int[], $28::int[])
      as i(row_id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256, row_subject,
        source_ip, user_agent, client, challenge_id, id, authority_id, group_id, serial, tbs,
        tbs_sha256, subject, subject_der, common_name, sans, key_algorithm, not_before,
        not_after, created_at, crl_shard, policy_version)
    where not exists (
      select from enrolment_transaction t
      where t.endpoint_id = i.endpoint_id and t.transaction_id = i.transaction_id and t.csr_sha256 = i.csr_sha256
        and t.superseded_at is null)
  ), enrol_event as (
    select * from unnest($29::uuid[], ${separated('$30')}, ${separated('$31')}) with ordinality as e(row_id, before_time, after_time, place)
  ), enrol_reserved as (
    update challenge c set state = 'reserved', reserved_by = i.row_id, reserved_csr_sha256 = i.csr_sha256,
      reserved_spki_sha256 = i.spki_sha256, reserved_at = now()
    from enrol_input i
    where c.id = i.challenge_id and c.endpoint_id = i.endpoint_id and c.state::text = 'pending' and c.failed_attempts = 0
      and now() >= c.not_before and now() < c.expires_at
    returning i.row_id, c.id
  ), enrol_begun as (
    insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256,
      signer_spki_sha256, subject, source_ip, user_agent, client, policy_version, challenge_id, with_intent)
    select i.row_id, i.endpoint_id, i.transaction_id, i.message_type, i.csr_sha256, i.spki_sha256, i.signer_spki_sha256,
      i.row_subject, i.source_ip, i.user_agent, i.client, i.policy_version, reserved.id,
      reserved.id is not null
    from enrol_input i left join enrol_reserved reserved on reserved.row_id = i.row_id
    returning id
  ), enrol_recorded as (
    insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id,
      enrolment_transaction_id, serial, tbs, tbs_sha256, subject, subject_der, common_name, sans, key_algorithm,
      spki_sha256, not_before, not_after, created_at, crl_shard, policy_version)
    select i.id, 'leaf', 'intent', i.authority_id, i.group_id, i.endpoint_id, reserved.id, i.row_id, i.serial, i.tbs,
      i.tbs_sha256, i.subject, i.subject_der, i.common_name, i.sans::jsonb, i.key_algorithm, i.spki_sha256,
      i.not_before, i.not_after, i.created_at, i.crl_shard, i.policy_version
    from enrol_input i join enrol_reserved reserved on reserved.row_id = i.row_id
    returning enrolment_transaction_id as row_id
  ), enrol_told as (
    select e.before_time, e.after_time, e.place from enrol_recorded join enrol_event e on e.row_id = enrol_recorded.row_id
  ), enrol_done as (
    select begun.id, exists (select from enrol_recorded where enrol_recorded.row_id = begun.id) as flag
    from enrol_begun as begun
  )`

const ENROL: WriteKind<Ready, Outcome> = {
  name: 'enrol',
  expressions: ENROL_EXPRESSIONS,
  first: ['enrol_begun'],
  prepare(all) {
    const firstOf = new Map(all.toReversed().map((usual) => [identityOf(usual), usual]))
    const distinct = [...firstOf.values()].toSorted(byChallenge)
    const attempts = distinct.map(({ attempt }) => attempt)
    const intents = distinct.map(({ leaf }) => leaf.intent)
    const { before, after } = joinedEventTexts(distinct.map(({ texts }) => texts))
    return {
      values: [
        distinct.map(({ rowId }) => rowId),
        attempts.map(({ endpointId }) => endpointId),
        attempts.map(({ transactionId }) => transactionId),
        attempts.map(({ messageType }) => messageType),
        attempts.map(({ csrSha256 }) => csrSha256),
        intents.map(({ spkiSha256 }) => spkiSha256),
        attempts.map(({ signerSpkiSha256 }) => signerSpkiSha256),
        attempts.map(({ subject }) => subject),
        attempts.map(({ sourceIp }) => sourceIp),
        attempts.map(({ userAgent }) => userAgent),
        attempts.map(({ client }) => client),
        intents.map(({ challengeId }) => challengeId),
        intents.map(({ id }) => id),
        intents.map(({ authorityId }) => authorityId),
        intents.map(({ groupId }) => groupId),
        intents.map(({ serial }) => serial),
        intents.map(({ tbs }) => tbs),
        intents.map(({ tbsSha256 }) => tbsSha256),
        intents.map(({ subject }) => subject),
        intents.map(({ subjectDer }) => subjectDer),
        intents.map(({ commonName }) => commonName),
        intents.map(({ sans }) => JSON.stringify(sans)),
        intents.map(({ keyAlgorithm }) => keyAlgorithm),
        intents.map(({ notBefore }) => notBefore),
        intents.map(({ notAfter }) => notAfter),
        intents.map(({ createdAt }) => createdAt),
        intents.map(({ crlShard }) => crlShard),
        intents.map(({ policyVersion }) => policyVersion),
        distinct.flatMap(({ rowId, events }) => events.map(() => rowId)),
        before,
        after,
      ],
      results(done) {
        return all.map(({ rowId }) => {
          const recorded = done.get(rowId)
          if (recorded === undefined) return 'taken'
          return recorded ? 'recorded' : 'begun'
        })
      },
    }
  },
}
