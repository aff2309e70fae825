/** What a simulation looks up: an endpoint, a challenge by the hash of its value, requests that wait. It writes nothing. */
import type { KnownChallenge } from '@/lib/services/simulated-challenge'
import type { SimulationStore } from '@/lib/services/simulation'
import { bytes } from './certificate-rows'
import { redemptionStore } from './challenge-redemption'
import { effectiveState } from './challenge-rows'
import type { Database } from './database'
import { guarded } from './outage'
import { scepEnrolmentStore } from './scep-enrolment'

export function simulationStore(database: Database): SimulationStore {
  const { lookup, lookupAny, otherEndpoints } = redemptionStore(database)
  const { endpoint } = scepEnrolmentStore(database)
  return guarded<SimulationStore>({
    endpoint: (slug) => (slug === '' ? Promise.resolve(null) : endpoint(slug)),
    lookup,
    lookupAny,
    otherEndpoints,
    async challenge(handleHashes) {
      const [row] = await database.$queryRaw<KnownChallenge[]>`
        select c.id, ${effectiveState} as state, c.constraints from challenge c where c.handle_hash = any(${handleHashes.map(bytes)}::bytea[])`
      return row ?? null
    },
    async waitingAt(endpointId, limit) {
      const rows = await database.$queryRaw<{ ip: string | null }[]>`
        select t.source_ip as ip from approval_request a join enrolment_transaction t on t.id = a.enrolment_transaction_id
        where a.endpoint_id = ${endpointId}::uuid and a.state = 'open' and a.expires_at > now() limit ${limit}`
      return rows.map(({ ip }) => ip)
    },
    async heldRequest(endpointId, csrSha256) {
      const [row] = await database.$queryRaw<{ id: string }[]>`
        select t.id from approval_request a join enrolment_transaction t on t.id = a.enrolment_transaction_id
        where a.endpoint_id = ${endpointId}::uuid and t.csr_sha256 = ${bytes(csrSha256)} and t.superseded_at is null
        order by a.created_at desc limit 1`
      return row?.id ?? null
    },
  })
}
