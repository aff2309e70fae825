/**
 * The two writes of every leaf, the intent before its signature and the certificate after it, and the read they start
 * from. Each statement does all the requests of the moment (see enrolment-statements.ts).
 */
import type { AuditEntry } from '@/lib/services/audit'
import type { CertificateIntent } from '@/lib/services/certificate-intent'
import type { IssuanceStore, IssuingEndpoint } from '@/lib/services/issuance'
import { type Database, hotPool } from './database'
import { type EventTexts, eventTexts, joinedEventTexts, separated } from './event-texts'
import { ISSUES, ISSUING_COLUMNS, ISSUING_JOINS, type IssuingEndpointRow, issuingEndpointOf } from './intent-rows'
import { sharingCommit, type WriteKind } from './shared-commit'
import { together } from './together'

type Recording = Parameters<IssuanceStore['recordIssued']>[0]

export interface LeafIntent {
  intent: CertificateIntent
  events: AuditEntry[]
}

/** Null for an endpoint that does not issue. Read anew for every moment: switching one off works at once. */
export function issuingEndpointTogether(database: Database): (endpointId: string) => Promise<IssuingEndpoint | null> {
  return together(async (endpointIds: string[]) => {
    const { rows } = await hotPool(database).query<IssuingEndpointRow>({
      name: 'issuing-endpoints',
      text: ISSUING,
      values: [[...new Set(endpointIds)]],
    })
    const found = new Map(rows.map((row) => [row.endpoint_id, issuingEndpointOf(row)]))
    return endpointIds.map((endpointId) => found.get(endpointId) ?? null)
  })
}

/** True for each intent that was recorded: its challenge is reserved for this key and had no certificate. */
export function recordIntentTogether(database: Database): (leaf: LeafIntent) => Promise<boolean> {
  return together(async (leaves: LeafIntent[]) => {
    const intents = leaves.map(({ intent }) => intent)
    const { rows } = await hotPool(database).query<{ id: string }>({
      name: 'record-leaf-intents',
      text: RECORD_INTENT,
      values: [
        intents.map(({ id }) => id),
        intents.map(({ authorityId }) => authorityId),
        intents.map(({ groupId }) => groupId),
        intents.map(({ endpointId }) => endpointId),
        intents.map(({ challengeId }) => challengeId),
        intents.map(({ enrolmentTransactionId }) => enrolmentTransactionId),
        intents.map(({ serial }) => serial),
        intents.map(({ tbs }) => tbs),
        intents.map(({ tbsSha256 }) => tbsSha256),
        intents.map(({ subject }) => subject),
        intents.map(({ subjectDer }) => subjectDer),
        intents.map(({ commonName }) => commonName),
        intents.map(({ sans }) => JSON.stringify(sans)),
        intents.map(({ keyAlgorithm }) => keyAlgorithm),
        intents.map(({ spkiSha256 }) => spkiSha256),
        intents.map(({ notBefore }) => notBefore),
        intents.map(({ notAfter }) => notAfter),
        intents.map(({ createdAt }) => createdAt),
        intents.map(({ renews }) => renews?.certificateId ?? null),
        intents.map(({ renews }) => renews?.lineageId ?? null),
        intents.map(({ crlShard }) => crlShard),
        intents.map(({ policyVersion }) => policyVersion),
        ...eventColumns(leaves.map(({ intent, events }) => ({ id: intent.id, texts: eventTexts(events) }))),
      ],
    })
    const recorded = new Set(rows.map(({ id }) => id))
    return intents.map(({ id }) => recorded.has(id))
  })
}

/**
 * True for each certificate that was recorded, with its challenge consumed and its transactions finished. Of two who
 * signed the same intent at the same instant the first is recorded: a signature is another one each time, and only the
 * one that is stored may leave.
 */
export function recordLeafTogether(database: Database): (recording: Recording) => Promise<boolean> {
  const record = sharingCommit(database, RECORD_LEAF)
  return (recording) => record({ ...recording, texts: eventTexts(recording.events) })
}

/** With its events as texts, made while others are under way. */
interface Ready extends Recording {
  texts: EventTexts
}

/** Certificate ids, and joined the texts before and after the time, of each event. */
function eventColumns(changes: { id: string; texts: EventTexts }[]): [string[], string, string] {
  if (changes.some(({ texts }) => texts.before.length === 0)) throw new Error('a change without its audit event')
  const { before, after } = joinedEventTexts(changes.map(({ texts }) => texts))
  return [changes.flatMap(({ id, texts }) => texts.before.map(() => id)), before, after]
}

const ISSUING = `
  select ${ISSUING_COLUMNS}
  from endpoint e ${ISSUING_JOINS}
  where e.id = any($1::uuid[]) and ${ISSUES}`

