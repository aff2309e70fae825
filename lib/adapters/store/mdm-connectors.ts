/** Connectors to MDMs in Postgres: as they are used, as administrators change them, and what was said with them. */
import type { Json } from '@/lib/services/audit'
import type { CallStore, CallView } from '@/lib/services/mdm-connector-calls'
import type { MdmConnector, MdmConnectorRows, MdmKind } from '@/lib/services/mdm-connector-types'
import type { ConnectorUpkeepStore } from '@/lib/services/mdm-connector-upkeep'
import type { MdmConnectorRecord, MdmConnectorStore } from '@/lib/services/mdm-connector-views'
import { bytes } from './certificate-rows'
import { type Database, transact } from './database'
import { Prisma } from './generated/client'
import { decodeCursor, encodeCursor } from './keyset'
import { guarded } from './outage'

const USED = {
  id: true,
  kind: true,
  name: true,
  slug: true,
  settings: true,
  credentialSealed: true,
  credentialExpiresAt: true,
  hookSecretSealed: true,
  previousHookSecretSealed: true,
  previousHookSecretUntil: true,
  state: true,
  disabledAt: true,
} as const satisfies Prisma.ConnectorSelect

const RECORD = {
  ...USED,
  failures: true,
  lastSuccessAt: true,
  lastFailureAt: true,
  lastError: true,
  lastHeardAt: true,
  createdBy: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Prisma.ConnectorSelect

/** The light is written this often at most while all is well: a row for each call would be locked by all of them. */
const LIGHT_SECONDS = 5

export function mdmConnectorRows(database: Database): MdmConnectorRows {
  return guarded<MdmConnectorRows>({
    async connector(id) {
      const row = await database.connector.findUnique({ where: { id }, select: USED })
      return row === null ? null : connectorOf(row)
    },

    async connectorBySlug(slug) {
      const row = await database.connector.findUnique({ where: { slug }, select: USED })
      return row === null ? null : connectorOf(row)
    },

    async connectorsOf(kind) {
      const where = { kind, disabledAt: null }
      const rows = await database.connector.findMany({ where, select: USED, orderBy: { createdAt: 'asc' } })
      return rows.map(connectorOf)
    },

    async learn(id, state) {
      const gone = Object.keys(state).filter((key) => state[key] === null)
      await database.$executeRaw`
        update connector set state = (state || ${JSON.stringify(state)}::jsonb) - ${gone}::text[] where id = ${id}::uuid`
    },
  })
}

export function mdmConnectorStore(database: Database): MdmConnectorStore {
  return guarded<MdmConnectorStore>({
    async list() {
      const rows = await database.connector.findMany({ select: RECORD, orderBy: [{ name: 'asc' }, { id: 'asc' }] })
      return rows.map(recordOf)
    },

    async bySlug(slug) {
      const row = await database.connector.findUnique({ where: { slug }, select: RECORD })
      return row === null ? null : recordOf(row)
    },

    add: (row, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          insert into connector (id, kind, name, slug, settings, credential_sealed, credential_expires_at, hook_secret_sealed, created_by)
          values (${row.id}::uuid, ${row.kind}, ${row.name}, ${row.slug}, ${JSON.stringify(row.settings)}::jsonb, ${sealed(row.credentialSealed)},
            ${row.credentialExpiresAt}::timestamptz, ${sealed(row.hookSecretSealed)}, ${row.createdBy})
          on conflict (slug) do nothing`
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    change: (before, { name, settings, credentialSealed, credentialExpiresAt, enabled }, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update connector set name = ${name}, settings = ${JSON.stringify(settings)}::jsonb,
            credential_sealed = ${credentialSealed === undefined ? Prisma.sql`credential_sealed` : sealed(credentialSealed)},
            credential_expires_at = ${credentialExpiresAt}::timestamptz, updated_at = now(),
            failures = ${credentialSealed === undefined ? Prisma.sql`failures` : Prisma.sql`0`},
            disabled_at = (case when ${enabled} then null else coalesce(disabled_at, now()) end)
          where id = ${before.id}::uuid and name = ${before.name} and settings = ${JSON.stringify(before.settings)}::jsonb
            and (disabled_at is not null) = ${before.disabled} and credential_expires_at is not distinct from ${before.credentialExpiresAt}::timestamptz
            and credential_sealed is not distinct from ${sealed(before.credentialSealed)}`
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    replaceHookSecret: (id, secret, graceHours, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update connector set previous_hook_secret_sealed = hook_secret_sealed,
            previous_hook_secret_until = (case when hook_secret_sealed is null then null else now() + make_interval(hours => ${graceHours}::int) end),
            hook_secret_sealed = ${bytes(secret)}, updated_at = now()
          where id = ${id}::uuid`
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    async calls(connectorId, { outcome, operation }, { cursor, limit }) {
      const after = decodeCursor(cursor)
      const rows = await database.connectorCall.findMany({
        where: {
          connectorId,
          ...(outcome === undefined ? {} : { outcome }),
          ...(operation === undefined ? {} : { operation }),
          ...(after === null ? {} : { OR: [{ at: { lt: after.at } }, { at: after.at, id: { gt: after.id } }] }),
        },
        orderBy: [{ at: 'desc' }, { id: 'asc' }],
        take: limit + 1,
      })
      const items = rows.slice(0, limit).map(callOf)
      const last = items.at(-1)
      return { items, nextCursor: rows.length > limit && last ? encodeCursor(last) : null }
    },

    async operations(connectorId) {
      const rows = await database.connectorCall.findMany({
        where: { connectorId },
        distinct: ['operation'],
        select: { operation: true },
        orderBy: { operation: 'asc' },
      })
      return rows.map(({ operation }) => operation)
    },
  })
}

export function connectorCallStore(database: Database): CallStore {
  return {
    async add(call, { failures, success, heard }) {
      await database.$executeRaw`
        with noted as (
          insert into connector_call (id, connector_id, direction, operation, target, status, outcome, code, detail, milliseconds, attempt,
            correlation_id, enrolment_transaction_id)
          values (${call.id}::uuid, ${call.connectorId}::uuid, ${call.direction}, ${call.operation}, ${call.target}, ${call.status}::int,
            ${call.outcome}, ${call.code}, ${call.detail}, ${call.milliseconds}::int, ${call.attempt}::int, ${call.correlationId},
            ${call.enrolmentTransactionId}::uuid)
        )
        update connector set
          failures = (case ${failures} when 'reset' then 0 when 'more' then failures + 1 else failures end),
          last_success_at = (case when ${success} then now() else last_success_at end),
          last_failure_at = (case when ${failures} = 'more' then now() else last_failure_at end),
          last_error = (case when ${failures} = 'more' then ${errorOf(call)} else last_error end),
          last_heard_at = (case when ${heard} then now() else last_heard_at end)
        where id = ${call.connectorId}::uuid and (${failures} = 'more' or (${failures} = 'reset' and failures > 0)
          or (${success} and (last_success_at is null or last_success_at < now() - make_interval(secs => ${LIGHT_SECONDS}::int)))
          or (${heard} and (last_heard_at is null or last_heard_at < now() - make_interval(secs => ${LIGHT_SECONDS}::int))))`
    },
  }
}

export function connectorUpkeepStore(database: Database): ConnectorUpkeepStore {
  return guarded<ConnectorUpkeepStore>({
    forgetCalls: (before, most) => database.$executeRaw`
      delete from connector_call where id in (select id from connector_call where at < ${before}::timestamptz order by at limit ${most}::int)`,

    async forgetMessages(before) {
      return (await database.hookMessage.deleteMany({ where: { claimedAt: { lt: before } } })).count
    },

    warnOfExpiry: (before, eventOf) =>
      transact(database, async (transaction) => {
        const due = await transaction.$queryRaw<{ id: string; name: string; kind: string; expiresAt: Date }[]>`
          update connector set credential_warned_for = credential_expires_at
          where disabled_at is null and credential_expires_at <= ${before}::timestamptz
            and credential_warned_for is distinct from credential_expires_at
          returning id, name, kind, credential_expires_at as "expiresAt"`
        return { result: due.length, events: due.map(eventOf) }
      }),
  })
}

/** Whether a stored state of bytes or null is the same is asked by the statements: both forms have a type there. */
function sealed(value: Uint8Array | null): Prisma.Sql {
  return value === null ? Prisma.sql`null::bytea` : Prisma.sql`${bytes(value)}`
}

function errorOf({
  code,
  detail,
  status,
}: {
  code: string | null
  detail: string | null
  status: number | null
}): string {
  return [code ?? (status === null ? null : `HTTP ${status}`), detail]
    .filter((part) => part !== null)
    .join(': ')
    .slice(0, 500)
}

/** Check constraints hold the texts to the words of MdmKind. */
function connectorOf(row: Prisma.ConnectorGetPayload<{ select: typeof USED }>): MdmConnector {
  const { kind, settings, state, disabledAt, ...rest } = row
  return {
    ...rest,
    kind: kind as MdmKind,
    settings: settings as Json,
    state: state as Json,
    disabled: disabledAt !== null,
  }
}

function recordOf(row: Prisma.ConnectorGetPayload<{ select: typeof RECORD }>): MdmConnectorRecord {
  const { failures, lastSuccessAt, lastFailureAt, lastError, lastHeardAt, createdBy, createdAt, updatedAt, ...used } =
    row
  const health = { failures, lastSuccessAt, lastFailureAt, lastError, lastHeardAt }
  return { ...connectorOf(used), health, createdBy, createdAt, updatedAt }
}

function callOf(row: Prisma.ConnectorCallGetPayload<object>): CallView {
  return {
    ...row,
    direction: row.direction as CallView['direction'],
    outcome: row.outcome as CallView['outcome'],
  }
}
