/** Second keys for consumed challenges: raised once for each, with the revocation that an endpoint may ask for. */
import type { AlarmStore, AlarmView } from '@/lib/services/challenge-alarms'
import type { RevokedAtOnce, SecondKey } from '@/lib/services/challenge-presentation'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { decodeCursor, encodeCursor } from './keyset'
import { guarded } from './outage'
import { inReach } from './reach'

/** The unique index over challenge and key decides who raises it. Null when it was raised before. */
export async function raiseAlarm(
  transaction: Transaction,
  second: Omit<SecondKey, 'row'>,
): Promise<RevokedAtOnce[] | null> {
  const raised = await transaction.$executeRaw`
    insert into challenge_alarm (id, challenge_id, spki_sha256, subject, source_ip, enrolment_transaction_id)
    values (gen_random_uuid(), ${second.challengeId}::uuid, ${bytes(second.spkiSha256)}, ${second.subject}, ${second.sourceIp}, ${second.transactionRowId}::uuid)
    on conflict (challenge_id, spki_sha256) do nothing`
  if (raised === 0) return null
  return second.revoke === null ? [] : revokeLineage(transaction, second.challengeId, second.revoke)
}

/** The certificate of the challenge and those later in its line: all of them are in the hands of whoever was first. */
async function revokeLineage(
  transaction: Transaction,
  challengeId: string,
  { reason, by, comment }: NonNullable<SecondKey['revoke']>,
): Promise<RevokedAtOnce[]> {
  const revoked = await transaction.$queryRaw<(RevokedAtOnce & { authority_id: string })[]>`
    update certificate c set revoked_at = now(), revocation_reason = ${reason}::"RevocationReason", revoked_by = ${by}, revocation_comment = ${comment}
    from certificate first
    where first.challenge_id = ${challengeId}::uuid
      and (c.id = first.id or (c.lineage_id = coalesce(first.lineage_id, first.id) and c.created_at > first.created_at))
      and c.state = 'issued' and (c.revoked_at is null or c.revocation_reason = 'certificateHold')
    returning c.id, c.serial, c.subject, c.authority_id`
  const authorities = [...new Set(revoked.map(({ authority_id }) => authority_id))]
  // It always moves, even within one millisecond: a CRL under construction must not take it for the one it knows.
  await transaction.$executeRaw`
    update authority set crl_due_since = greatest(now(), crl_due_since + interval '1 millisecond') where id = any(${authorities}::uuid[])`
  return revoked.map(({ id, serial, subject }) => ({ id, serial, subject }))
}

export function alarmStore(database: Database): AlarmStore {
  const read = async (condition: Prisma.Sql, limit: number): Promise<AlarmView[]> => {
    const rows = await database.$queryRaw<AlarmRow[]>`
      select a.id, a.challenge_id, a.subject as second_subject, a.source_ip, a.created_at, a.dismissed_at, a.dismissed_by, c.subject,
        e.slug, e.name, x.id as certificate_id, x.serial, x.revoked_at
      from challenge_alarm a
      join challenge c on c.id = a.challenge_id
      join endpoint e on e.id = c.endpoint_id
      join "group" g on g.id = e.group_id
      left join certificate x on x.challenge_id = c.id and x.state = 'issued'
      where ${condition} order by a.created_at desc, a.id desc limit ${limit}`
    return rows.map(viewOf)
  }
  return guarded<AlarmStore>({
    async list({ open, endpoint, groups }, { cursor, limit }) {
      const after = decodeCursor(cursor)
      const conditions = [
        ofGroups(groups),
        ...(open === undefined ? [] : [Prisma.sql`${isOpen} = ${open}`]),
        ...(endpoint === undefined ? [] : [Prisma.sql`e.slug = ${endpoint}`]),
        ...(after === null ? [] : [Prisma.sql`(a.created_at, a.id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
      ]
      const found = await read(Prisma.join(conditions, ' and '), limit + 1)
      const last = found.length > limit ? found[limit - 1] : undefined
      return {
        items: found.slice(0, limit),
        nextCursor: last === undefined ? null : encodeCursor({ at: last.createdAt, id: last.id }),
      }
    },

    get: async (id, { groups }) => (await read(Prisma.sql`a.id = ${id}::uuid and ${ofGroups(groups)}`, 1))[0] ?? null,
    open: (limit, { groups }) => read(Prisma.sql`${isOpen} and ${ofGroups(groups)}`, limit),
    ofChallenge: (challengeId, { groups }) =>
      read(Prisma.sql`a.challenge_id = ${challengeId}::uuid and ${ofGroups(groups)}`, 100),

    async dismiss(challengeId, by, dismissed) {
      return transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update challenge_alarm set dismissed_at = now(), dismissed_by = ${by} where challenge_id = ${challengeId}::uuid and dismissed_at is null`
        return { result: count > 0, events: count > 0 ? [dismissed(count)] : [] }
      })
    },
  })
}

const ofGroups = (groups: readonly string[] | undefined) => inReach(Prisma.sql`g.slug`, groups)
const isOpen = Prisma.sql`(a.dismissed_at is null and x.revoked_at is null)`

interface AlarmRow {
  id: string
  challenge_id: string
  subject: string
  second_subject: string
  source_ip: string | null
  created_at: Date
  dismissed_at: Date | null
  dismissed_by: string | null
  slug: string
  name: string
  certificate_id: string | null
  serial: string | null
  revoked_at: Date | null
}

function viewOf(row: AlarmRow): AlarmView {
  return {
    id: row.id,
    challengeId: row.challenge_id,
    subject: row.subject,
    secondSubject: row.second_subject,
    sourceIp: row.source_ip,
    createdAt: row.created_at,
    dismissedAt: row.dismissed_at,
    dismissedBy: row.dismissed_by,
    endpoint: { slug: row.slug, name: row.name },
    certificate:
      row.certificate_id === null || row.serial === null
        ? null
        : { id: row.certificate_id, serial: row.serial, revokedAt: row.revoked_at },
  }
}
