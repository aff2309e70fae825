/** Minters, the keys that endpoints publish for them, and the challenges they sign. */
import type { SanType } from '@/lib/services/challenges'
import { type MinterKey, shownKey } from '@/lib/services/minter-keys'
import type { MinterStore, MinterView } from '@/lib/services/minters'
import type { SignedStore } from '@/lib/services/signed-challenges'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import type { Prisma } from './generated/client'
import { guarded } from './outage'

const MINTER = {
  id: true,
  name: true,
  issuer: true,
  jwks: true,
  jwksUrl: true,
  subjectTemplate: true,
  sanTypes: true,
  maxTtlMinutes: true,
  perHour: true,
  createdBy: true,
  createdAt: true,
  disabledAt: true,
  endpoints: {
    select: { endpoint: { select: { id: true, slug: true, name: true } } },
    orderBy: { endpoint: { slug: 'asc' } },
  },
} as const satisfies Prisma.MinterSelect

export function minterStore(database: Database): MinterStore {
  return guarded<MinterStore>({
    async list() {
      const rows = await database.minter.findMany({ select: MINTER, orderBy: { createdAt: 'asc' }, take: 500 })
      return Promise.all(rows.map(async (row) => viewOf(row, await lastUse(database, row.id))))
    },

    async get(id) {
      const row = await database.minter.findUnique({ where: { id }, select: MINTER })
      return row === null ? null : viewOf(row, await lastUse(database, id))
    },

    async add({ keys, endpointIds, ...minter }, created) {
      return transact(database, async (transaction) => {
        const added = await transaction.$executeRaw`
          insert into minter (id, name, issuer, jwks, jwks_url, subject_template, san_types, max_ttl_minutes, per_hour, created_by)
          values (${minter.id}::uuid, ${minter.name}, ${minter.issuer}, ${JSON.stringify({ keys })}::jsonb, ${minter.jwksUrl},
            ${minter.subjectTemplate}, ${minter.sanTypes}::text[], ${minter.maxTtlMinutes}, ${minter.perHour}, ${minter.createdBy})
          on conflict (issuer) do nothing`
        if (added === 0) return { result: false, events: [] }
        await setEndpoints(transaction, minter.id, endpointIds)
        return { result: true, events: [created] }
      })
    },

    async change(id, { keys, endpointIds, ...change }, updated) {
      await transact(database, async (transaction) => {
        const jwks = keys === undefined ? {} : { jwks: { keys: keys.map((key) => ({ ...key })) } }
        await transaction.minter.update({
          where: { id },
          data: { ...change, ...jwks, updatedAt: new Date() },
          select: { id: true },
        })
        if (endpointIds !== undefined) await setEndpoints(transaction, id, endpointIds)
        return { result: undefined, events: [updated] }
      })
    },

    async setEnabled(id, enabled, event) {
      return transact(database, async (transaction) => {
        const count = await transaction.$executeRaw`
          update minter set disabled_at = (case when ${enabled} then null else now() end), updated_at = now()
          where id = ${id}::uuid and (disabled_at is null) <> ${enabled}`
        return { result: count === 1, events: count === 1 ? [event] : [] }
      })
    },

    async endpoint(slug) {
      const select = { id: true, slug: true, encryptionKeyId: true, rsaEncryptionKeyId: true } as const
      return database.endpoint.findUnique({ where: { slug }, select })
    },

    async giveKey(endpointId, kind, keyId, generated) {
      await transact(database, async (transaction) => {
        const { count } = await transaction.endpoint.updateMany({
          where: { id: endpointId, [kind]: null },
          data: { [kind]: keyId },
        })
        return { result: undefined, events: count === 1 ? [generated] : [] }
      })
    },
  })
}

export function signedStore(database: Database): SignedStore {
  return guarded<SignedStore>({
    async acceptingEndpoint(id) {
      return database.endpoint.findUnique({
        where: { id },
        select: { encryptionKeyId: true, rsaEncryptionKeyId: true, profile: { select: { extendedKeyUsage: true } } },
      })
    },

    async minterOf(issuer) {
      const row = await database.minter.findUnique({ where: { issuer }, select: MINTER })
      if (row === null) return null
      const { disabledAt, endpoints, jwks, ...minter } = row
      return {
        ...minter,
        sanTypes: minter.sanTypes as SanType[],
        enabled: disabledAt === null,
        keys: keysOf(jwks),
        endpointIds: endpoints.map(({ endpoint }) => endpoint.id),
      }
    },

    async tokenOf(handleHash) {
      const [row] = await database.$queryRaw<{ token: string | null }[]>`
        select evidence->>'tokenSha256' as token from challenge where handle_hash = ${bytes(handleHash)} and origin = 'signed'`
      return row?.token ?? null
    },

    async accept(row, accepted) {
      return transact(database, async (transaction) => {
        const evidence = { minterId: row.minter.id, minter: row.minter.name, tokenSha256: row.tokenSha256 }
        const count = await transaction.$executeRaw`
          insert into challenge (id, endpoint_id, format, handle_hash, expires_at, constraints, subject, device_name, minted_by, minted_via, minted_from,
            origin, evidence)
          select ${row.id}::uuid, e.id, 'signed', ${bytes(row.handleHash)}, ${row.expiresAt}, ${JSON.stringify(row.constraints)}::jsonb,
            ${row.subject}, ${row.deviceName}, ${row.minter.name}, 'signed', ${row.from}, 'signed', ${JSON.stringify(evidence)}::jsonb
          from endpoint e
          where e.id = ${row.endpointId}::uuid and e.enabled and e.policy = 'dynamic' and ${row.expiresAt}::timestamptz > now()
          on conflict (handle_hash) do nothing`
        return { result: count === 1, events: count === 1 ? [accepted] : [] }
      })
    },
  })
}

async function setEndpoints(transaction: Transaction, minterId: string, endpointIds: string[]): Promise<void> {
  await transaction.minterEndpoint.deleteMany({ where: { minterId, endpointId: { notIn: endpointIds } } })
  await transaction.minterEndpoint.createMany({
    data: endpointIds.map((endpointId) => ({ minterId, endpointId })),
    skipDuplicates: true,
  })
}

async function lastUse(database: Database, minterId: string): Promise<Date | null> {
  const [row] = await database.$queryRaw<{ at: Date | null }[]>`
    select max(created_at) as at from challenge where origin = 'signed' and evidence->>'minterId' = ${minterId}`
  return row?.at ?? null
}

function viewOf(row: Prisma.MinterGetPayload<{ select: typeof MINTER }>, lastUsedAt: Date | null): MinterView {
  const { jwks, endpoints, sanTypes, ...minter } = row
  return {
    ...minter,
    sanTypes: sanTypes as SanType[],
    keys: keysOf(jwks).map(shownKey),
    endpoints: endpoints.map(({ endpoint }) => endpoint),
    lastUsedAt,
  }
}

/** Written by add() and change() alone, from keys that were checked. */
function keysOf(jwks: Prisma.JsonValue): MinterKey[] {
  return (jwks as unknown as { keys: MinterKey[] }).keys
}
