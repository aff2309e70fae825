/** The flight recorder's rows: written many at once, read for one transaction, forgotten when their time is over. */
import { ENDED_BADLY, type FlightRecord, type FlightRecordStore } from '@/lib/services/flight-recorder'
import { RETENTION_DEFAULTS, type Retention, type RetentionStore } from '@/lib/services/retention'
import { type Database, hotPool, transact } from './database'
import { joined, separated } from './event-texts'
import { guarded } from './outage'

export function flightRecordStore(database: Database): FlightRecordStore & RetentionStore {
  return guarded<FlightRecordStore & RetentionStore>({
    async add(records) {
      await hotPool(database).query({
        name: 'add-flight-records',
        text: ADD,
        values: [
          JSON.stringify(records.flatMap(questionRowOf)),
          records.map(({ id }) => id),
          records.map(({ enrolmentTransactionId }) => enrolmentTransactionId),
          records.map(({ endpointId }) => endpointId),
          records.map(({ createdAt }) => createdAt),
          records.map(({ operation }) => operation),
          records.map(({ outcome }) => outcome),
          records.map(({ client }) => client),
          records.map(({ sourceIp }) => sourceIp),
          joined(records.map(({ steps }) => JSON.stringify(steps))),
        ],
      })
    },

    async forget({ well, badly }, limit) {
      const longer = [...ENDED_BADLY]
      return database.$executeRaw`
        delete from enrolment_record where id in (
          (select id from enrolment_record where outcome = any(${longer}::text[]) and created_at < ${badly} limit ${limit})
          union all
          (select id from enrolment_record where outcome <> all(${longer}::text[]) and created_at < ${well} limit ${limit})
          limit ${limit})`
    },

    async retention() {
      const row = await database.installationValue.findUnique({ where: { name: RETENTION }, select: { value: true } })
      return row === null ? RETENTION_DEFAULTS : retentionOf(row.value)
    },

    async setRetention(retention, event) {
      await transact(database, async (transaction) => {
        const value = JSON.stringify(retention)
        await transaction.installationValue.upsert({
          where: { name: RETENTION },
          create: { name: RETENTION, value },
          update: { value },
        })
        return { result: undefined, events: [event] }
      })
    },
  })
}

const RETENTION = 'flight-recorder.retention'

/** Its steps as they are written here, or as the version before wrote them. */
interface StepsRow {
  story: string | null
  steps: unknown
}

/** Written by this store alone, which takes nothing else. */
export function recordOf<Row extends StepsRow>({ story, steps, ...row }: Row) {
  return { ...row, steps: story === null ? steps : JSON.parse(story) } as Omit<Row, keyof StepsRow | 'outcome'> &
    Pick<FlightRecord, 'outcome' | 'steps'>
}

/** The transaction learns its client from the record, unless it was told before. */
const ADD = `
  with asked as (
    insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, signer_spki_sha256, state, subject, certificate_id,
      source_ip, user_agent, client, created_at, finished_at, superseded_at)
    select id, endpoint_id, decode(transaction_id, 'hex'), message_type, decode(signer_spki_sha256, 'hex'), 'answered', subject,
      certificate_id, source_ip, user_agent, client, created_at, created_at, created_at
    from jsonb_to_recordset($1::jsonb) as q(id uuid, endpoint_id uuid, transaction_id text, message_type int, signer_spki_sha256 text,
      subject text, certificate_id uuid, source_ip text, user_agent text, client text, created_at timestamptz)
  ), added as (
    insert into enrolment_record (id, enrolment_transaction_id, endpoint_id, created_at, operation, outcome, client, source_ip, story)
    select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[],
      ${separated('$10')})
    returning enrolment_transaction_id, client
  )
  update enrolment_transaction t set client = added.client from added
  where t.id = added.enrolment_transaction_id and added.client is not null and t.client is null`

/** A question is never met again by its transactionID: its row is superseded from the start. */
function questionRowOf({
  question,
  enrolmentTransactionId: id,
  endpointId,
  createdAt,
  client,
  sourceIp,
}: FlightRecord) {
  if (question === null) return []
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const row = {
    id,
    endpoint_id: endpointId,
    transaction_id: hex(question.transactionId),
    message_type: question.messageType,
    signer_spki_sha256: hex(question.signerSpkiSha256),
    subject: question.subject,
    certificate_id: question.certificateId,
    source_ip: sourceIp,
    user_agent: question.userAgent,
    client,
    created_at: createdAt,
  }
  return [row]
}

/** Written by setRetention alone; a number that a later version left out is the usual one. */
function retentionOf(value: string): Retention {
  const { issuedDays, failedDays } = JSON.parse(value) as Partial<Retention>
  return {
    issuedDays: issuedDays ?? RETENTION_DEFAULTS.issuedDays,
    failedDays: failedDays ?? RETENTION_DEFAULTS.failedDays,
  }
}
