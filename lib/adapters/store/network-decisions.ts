/** What the network decided: written in batches, one row for each certificate seen and for each refusal that differs. */

import type { NetworkDecisionStore, RefusalRecord, Sighting } from '@/lib/services/network-decisions'
import type { NetworkHistoryStore, RefusalView, SightingView } from '@/lib/services/network-history'
import type { AccessFault } from '@/lib/services/radius-authorisation'
import { type Database, transact } from './database'
import { guarded } from './outage'

export function networkDecisionStore(database: Database): NetworkDecisionStore & NetworkHistoryStore {
  return guarded<NetworkDecisionStore & NetworkHistoryStore>({
    async add(sightings, refusals, keep, events) {
      await transact(database, async (transaction) => {
        if (sightings.length > 0)
          await transaction.$executeRaw`
            insert into network_sighting as s (certificate_id, accepted, first_accepted_at, last_accepted_at, vlan, ssid, network_server, station)
            select * from jsonb_to_recordset(${JSON.stringify(sightings.map(sightingRow).sort(byKey))}::jsonb) as r(key uuid, accepted bigint,
              first_at timestamptz, last_at timestamptz, vlan text, ssid text, network_server text, station text)
            on conflict (certificate_id) do update set accepted = s.accepted + excluded.accepted,
              last_accepted_at = greatest(s.last_accepted_at, excluded.last_accepted_at), vlan = excluded.vlan, ssid = excluded.ssid,
              network_server = excluded.network_server, station = excluded.station`
        if (refusals.length > 0) {
          await transaction.$executeRaw`
            insert into network_refusal as f (id, reason, group_id, certificate_id, serial, issuer, ssid, network_server, station, first_at, last_at, count)
            select decode(key, 'hex'), reason, group_id, certificate_id, serial, issuer, ssid, network_server, station, first_at, last_at, count
            from jsonb_to_recordset(${JSON.stringify(refusals.map(refusalRow).sort(byKey))}::jsonb) as r(key text, reason text, group_id uuid,
              certificate_id uuid, serial text, issuer text, ssid text, network_server text, station text, first_at timestamptz,
              last_at timestamptz, count bigint)
            on conflict (id) do update set count = f.count + excluded.count, last_at = greatest(f.last_at, excluded.last_at),
              ssid = excluded.ssid, station = excluded.station`
          await transaction.$executeRaw`
            delete from network_refusal where id in (
              select id from network_refusal order by last_at desc, id offset ${keep} for update skip locked)`
        }
        return { result: undefined, events }
      })
    },

    async sightings(groupSlug, limit) {
      // The state stands in it as the index of a group's certificates has it.
      const newest = await database.$queryRaw<{ id: string }[]>`
        select s.certificate_id as id from certificate c join network_sighting s on s.certificate_id = c.id
        where c.group_id = (select id from "group" where slug = ${groupSlug}) and c.state = 'issued'
        order by s.last_accepted_at desc, s.certificate_id limit ${limit}`
      const rows = await database.networkSighting.findMany({
        where: { certificateId: { in: newest.map(({ id }) => id) } },
        orderBy: [{ lastAcceptedAt: 'desc' }, { certificateId: 'asc' }],
        select: SIGHTING,
      })
      return rows.map(sightingView)
    },

    async refusals(groupSlug, limit, { groups }) {
      // What is nobody's certificate shows with every group: it may have been meant for this one.
      const rows = await database.networkRefusal.findMany({
        where: { OR: [{ group: { slug: groupSlug } }, ...(groups === undefined ? [{ groupId: null }] : [])] },
        orderBy: { lastAt: 'desc' },
        take: limit,
        select: REFUSAL,
      })
      return rows.map(refusalView)
    },

    async ofCertificates(certificateIds, { groups }) {
      const where = {
        certificateId: { in: [...certificateIds] },
        ...(groups === undefined ? {} : { certificate: { group: { slug: { in: [...groups] } } } }),
      }
      const [sightings, refusals] = await Promise.all([
        database.networkSighting.findMany({ where, orderBy: { lastAcceptedAt: 'desc' }, select: SIGHTING }),
        database.networkRefusal.findMany({ where, orderBy: { lastAt: 'desc' }, take: 50, select: REFUSAL }),
      ])
      return { sightings: sightings.map(sightingView), refusals: refusals.map(refusalView) }
    },
  })
}

/** Two processes that write at once lock the rows in one order. */
const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)

function sightingRow({ certificateId, count, firstAt, lastAt, networkServer, ...place }: Sighting) {
  return {
    key: certificateId,
    accepted: count,
    first_at: firstAt,
    last_at: lastAt,
    network_server: networkServer,
    ...place,
  }
}

function refusalRow({ id, groupId, certificateId, networkServer, firstAt, lastAt, ...row }: RefusalRecord) {
  return {
    key: Buffer.from(id).toString('hex'),
    group_id: groupId,
    certificate_id: certificateId,
    network_server: networkServer,
    first_at: firstAt,
    last_at: lastAt,
    ...row,
  }
}

const CERTIFICATE = { select: { id: true, subject: true, serial: true } } as const
const SIGHTING = {
  certificate: CERTIFICATE,
  accepted: true,
  lastAcceptedAt: true,
  vlan: true,
  ssid: true,
  networkServer: true,
  station: true,
} as const
const REFUSAL = {
  certificate: CERTIFICATE,
  reason: true,
  serial: true,
  issuer: true,
  ssid: true,
  networkServer: true,
  station: true,
  firstAt: true,
  lastAt: true,
  count: true,
} as const

function sightingView({ accepted, ...row }: Omit<SightingView, 'accepted'> & { accepted: bigint }): SightingView {
  return { ...row, accepted: Number(accepted) }
}

function refusalView({
  count,
  reason,
  ...row
}: Omit<RefusalView, 'count' | 'reason'> & { count: bigint; reason: string }): RefusalView {
  return { ...row, reason: reason as AccessFault, count: Number(count) }
}
