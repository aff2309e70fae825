/** Network access of groups, and what is true of a certificate that a RADIUS server asks about. */
import type { TimeWindow } from '@/lib/services/access-windows'
import type { RevocationReason } from '@/lib/services/certificates'
import type { NetworkAccess, NetworkAccessRecord, NetworkAccessStore } from '@/lib/services/network-access'
import type { AuthorisationStore } from '@/lib/services/radius-authorisation'
import type { RadiusReadinessStore } from '@/lib/services/radius-readiness'
import { readAuthorities } from './certificate-rows'
import { type Database, hotPool, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function networkAccessStore(database: Database): NetworkAccessStore {
  return guarded<NetworkAccessStore>({
    get: (slug) => read(database, slug),

    update: (slug, decide) =>
      transact(database, async (transaction) => {
        // The group's row stands for its settings, which may have none yet.
        const locked = await transaction.$queryRaw<unknown[]>`select from "group" where slug = ${slug} for update`
        const record = locked.length === 0 ? null : await read(transaction, slug)
        if (record === null) return { result: 'unknown' as const, events: [] }
        const { after, events } = decide(record)
        const data = { ...after, windows: after.windows.map((window) => ({ ...window })), updatedAt: new Date() }
        const groupId = record.group.id
        await transaction.networkAccess.upsert({
          where: { groupId },
          create: { groupId, ...data },
          update: data,
          select: { groupId: true },
        })
        return { result: 'updated' as const, events }
      }),
  })
}

async function read(database: Database | Transaction, slug: string): Promise<NetworkAccessRecord | null> {
  const row = await database.group.findUnique({
    where: { slug },
    select: { id: true, slug: true, name: true, networkAccess: { omit: { groupId: true } } },
  })
  if (row === null) return null
  const { networkAccess, ...group } = row
  if (networkAccess === null) return { group, access: null, updatedAt: null }
  const { updatedAt, windows, ...access } = networkAccess
  return { group, access: { ...access, windows: windows as unknown as TimeWindow[] }, updatedAt }
}

/** Plain pg with a named statement: a login waits for it. */
export function authorisationStore(database: Database): AuthorisationStore {
  return guarded<AuthorisationStore>({
    async issuers() {
      return database.authority.findMany({
        where: { kind: 'issuer' },
        select: { id: true, subjectDer: true, subjectKeyId: true },
      })
    },

    async subject(authorityIds, serial) {
      const { rows } = await hotPool(database).query<SubjectRow>({
        name: 'network-access-subject',
        text: SUBJECT,
        values: [[...authorityIds], serial],
      })
      const [row] = rows
      return row === undefined
        ? null
        : { ...row, access: row.enabled === null ? null : accessOf({ ...row, enabled: row.enabled }) }
    },
  })
}

const SUBJECT = `
  select c.id as "certificateId", c.subject, c.not_before as "notBefore", c.not_after as "notAfter", c.revoked_at as "revokedAt",
    c.revocation_reason as "revocationReason", i.revoked_at is not null as "issuerRevoked", a.group_id as "groupId", n.enabled, n.vlan,
    n.filter_id as "filterId", n.class, n.session_timeout_seconds as "sessionTimeoutSeconds", n.ssids, n.network_servers as "networkServers",
    n.time_zone as "timeZone", n.windows
  from certificate c
    join authority a on a.id = c.authority_id
    join certificate i on i.id = a.certificate_id
    left join network_access n on n.group_id = a.group_id
  where c.authority_id = any($1::uuid[]) and c.serial = $2 and c.kind::text = 'leaf' and c.state::text = 'issued'
  limit 1`

interface SubjectRow extends Omit<NetworkAccess, 'enabled'> {
  certificateId: string
  subject: string
  notBefore: Date
  notAfter: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  issuerRevoked: boolean
  groupId: string | null
  /** Null when the group has no settings; then the others are null too. */
  enabled: boolean | null
}

function accessOf(row: NetworkAccess): NetworkAccess {
  const { enabled, vlan, filterId, class: name, sessionTimeoutSeconds, ssids, networkServers, timeZone, windows } = row
  return { enabled, vlan, filterId, class: name, sessionTimeoutSeconds, ssids, networkServers, timeZone, windows }
}

export function radiusReadinessStore(database: Database): RadiusReadinessStore {
  return guarded<RadiusReadinessStore>({
    async radiusGroups(slugs, now) {
      const records = await Promise.all(slugs.map((slug) => read(database, slug)))
      const groups = records.filter((record) => record !== null)
      const ids = groups.map(({ group }) => group.id)
      const issuers = await readAuthorities(
        database,
        Prisma.sql`a.group_id = any(${ids}::uuid[]) and a.certificate_der is not null and a.not_after > ${now}
          and not exists (select from certificate own where own.id = a.certificate_id and own.revoked_at is not null)`,
      )
      const order = ['active', 'staged', 'retired']
      const sorted = issuers.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
      return groups.map(({ group, access }) => ({
        slug: group.slug,
        name: group.name,
        access,
        issuers: sorted.filter(({ groupId }) => groupId === group.id),
      }))
    },

    roots: () => readAuthorities(database, Prisma.sql`a.kind = 'root' and a.certificate_der is not null`),

    async newestSerial(authorityId, now) {
      // The state stands in it as the index of an authority's certificates has it.
      const [newest] = await database.$queryRaw<{ serial: string }[]>`
        select serial from certificate
        where authority_id = ${authorityId}::uuid and kind = 'leaf' and state = 'issued' and revoked_at is null
          and not_before <= ${now} and not_after > ${now}
        order by created_at desc, id desc limit 1`
      return newest?.serial ?? null
    },

    async radiusKeyUsed(now) {
      const newest = await database.apiKey.findFirst({
        where: { role: 'radius', revokedAt: null, expiresAt: { gt: now } },
        orderBy: { lastUsedAt: { sort: 'desc', nulls: 'last' } },
        select: { lastUsedAt: true },
      })
      return newest === null ? undefined : newest.lastUsedAt
    },
  })
}
