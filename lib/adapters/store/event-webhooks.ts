/** Event webhooks and their outbox in Postgres. */
import { parseEvent } from '@/lib/services/audit-events'
import type {
  DueDelivery,
  EventDeliveryView,
  EventWebhookStore,
  EventWebhookView,
} from '@/lib/services/event-webhook-types'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { guarded } from './outage'

type Queue = Parameters<EventWebhookStore['queue']>

const MAX_ERROR = 500

export function eventWebhookStore(database: Database): EventWebhookStore {
  return guarded<EventWebhookStore>({
    list: () =>
      database.$queryRaw<EventWebhookView[]>`
        select w.id, w.name, w.url, w.events, w.allowed_hosts as "allowedHosts", w.created_by as "createdBy", w.created_at as "createdAt",
          w.paused_at as "pausedAt", w.previous_secret_until as "previousSecretUntil",
          (select count(*) from event_delivery d where d.webhook_id = w.id and d.delivered_at is null and d.given_up_at is null)::int as waiting,
          (select count(*) from event_delivery d where d.webhook_id = w.id and d.given_up_at is not null and d.seq is not null)::int as "givenUp",
          (select max(d.delivered_at) from event_delivery d where d.webhook_id = w.id) as "lastDeliveredAt",
          (select d.last_error from event_delivery d where d.webhook_id = w.id and d.delivered_at is null and d.seq is not null order by d.created_at desc limit 1) as "lastError"
        from event_webhook w where w.removed_at is null order by lower(w.name), w.id`,

    deliveries: (id, limit) =>
      database.$queryRaw<EventDeliveryView[]>`
        select id, event, created_at as "createdAt", attempts, next_attempt_at as "nextAttemptAt", delivered_at as "deliveredAt",
          given_up_at as "givenUpAt", status, last_error as "lastError"
        from event_delivery where webhook_id = ${id}::uuid order by created_at desc, seq desc limit ${limit}`,

    async add({ id, name, url, events: wanted, allowedHosts, secretSealed, createdBy, at }, events) {
      await transact(database, async (transaction) => {
        await transaction.$executeRaw`
          insert into event_webhook (id, name, url, events, allowed_hosts, secret_sealed, created_by, created_at, read_to)
          select ${id}::uuid, ${name}, ${url}, ${wanted}::text[], ${allowedHosts}::text[], ${bytes(secretSealed)}, ${createdBy}, ${at}, seq
          from audit_head where id = 1`
        return { result: undefined, events }
      })
    },

    update: (id, { name, url, events: wanted, allowedHosts, pausedAt }, events) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.eventWebhook.updateMany({
          where: { id, removedAt: null },
          data: {
            ...(name === undefined ? {} : { name }),
            ...(url === undefined ? {} : { url }),
            ...(wanted === undefined ? {} : { events: wanted }),
            ...(allowedHosts === undefined ? {} : { allowedHosts }),
            ...(pausedAt === undefined ? {} : { pausedAt }),
          },
        })
        return count === 1 ? { result: true, events } : { result: false, events: [] }
      }),

    replaceSecret: (id, sealed, previousUntil, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update event_webhook set previous_secret_sealed = secret_sealed, previous_secret_until = ${previousUntil}, secret_sealed = ${bytes(sealed)}
          where id = ${id}::uuid and removed_at is null`
        return count === 1 ? { result: true, events } : { result: false, events: [] }
      }),

    remove: (id, at, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update event_webhook set removed_at = ${at} where id = ${id}::uuid and removed_at is null`
        if (count === 0) return { result: false, events: [] }
        await transaction.$executeRaw`
          delete from event_delivery where webhook_id = ${id}::uuid and delivered_at is null`
        return { result: true, events }
      }),

    async queue(at, types, limit, translate) {
      const webhooks = await database.$queryRaw<{ id: string }[]>`
        select w.id from event_webhook w, audit_head h
        where w.removed_at is null and w.paused_at is null and h.id = 1 and w.read_to < h.seq order by w.id`
      let read = 0
      for (const { id } of webhooks)
        read += await transact(database, async (transaction) => ({
          result: await readOn(transaction, id, { at, types, limit, translate }),
          events: [],
        }))
      return read
    },

    async claimDue(at, limit, claimSeconds, except) {
      const until = new Date(at.getTime() + claimSeconds * 1_000)
      const rows = await database.$queryRaw<DueRow[]>`
        with due as (
          select those.id from event_webhook w cross join lateral (
            select d.id from event_delivery d
            where d.webhook_id = w.id and d.delivered_at is null and d.given_up_at is null and d.next_attempt_at <= ${at}
              and (d.claimed_until is null or d.claimed_until <= ${at})
            order by d.next_attempt_at, d.seq limit ${limit} for update skip locked
          ) those
          where w.paused_at is null and w.removed_at is null and w.id <> all(${[...except]}::uuid[])
        ), claimed as (
          update event_delivery d set claimed_until = ${until}, attempts = d.attempts + 1 from due where d.id = due.id returning d.*
        )
        select c.id, c.event, c.body, c.attempts, w.id as webhook_id, w.name, w.url, w.allowed_hosts, w.secret_sealed,
          w.previous_secret_sealed, w.previous_secret_until
        from claimed c join event_webhook w on w.id = c.webhook_id order by c.seq`
      return rows.map(dueOf)
    },

    async delivered(id, status, at) {
      await database.$executeRaw`
        update event_delivery set delivered_at = ${at}, status = ${status}, claimed_until = null, last_error = null where id = ${id}::uuid`
    },

    async failed(id, { error, status, at, retryAt }, events) {
      await transact(database, async (transaction) => {
        await transaction.$executeRaw`
          update event_delivery set claimed_until = null, last_error = ${error.slice(0, MAX_ERROR)}, status = ${status}::int,
            next_attempt_at = coalesce(${retryAt}::timestamptz, next_attempt_at), given_up_at = case when ${retryAt === null} then ${at}::timestamptz end
          where id = ${id}::uuid and delivered_at is null`
        return { result: undefined, events }
      })
    },

    target: (id) =>
      database.eventWebhook.findFirst({
        where: { id, removedAt: null },
        select: {
          id: true,
          name: true,
          url: true,
          allowedHosts: true,
          secretSealed: true,
          previousSecretSealed: true,
          previousSecretUntil: true,
        },
      }),

    async noteTest(id, { deliveryId, body, status, error, at }, event) {
      await transact(database, async (transaction) => {
        await transaction.eventDelivery.create({
          data: {
            id: deliveryId,
            webhookId: id,
            seq: null,
            event: body.type,
            body: { ...body },
            createdAt: at,
            attempts: 1,
            nextAttemptAt: at,
            deliveredAt: error === null ? at : null,
            givenUpAt: error === null ? null : at,
            status,
            lastError: error?.slice(0, MAX_ERROR) ?? null,
          },
        })
        return { result: undefined, events: [event] }
      })
    },

    async forget(before, limit) {
      return database.$executeRaw`
        delete from event_delivery where id in (
          select id from event_delivery where coalesce(delivered_at, given_up_at) < ${before} limit ${limit})`
    },
  })
}

