/** Network access in memory: the twin of the stores in lib/adapters/store. */
import type { NetworkAccess, NetworkAccessStore } from '@/lib/services/network-access'
import type { NetworkDecisionStore, RefusalRecord, Sighting } from '@/lib/services/network-decisions'
import type { NetworkHistoryStore, RefusalView, SightingView } from '@/lib/services/network-history'
import type { AuthorisationStore } from '@/lib/services/radius-authorisation'
import { append, type World } from './world'

export interface NetworkStores {
  access: NetworkAccessStore
  authorisation: AuthorisationStore
  decisions: NetworkDecisionStore & NetworkHistoryStore
}

export function memoryNetworkStores(world: World): NetworkStores {
  const rows = new Map<string, { access: NetworkAccess; updatedAt: Date }>()
  const sightings = new Map<string, Sighting>()
  const refusals = new Map<string, RefusalRecord>()

  const record = (slug: string) => {
    const group = world.groups.find((each) => each.slug === slug)
    if (group === undefined) return null
    const row = rows.get(group.id)
    const { id, name } = group
    return { group: { id, slug, name }, access: row?.access ?? null, updatedAt: row?.updatedAt ?? null }
  }
  const certificate = (id: string | null) => {
    const found = world.certificates.find((each) => each.id === id)
    return found ? { id: found.id, subject: found.subject, serial: found.serial } : null
  }
  const groupOf = (certificateId: string | null) =>
    world.certificates.find((each) => each.id === certificateId)?.groupId ?? null
  const newest = <T extends { lastAt: Date }>(all: Iterable<T>) =>
    [...all].sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime())

  const sightingView = ({
    certificateId,
    count,
    lastAt,
    vlan,
    ssid,
    networkServer,
    station,
  }: Sighting): SightingView => {
    const named = certificate(certificateId)
    if (named === null) throw new Error('a sighting of no certificate')
    return { certificate: named, accepted: count, lastAcceptedAt: lastAt, vlan, ssid, networkServer, station }
  }
  const refusalView = ({ id: _, certificateId, groupId: __, ...row }: RefusalRecord): RefusalView => ({
    ...row,
    certificate: certificate(certificateId),
  })

  return {
    access: {
      get: async (slug) => record(slug),
      async update(slug, decide) {
        const before = record(slug)
        if (before === null) return 'unknown'
        const { after, events } = decide(before)
        rows.set(before.group.id, { access: after, updatedAt: world.clock() })
        append(world, events)
        return 'updated'
      },
    },
    authorisation: {
      async issuers() {
        return world.authorities.filter(({ kind }) => kind === 'issuer')
      },
      async subject(authorityIds, serial) {
        const found = world.certificates.find(
          (each) =>
            authorityIds.includes(each.authorityId) &&
            each.serial === serial &&
            each.kind === 'leaf' &&
            each.state === 'issued',
        )
        const issuer = world.authorities.find(({ id }) => id === found?.authorityId)
        if (found === undefined || issuer === undefined) return null
        const own = world.certificates.find(({ id }) => id === issuer.certificateId)
        const { id: certificateId, subject, notBefore, notAfter, revokedAt, revocationReason } = found
        return {
          ...{ certificateId, subject, notBefore, notAfter, revokedAt, revocationReason },
          issuerRevoked: own?.revokedAt != null,
          groupId: issuer.groupId,
          access: rows.get(issuer.groupId ?? '')?.access ?? null,
        }
      },
    },
    decisions: {
      async add(seen, refused, keep, events) {
        for (const next of seen) {
          const known = sightings.get(next.certificateId)
          sightings.set(next.certificateId, { ...next, count: next.count + (known?.count ?? 0) })
        }
        for (const next of refused) {
          const id = Buffer.from(next.id).toString('hex')
          const known = refusals.get(id)
          refusals.set(id, {
            ...next,
            count: next.count + (known?.count ?? 0),
            firstAt: known?.firstAt ?? next.firstAt,
          })
        }
        const forgotten = newest(refusals.values()).slice(keep)
        for (const { id } of forgotten) refusals.delete(Buffer.from(id).toString('hex'))
        append(world, events)
      },
      async sightings(groupSlug, limit) {
        const group = record(groupSlug)?.group.id
        return newest(sightings.values())
          .filter(({ certificateId }) => groupOf(certificateId) === group)
          .slice(0, limit)
          .map(sightingView)
      },
      async refusals(groupSlug, limit, { groups }) {
        const group = record(groupSlug)?.group.id
        return newest(refusals.values())
          .filter(({ groupId }) => groupId === group || (groupId === null && groups === undefined))
          .slice(0, limit)
          .map(refusalView)
      },
      async ofCertificates(ids, { groups }) {
        const reached = (certificateId: string) =>
          groups === undefined || groups.some((slug) => record(slug)?.group.id === groupOf(certificateId))
        return {
          sightings: newest(sightings.values())
            .filter(({ certificateId }) => ids.includes(certificateId) && reached(certificateId))
            .map(sightingView),
          refusals: newest(refusals.values())
            .filter(
              ({ certificateId }) => certificateId !== null && ids.includes(certificateId) && reached(certificateId),
            )
            .map(refusalView),
        }
      },
    },
  }
}