const RECORD_INTENT = `
  with input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::bytea[],
        $9::bytea[], $10::text[], $11::bytea[], $12::text[], $13::text[], $14::text[], $15::bytea[], $16::timestamptz[],
        $17::timestamptz[], $18::timestamptz[], $19::uuid[], $20::uuid[], $21::int[], $22::int[])
      as i(id, authority_id, group_id, endpoint_id, challenge_id, enrolment_transaction_id, serial, tbs, tbs_sha256,
        subject, subject_der, common_name, sans, key_algorithm, spki_sha256, not_before, not_after, created_at, renews_certificate_id,
        lineage_id, crl_shard, policy_version)
  ), event as (
    select * from unnest($23::uuid[], ${separated('$24')}, ${separated('$25')}) with ordinality as e(id, before_time, after_time, place)
  ), recorded as (
    insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id,
      enrolment_transaction_id, serial, tbs, tbs_sha256, subject, subject_der, common_name, sans, key_algorithm,
      spki_sha256, not_before, not_after, created_at, renews_certificate_id, lineage_id, crl_shard, policy_version)
    select i.id, 'leaf', 'intent', i.authority_id, i.group_id, i.endpoint_id, h.id, i.enrolment_transaction_id, i.serial,
      i.tbs, i.tbs_sha256, i.subject, i.subject_der, i.common_name, i.sans::jsonb, i.key_algorithm, i.spki_sha256,
      i.not_before, i.not_after, i.created_at, i.renews_certificate_id, i.lineage_id, i.crl_shard, i.policy_version
    from input i
    join challenge h on h.id = i.challenge_id and h.endpoint_id = i.endpoint_id and h.state::text = 'reserved'
      and h.reserved_spki_sha256 = i.spki_sha256
    left join certificate old on old.id = i.renews_certificate_id
    left join authority issuer on issuer.id = old.authority_id
    where i.renews_certificate_id is null
      or (old.state::text = 'issued' and old.revoked_at is null and issuer.status <> 'revoked')
    on conflict (challenge_id) do nothing
    returning id
  ), told as (
    select audit_append_all(array_agg(event.before_time order by place), array_agg(event.after_time order by place)) as seq
    from recorded join event on event.id = recorded.id
  )
  select recorded.id from recorded, told`

/**
 * A renewal finishes only while the certificate before it is not revoked; from then on that one counts down to its own
 * end, where the endpoint says so. Challenge first, then certificate: whoever finishes or abandons locks in this order, so
 * neither can half succeed.
 */
const LEAF_EXPRESSIONS = `
  leaf_input as (
    select * from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[]) as i(id, der, fingerprint_sha256, at)
  ), leaf_attempt as (
    select * from unnest($5::uuid[], $6::uuid[]) as a(certificate_id, row_id)
  ), leaf_event as (
    select * from unnest($7::uuid[], ${separated('$8')}, ${separated('$9')}) with ordinality as e(id, before_time, after_time, place)
  ), leaf_consumed as (
    update challenge set state = 'consumed', consumed_at = i.at
    from leaf_input i join certificate c on c.id = i.id left join certificate old on old.id = c.renews_certificate_id
    where c.id = any($1::uuid[]) and c.state::text = 'intent' and challenge.id = any($10::uuid[])
      and challenge.id = c.challenge_id and challenge.state::text = 'reserved'
      and challenge.reserved_spki_sha256 = c.spki_sha256
      and (c.renews_certificate_id is null or (old.id is not null and old.revoked_at is null))
    returning i.id
  ), leaf_issued as (
    update certificate set state = 'issued', der = i.der, fingerprint_sha256 = i.fingerprint_sha256, issued_at = i.at,
      tbs = null
    from leaf_consumed consumed join leaf_input i on i.id = consumed.id
    where certificate.id = i.id and certificate.state::text = 'intent'
    returning certificate.id, i.at, certificate.renews_certificate_id, certificate.endpoint_id
  ), leaf_superseded as (
    update certificate old set supersede_at = issued.at + make_interval(hours => e.supersede_after_hours)
    from leaf_issued issued join endpoint e on e.id = issued.endpoint_id and e.supersede_after_hours is not null
    where old.id = issued.renews_certificate_id
    returning old.id
  ), leaf_finished as (
    update enrolment_transaction t set state = 'issued', certificate_id = issued.id, finished_at = issued.at,
      reason = null, detail = null
    from leaf_attempt attempt join leaf_issued issued on issued.id = attempt.certificate_id
    where t.id = attempt.row_id and t.state in ('received', 'failed')
    returning t.id
  ), leaf_told as (
    select e.before_time, e.after_time, e.place from leaf_issued join leaf_event e on e.id = leaf_issued.id
  ), leaf_done as (
    select id, true as flag from leaf_issued
  )`

const RECORD_LEAF: WriteKind<Ready, boolean> = {
  name: 'leaf',
  expressions: LEAF_EXPRESSIONS,
  first: ['leaf_finished', 'leaf_superseded'],
  prepare(asked) {
    const firstOf = new Map(asked.toReversed().map((recording) => [recording.intent.id, recording]))
    const recordings = [...firstOf.values()]
    const attempts = recordings.flatMap(({ intent, enrolmentTransactionIds }) =>
      enrolmentTransactionIds.map((rowId) => ({ certificateId: intent.id, rowId })),
    )
    return {
      values: [
        recordings.map(({ intent }) => intent.id),
        recordings.map(({ der }) => der),
        recordings.map(({ fingerprintSha256 }) => fingerprintSha256),
        recordings.map(({ at }) => at),
        attempts.map(({ certificateId }) => certificateId),
        attempts.map(({ rowId }) => rowId),
        ...eventColumns(recordings.map(({ intent, texts }) => ({ id: intent.id, texts }))),
        recordings.map(({ intent }) => intent.challengeId),
      ],
      results: (done) => asked.map((each) => firstOf.get(each.intent.id) === each && done.has(each.intent.id)),
    }
  },
}