/** Rows of the trail commit in the order of their numbers: none comes later below one that was read. */
async function readOn(
  transaction: Transaction,
  id: string,
  { at, types, limit, translate }: { at: Date; types: Queue[1]; limit: number; translate: Queue[3] },
): Promise<number> {
  const [webhook] = await transaction.$queryRaw<{ events: string[]; read_to: bigint }[]>`
    select events, read_to from event_webhook where id = ${id}::uuid and removed_at is null and paused_at is null for update skip locked`
  if (webhook === undefined) return 0
  const [head] = await transaction.$queryRaw<{ seq: bigint }[]>`select seq from audit_head where id = 1`
  const rows = await transaction.$queryRaw<{ seq: bigint; payload: Uint8Array }[]>`
    select seq, payload from audit_event where seq > ${webhook.read_to} and seq <= ${head?.seq ?? 0n} and type = any(${[...types]}::text[])
    order by seq limit ${limit}`
  const told = rows.flatMap(({ seq, payload }) => {
    const body = translate(parseEvent(payload))
    return body !== null && webhook.events.includes(body.type) ? [{ seq: seq.toString(), event: body.type, body }] : []
  })
  await transaction.$executeRaw`
    insert into event_delivery (id, webhook_id, seq, event, body, created_at, next_attempt_at)
    select gen_random_uuid(), ${id}::uuid, r.seq, r.event, r.body, ${at}, ${at}
    from jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as r(seq bigint, event text, body jsonb)
    on conflict (webhook_id, seq) do nothing`
  const readTo = rows.length < limit ? head?.seq : rows.at(-1)?.seq
  await transaction.$executeRaw`update event_webhook set read_to = ${readTo ?? webhook.read_to} where id = ${id}::uuid`
  return rows.length
}

interface DueRow {
  id: string
  event: string
  body: DueDelivery['body']
  attempts: number
  webhook_id: string
  name: string
  url: string
  allowed_hosts: string[]
  secret_sealed: Uint8Array
  previous_secret_sealed: Uint8Array | null
  previous_secret_until: Date | null
}

function dueOf(row: DueRow): DueDelivery {
  return {
    id: row.id,
    event: row.event,
    body: row.body,
    attempts: row.attempts - 1,
    webhook: {
      id: row.webhook_id,
      name: row.name,
      url: row.url,
      allowedHosts: row.allowed_hosts,
      secretSealed: row.secret_sealed,
      previousSecretSealed: row.previous_secret_sealed,
      previousSecretUntil: row.previous_secret_until,
    },
  }
}
