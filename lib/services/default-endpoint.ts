/** Where clients lead that cannot name an endpoint: the paths of NDES and of old Cisco software. A setting of the installation. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorise } from './permissions'
import type { Urls } from './urls'

export interface NamedEndpoint {
  slug: string
  name: string
  group: { slug: string; name: string }
}

export interface DefaultEndpoint {
  /** Null: those paths answer 404. */
  endpoint: NamedEndpoint | null
  /** Somebody chose it. Otherwise it is the only one there is, or there is none. */
  chosen: boolean
}

export interface DefaultEndpointView extends DefaultEndpoint {
  /** What such clients ask, whichever endpoint it is. */
  urls: string[]
}

export interface DefaultEndpointStore {
  defaultEndpoint(): Promise<DefaultEndpoint>
  /**
   * In one transaction with the event, which is told what was chosen before; no event where nothing changes. Null chooses
   * none: the only endpoint there is again, or nowhere.
   */
  chooseDefault(
    slug: string | null,
    event: (before: string | null) => AuditEntry,
  ): Promise<'chosen' | 'endpoint_unknown'>
}

export interface DefaultEndpointService {
  get(actor: Actor): Promise<DefaultEndpointView>
  /** Refusals: invalid_input (no such endpoint). Holds within a second. */
  choose(actor: Actor, slug: string | null): Promise<DefaultEndpointView>
}

export function createDefaultEndpoint({
  store,
  urls,
}: {
  store: DefaultEndpointStore
  urls: Pick<Urls, 'defaultScepUrls'>
}): DefaultEndpointService {
  const view = async () => ({ ...(await store.defaultEndpoint()), urls: urls.defaultScepUrls() })
  return {
    async get(actor) {
      authorise(actor, 'endpoint:read')
      return view()
    },

    async choose(actor, slug) {
      authorise(actor, 'endpoint:update')
      const outcome = await store.chooseDefault(slug, (before) => ({
        type: 'system.default_endpoint_changed',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: 'default endpoint' },
        change: { fields: ['endpoint'], before: { endpoint: before }, after: { endpoint: slug } },
      }))
      if (outcome === 'endpoint_unknown') {
        const sentence = 'There is no such endpoint.'
        throw new Refusal('invalid_input', sentence, { reason: 'endpoint_unknown', fields: { endpoint: sentence } })
      }
      return view()
    },
  }
}
