/** What a simulation looks up: an endpoint, and a challenge by the hash of its value. It writes nothing. */
import type { ChallengeConstraints, ChallengeState } from '@/lib/services/challenges'
import type { SimulationStore } from '@/lib/services/simulation'
import { bytes } from './certificate-rows'
import { redemptionStore } from './challenge-redemption'
import { effectiveState } from './challenge-rows'
import type { Database } from './database'
import { guarded } from './outage'
import { scepEnrolmentStore } from './scep-enrolment'

export function simulationStore(database: Database): SimulationStore {
  const { lookupAny, otherEndpoints } = redemptionStore(database)
  const { endpoint } = scepEnrolmentStore(database)
  return guarded<SimulationStore>({
    endpoint: (slug) => (slug === '' ? Promise.resolve(null) : endpoint(slug)),
    lookupAny,
    otherEndpoints,
    async challenge(handleHash) {
      const [row] = await database.$queryRaw<{ state: ChallengeState; constraints: ChallengeConstraints }[]>`
        select ${effectiveState} as state, c.constraints from challenge c where c.handle_hash = ${bytes(handleHash)}`
      return row ?? null
    },
  })
}
