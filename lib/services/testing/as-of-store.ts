/** The past of certificates, in memory: every row is asked about every moment. Of policies there is no past here. */
import {
  type AsOfCount,
  type AsOfFilter,
  type AsOfPage,
  type AsOfRow,
  type AsOfStore,
  type CameBy,
  endedBy,
  type GoneBy,
  type GroupComparison,
  type PastLifetime,
  wasValid,
} from '@/lib/services/as-of'
import { record } from './certificate-stores'
import type { World } from './world'

type Past = AsOfRow & PastLifetime & { renewal: boolean; onHold: boolean }

export function memoryAsOfStore(world: World): AsOfStore {
  const leaves = (filter: AsOfFilter): Past[] =>
    world.certificates
      .filter(({ kind, state }) => kind === 'leaf' && state === 'issued')
      .map((row) => pastOf(world, record(world, row)))
      .filter((row) => matches(row, filter))

  return {
    async valid(at, filter, page) {
      return paged(
        leaves(filter).filter((row) => wasValid(row, at)),
        page,
      ).map(rowOf)
    },
    async counts(at, filter) {
      const counts = new Map<string, AsOfCount>()
      for (const row of leaves(filter).filter((each) => wasValid(each, at))) {
        const { group, issuer, endpoint, policyVersion } = row
        const key = JSON.stringify([group, issuer, endpoint, policyVersion])
        const certificates = (counts.get(key)?.certificates ?? 0) + 1
        counts.set(key, { group, issuer, endpoint, policyVersion, certificates })
      }
      return [...counts.values()].sort((a, b) => b.certificates - a.certificates)
    },
    async compare(from, to, filter) {
      const groups = Map.groupBy(leaves(filter), ({ group }) => group?.slug)
      return [...groups.values()]
        .map((rows) => comparisonOf(rows, from, to))
        .filter(({ before, after }) => before + after > 0)
        .sort((a, b) => (a.group?.name ?? '').localeCompare(b.group?.name ?? ''))
    },
    async changes({ from, to, side }, filter, page) {
      const rows = leaves(filter).filter((row) =>
        side === 'came' ? wasValid(row, to) && !wasValid(row, from) : wasValid(row, from) && !wasValid(row, to),
      )
      return paged(rows, page).map((row) => ({
        ...rowOf(row),
        cause: side === 'came' ? cameBy(row, from) : goneBy(row, to),
      }))
    },
    async policyChanges() {
      return []
    },
    async authorityChanges(from, to) {
      return world.authorities
        .filter(({ createdAt }) => createdAt > from && createdAt <= to)
        .map(({ slug, name, createdAt: at }) => ({ authority: { slug, name }, what: 'created' as const, at }))
    },
  }
}

function pastOf(world: World, row: ReturnType<typeof record>): Past {
  const { id, serial, subject, commonName, group, issuer, endpoint, policyVersion, issuedAt, notBefore, notAfter } = row
  return {
    ...{ id, serial, subject, commonName, group, issuer, endpoint, policyVersion, issuedAt, notBefore, notAfter },
    createdAt: row.createdAt,
    revokedAt: row.revokedAt,
    issuerRevokedAt: row.issuerRevocation?.at ?? null,
    holds: world.pastHolds.filter(({ certificateId }) => certificateId === id),
    renewal: row.renewsCertificateId !== null,
    onHold: row.revocationReason === 'certificateHold',
  }
}

function rowOf(row: Past): AsOfRow {
  const { id, serial, subject, commonName, group, issuer, endpoint, policyVersion, issuedAt, notAfter, createdAt } = row
  return { id, serial, subject, commonName, group, issuer, endpoint, policyVersion, issuedAt, notAfter, createdAt }
}

function matches({ group, issuer, endpoint }: Past, filter: AsOfFilter): boolean {
  return (
    (filter.group === undefined || group?.slug === filter.group) &&
    (filter.issuer === undefined || issuer.slug === filter.issuer) &&
    (filter.endpoint === undefined || endpoint?.slug === filter.endpoint)
  )
}

function paged<Row extends AsOfRow>(rows: Row[], { after, limit }: AsOfPage): Row[] {
  return rows
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
    .filter(
      ({ createdAt, id }) =>
        after === null ||
        createdAt < after.createdAt ||
        (createdAt.getTime() === after.createdAt.getTime() && id < after.id),
    )
    .slice(0, limit)
}

function cameBy(row: Past, from: Date): CameBy {
  if (row.issuedAt <= from && endedBy(row, from) === 'held') return 'released'
  return row.renewal ? 'renewed' : 'issued'
}

function goneBy(row: Past, to: Date): GoneBy {
  const cause = endedBy(row, to)
  if (cause === 'revoked' && row.onHold) return 'held'
  return cause ?? 'expired'
}

function comparisonOf(rows: Past[], from: Date, to: Date): GroupComparison {
  const comparison: GroupComparison = {
    group: rows[0]?.group ?? null,
    before: rows.filter((row) => wasValid(row, from)).length,
    after: rows.filter((row) => wasValid(row, to)).length,
    came: { issued: 0, renewed: 0, released: 0 },
    gone: { expired: 0, revoked: 0, held: 0, issuer_revoked: 0 },
  }
  for (const row of rows) {
    if (wasValid(row, to) && !wasValid(row, from)) comparison.came[cameBy(row, from)] += 1
    if (wasValid(row, from) && !wasValid(row, to)) comparison.gone[goneBy(row, to)] += 1
  }
  return comparison
}
