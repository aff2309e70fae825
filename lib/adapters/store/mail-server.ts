/** The mail server, and the e-mails that wait for it, in Postgres. */
import type { MailServerRow, MailServerStore } from '@/lib/services/mail-server'
import type { ClaimedMail, NoticeDeliveryStore } from '@/lib/services/notice-delivery'
import { bytes } from './certificate-rows'
import { type Database, transact } from './database'
import { guarded } from './outage'

const MAX_ERROR = 500

export function mailServerStore(database: Database): MailServerStore & NoticeDeliveryStore {
  return guarded<MailServerStore & NoticeDeliveryStore>({
    async mailServer() {
      const row = await database.mailServer.findFirst({ omit: { only: true } })
      // Its check constraint knows no other security.
      return row as MailServerRow | null
    },

    async set(row, event) {
      await transact(database, async (transaction) => {
        const {
          id,
          host,
          port,
          security,
          username,
          passwordSealed,
          fromName,
          fromAddress,
          privateNetwork,
          ca,
          updatedAt,
        } = row
        const sealed = passwordSealed === null ? null : bytes(passwordSealed)
        await transaction.$executeRaw`
          insert into mail_server (id, host, port, security, username, password_sealed, from_name, from_address, private_network, ca, updated_at)
          values (${id}::uuid, ${host}, ${port}::int, ${security}, ${username}, ${sealed}::bytea, ${fromName}, ${fromAddress}, ${privateNetwork}, ${ca}, ${updatedAt})
          on conflict ("only") do update set id = excluded.id, host = excluded.host, port = excluded.port, security = excluded.security,
            username = excluded.username, password_sealed = excluded.password_sealed, from_name = excluded.from_name,
            from_address = excluded.from_address, private_network = excluded.private_network, ca = excluded.ca, updated_at = excluded.updated_at`
        await transaction.$executeRaw`
          update notice_delivery set next_attempt_at = ${updatedAt}
          where delivered_at is null and given_up_at is null and next_attempt_at > ${updatedAt}`
        return { result: undefined, events: [event] }
      })
    },

    remove: (event) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.mailServer.deleteMany({})
        return count === 0 ? { result: false, events: [] } : { result: true, events: [event] }
      }),

    async noteTest({ id, address, at, error }, event) {
      await transact(database, async (transaction) => {
        const text = error?.slice(0, MAX_ERROR) ?? null
        await transaction.$executeRaw`
          insert into notice_delivery (id, address, created_at, attempts, next_attempt_at, delivered_at, given_up_at, last_error)
          values (${id}::uuid, ${address}, ${at}, 1, ${at}, case when ${text}::text is null then ${at}::timestamptz end,
            case when ${text}::text is not null then ${at}::timestamptz end, ${text})`
        await transaction.$executeRaw`
          update mail_server set last_success_at = case when ${text}::text is null then ${at}::timestamptz else last_success_at end,
            last_failure_at = case when ${text}::text is null then last_failure_at else ${at}::timestamptz end, last_error = ${text}`
        return { result: undefined, events: [event] }
      })
    },

    async claimMail(at, limit, claimSeconds) {
      const until = new Date(at.getTime() + claimSeconds * 1_000)
      const rows = await database.$queryRaw<ClaimedRow[]>`
        with one as (
          select d.recipient_id from notice_delivery d join notice_recipient r on r.id = d.recipient_id
          where d.delivered_at is null and d.given_up_at is null and d.next_attempt_at <= ${at} and (d.claimed_until is null or d.claimed_until <= ${at})
            and r.paused_at is null and r.removed_at is null
          order by d.next_attempt_at, d.id limit 1
        ), due as (
          select d.id from notice_delivery d join one on one.recipient_id = d.recipient_id
          where d.delivered_at is null and d.given_up_at is null and d.next_attempt_at <= ${at} and (d.claimed_until is null or d.claimed_until <= ${at})
          order by d.created_at, d.id limit ${limit} for update of d skip locked
        ), claimed as (
          update notice_delivery d set claimed_until = ${until}, attempts = d.attempts + 1 from due where d.id = due.id returning d.*
        )
        select c.id, c.attempts, r.id as recipient_id, r.name, r.address, n.topic, n.severity, n.summary, n.path
        from claimed c join notice_recipient r on r.id = c.recipient_id join notice n on n.id = c.notice_id order by c.created_at, c.id`
      const [first] = rows
      if (first === undefined) return null
      return {
        recipient: { id: first.recipient_id, name: first.name, address: first.address },
        deliveries: rows.map(({ id, attempts, topic, severity, summary, path }) => ({
          id,
          attempts: attempts - 1,
          notice: { topic, severity, summary, path },
        })),
      }
    },

    async delivered(ids, at) {
      await database.$transaction([
        database.$executeRaw`
          update notice_delivery set delivered_at = ${at}, claimed_until = null, last_error = null where id = any(${[...ids]}::uuid[])`,
        database.$executeRaw`update mail_server set last_success_at = ${at}, last_error = null`,
      ])
    },

    async failed(deliveries, { error, at }, events) {
      await transact(database, async (transaction) => {
        const text = error.slice(0, MAX_ERROR)
        const rows = JSON.stringify(deliveries)
        await transaction.$executeRaw`
          update notice_delivery d set claimed_until = null, last_error = ${text}, next_attempt_at = coalesce(f."retryAt", d.next_attempt_at),
            given_up_at = case when f."retryAt" is null then ${at}::timestamptz end
          from jsonb_to_recordset(${rows}::jsonb) as f(id uuid, "retryAt" timestamptz) where d.id = f.id and d.delivered_at is null`
        await transaction.$executeRaw`update mail_server set last_failure_at = ${at}, last_error = ${text}`
        return { result: undefined, events }
      })
    },
  })
}

interface ClaimedRow {
  id: string
  attempts: number
  recipient_id: string
  name: string
  address: string
  topic: ClaimedMail['deliveries'][number]['notice']['topic']
  severity: ClaimedMail['deliveries'][number]['notice']['severity']
  summary: string
  path: string
}
