/** When the network last saw a certificate, and who was not let in. */
import type { Actor } from './actor'
import { authoriseGroup, authoriseInGroups, type Reach, reachOf } from './permissions'
import type { AccessFault } from './radius-authorisation'

interface CertificateName {
  id: string
  subject: string
  serial: string
}

export interface SightingView {
  certificate: CertificateName
  /** How often it was let in. */
  accepted: number
  lastAcceptedAt: Date
  vlan: string | null
  ssid: string | null
  networkServer: string | null
  station: string | null
}

export interface RefusalView {
  /** Null when it is none of ours. */
  certificate: CertificateName | null
  reason: AccessFault
  /** As the RADIUS server named it; null for the many that were counted together. */
  serial: string | null
  issuer: string | null
  ssid: string | null
  networkServer: string | null
  station: string | null
  firstAt: Date
  lastAt: Date
  count: number
}

export interface NetworkHistoryStore {
  /** Newest first. */
  sightings(groupSlug: string, limit: number): Promise<SightingView[]>
  /** Newest first: those of the group, and, for whoever sees every group, those of certificates that nobody knows. */
  refusals(groupSlug: string, limit: number, reach: Reach): Promise<RefusalView[]>
  ofCertificates(
    certificateIds: readonly string[],
    reach: Reach,
  ): Promise<{ sightings: SightingView[]; refusals: RefusalView[] }>
}

export interface NetworkHistoryService {
  /** The last decisions about certificates of a group. */
  ofGroup(actor: Actor, groupSlug: string): Promise<{ sightings: SightingView[]; refusals: RefusalView[] }>
  /** Where and when these certificates were seen: a device's, or one. */
  ofCertificates(
    actor: Actor,
    certificateIds: readonly string[],
  ): Promise<{ sightings: SightingView[]; refusals: RefusalView[] }>
}

const SHOWN = 20

export function createNetworkHistory({ store }: { store: NetworkHistoryStore }): NetworkHistoryService {
  return {
    async ofGroup(actor, groupSlug) {
      authoriseGroup(actor, 'network:read', groupSlug)
      const [sightings, refusals] = await Promise.all([
        store.sightings(groupSlug, SHOWN),
        store.refusals(groupSlug, SHOWN, reachOf(actor)),
      ])
      return { sightings, refusals }
    },

    async ofCertificates(actor, certificateIds) {
      authoriseInGroups(actor, 'certificate:read')
      return certificateIds.length === 0
        ? { sightings: [], refusals: [] }
        : store.ofCertificates(certificateIds, reachOf(actor))
    },
  }
}
