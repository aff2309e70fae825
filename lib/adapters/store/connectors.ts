/** Validators and receivers in Postgres, as administrators see and change them. */
import type { ConnectorStore, ReceiverView, ValidatorUpdate, ValidatorView } from '@/lib/services/connectors'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'
import { VALIDATOR, validatorOf } from './validator-rows'

const VALIDATOR_VIEW = {
  ...VALIDATOR,
  nextSecretSealed: true,
  createdBy: true,
  createdAt: true,
  openUntil: true,
  lastSuccessAt: true,
  lastFailureAt: true,
  lastError: true,
  endpoints: { select: { slug: true, name: true }, orderBy: { slug: 'asc' } },
} as const satisfies Prisma.ValidatorSelect

const RECEIVER_VIEW = {
  id: true,
  name: true,
  renewBySubject: true,
  previousSecretUntil: true,
  disabledAt: true,
  createdBy: true,
  createdAt: true,
  lastUsedAt: true,
  endpoint: { select: { slug: true, name: true } },
} as const

export function connectorStore(database: Database): ConnectorStore {
  return guarded<ConnectorStore>({
    async validators(id) {
      const rows = await database.validator.findMany({
        where: { kind: 'webhook', ...(id === undefined ? {} : { id }) },
        select: VALIDATOR_VIEW,
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
      })
      const counts = await outboxes(database, id)
      return rows.map((row) => validatorView(row, counts.get(row.id)))
    },

    async deciders() {
      const rows = await database.validator.findMany({
        select: { id: true, name: true, kind: true },
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
      })
      return rows.map(({ id, name, kind }) => ({ id, name, kind: kind === 'intune' ? 'intune' : 'webhook' }))
    },

    async addValidator({ secretSealed, authorizationSealed, ...validator }, events) {
      await transact(database, async (transaction) => {
        await transaction.validator.create({
          data: {
            ...validator,
            secretSealed: bytes(secretSealed),
            authorizationSealed: authorizationSealed === null ? null : bytes(authorizationSealed),
          },
          select: { id: true },
        })
        return { result: undefined, events }
      })
    },

    updateValidator: (id, change, events) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.validator.updateMany({
          where: { id, kind: 'webhook' },
          data: columns(change),
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    activateSecret: (id, events) =>
      transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update validator set secret_sealed = next_secret_sealed, next_secret_sealed = null, updated_at = now()
          where id = ${id}::uuid and next_secret_sealed is not null`
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    async receivers(id) {
      const rows = await database.receiver.findMany({
        ...(id === undefined ? {} : { where: { id } }),
        select: RECEIVER_VIEW,
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
      })
      return rows.map(receiverView)
    },

    addReceiver: ({ endpoint, secretSealed, ...receiver }, events) =>
      transact(database, async (transaction) => {
        const found = await transaction.endpoint.findUnique({ where: { slug: endpoint }, select: { id: true } })
        if (found === null) return { result: false, events: [] }
        await transaction.receiver.create({
          data: { ...receiver, endpointId: found.id, secretSealed: bytes(secretSealed) },
          select: { id: true },
        })
        return { result: true, events }
      }),

    updateReceiver: (id, { enabled, name, renewBySubject }, events) =>
      transact(database, async (transaction) => {
        const { count } = await transaction.receiver.updateMany({
          where: { id },
          data: {
            ...(name === undefined ? {} : { name }),
            ...(renewBySubject === undefined ? {} : { renewBySubject }),
            ...disabling(enabled),
          },
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      }),

    replaceReceiverSecret: (id, sealed, graceHours, events) =>
      transact(database, async (transaction) => {
        const count = await replaceSecret(transaction, id, sealed, graceHours)
        return { result: count === 1, events: count === 1 ? events : [] }
      }),
  })
}

function replaceSecret(transaction: Transaction, id: string, sealed: Uint8Array, graceHours: number): Promise<number> {
  return transaction.$executeRaw`
    update receiver set previous_secret_sealed = secret_sealed, previous_secret_until = now() + make_interval(hours => ${graceHours}::int),
      secret_sealed = ${bytes(sealed)}
    where id = ${id}::uuid`
}

function columns({ enabled, authorizationSealed, nextSecretSealed, ...settings }: ValidatorUpdate) {
  return {
    ...settings,
    ...(authorizationSealed === undefined
      ? {}
      : { authorizationSealed: authorizationSealed === null ? null : bytes(authorizationSealed) }),
    ...(nextSecretSealed === undefined ? {} : { nextSecretSealed: bytes(nextSecretSealed) }),
    ...disabling(enabled),
    updatedAt: new Date(),
  }
}

function disabling(enabled: boolean | undefined): { disabledAt?: Date | null } {
  return enabled === undefined ? {} : { disabledAt: enabled ? null : new Date() }
}

async function outboxes(database: Database, id: string | undefined) {
  const rows = await database.$queryRaw<{ id: string; waiting: number; delivered: number; givenUp: number }[]>`
    select validator_id as id, count(*) filter (where delivered_at is null and given_up_at is null)::int as waiting,
      count(*) filter (where delivered_at is not null)::int as delivered, count(*) filter (where given_up_at is not null)::int as "givenUp"
    from notification where ${id === undefined ? Prisma.sql`true` : Prisma.sql`validator_id = ${id}::uuid`} group by validator_id`
  return new Map(rows.map(({ id: validatorId, ...counts }) => [validatorId, counts]))
}

function validatorView(
  row: Prisma.ValidatorGetPayload<{ select: typeof VALIDATOR_VIEW }>,
  counts: ValidatorView['notifications'] = { waiting: 0, delivered: 0, givenUp: 0 },
): ValidatorView {
  const { disabled, secretSealed: _, authorizationSealed: __, failures, ...validator } = validatorOf(row)
  const { openUntil, lastSuccessAt, lastFailureAt, lastError } = row
  return {
    ...validator,
    nextSecretWaits: row.nextSecretSealed !== null,
    endpoints: row.endpoints,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
    enabled: !disabled,
    health: {
      circuit: openUntil === null ? 'closed' : 'open',
      failures,
      openUntil,
      lastSuccessAt,
      lastFailureAt,
      lastError,
    },
    notifications: counts,
  }
}

function receiverView(row: Prisma.ReceiverGetPayload<{ select: typeof RECEIVER_VIEW }>): Omit<ReceiverView, 'url'> {
  const { disabledAt, previousSecretUntil, ...rest } = row
  const past = previousSecretUntil === null || previousSecretUntil <= new Date()
  return { ...rest, previousSecretUntil: past ? null : previousSecretUntil, enabled: disabledAt === null }
}
