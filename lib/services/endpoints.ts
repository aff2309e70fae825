/** Further endpoints of a group, new or copied, each with a registration authority and a profile of its own. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { AuthorityRecord } from './authorities'
import { newOwnerId } from './authority-plan'
import {
  changed,
  checkEndpoint,
  type EndpointChange,
  type EndpointState,
  normalised,
  unknownValidator,
} from './endpoint-change'
import { checkedSlug, type EndpointPlan, endpointCreatedEvents, planEndpoint, slugTaken } from './endpoint-plan'
import { DEFAULT_CHALLENGE_TTL_MINUTES, ENDPOINT_DEFAULTS, PROFILE_DEFAULTS } from './endpoint-settings'
import { freeSlug, slugOf } from './group-plan'
import { groupRetired } from './group-retirement'
import { endpointView } from './group-view'
import type { EndpointRecord, EndpointView, GroupStore } from './groups'
import type { Intents } from './intents'
import { authorise } from './permissions'
import { RA_KEY } from './registration-authorities'
import type { AnsweringIssuer } from './scep-identity'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface NewEndpoint extends EndpointChange {
  /** Slug of the group. */
  group: string
  name: string
  /** Made from the group and the name unless given. */
  slug?: string
}

export interface EndpointsService {
  /** Refusals: invalid_input (a sentence for each field), conflict (slug taken), not_found (group), unavailable. */
  create(actor: Actor, request: NewEndpoint): Promise<EndpointView>
  /**
   * Everything that is set about it, with a profile and a registration authority of its own. What lets devices in is not
   * copied: challenges, static secrets, minters, pinned proxies.
   */
  copy(actor: Actor, slug: string, request: { name?: string; slug?: string }): Promise<EndpointView>
}

export interface EndpointStore extends Pick<GroupStore, 'organisation' | 'groups' | 'endpoints' | 'slugs'> {
  /**
   * All rows of an endpoint and the events, or nothing. `check` is told which issuer is staged, and throws before anything
   * is inserted; none is staged between the two.
   */
  insertEndpoint(
    plan: EndpointPlan,
    events: AuditEntry[],
    check: (next: AnsweringIssuer | null) => void,
  ): Promise<'inserted' | 'slug_taken' | 'validator_unknown' | 'issuer_retired' | 'group_retired'>
}

export interface EndpointsDeps {
  store: EndpointStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
}

const SLUG_ATTEMPTS = 5
const NEW: Omit<EndpointState, 'name'> = {
  ...ENDPOINT_DEFAULTS,
  enabled: true,
  policy: 'dynamic',
  challengeTtlMinutes: DEFAULT_CHALLENGE_TTL_MINUTES,
  profile: PROFILE_DEFAULTS,
}

export function createEndpoints({ store, signer, issuance, urls, clock }: EndpointsDeps): EndpointsService {
  async function make(
    actor: Actor,
    wish: { group: string; slug: string | undefined; state: EndpointState; copiedFrom: string | null },
  ): Promise<EndpointView> {
    const { group, issuer, organisation } = await surroundings(wish.group)
    // Whether the next issuer may answer is looked at as the endpoint is inserted: until then one may be staged.
    checkEndpoint(wish.state, { issuer, next: null })
    const wanted = wish.slug === undefined ? null : checkedSlug(wish.slug)
    if (wanted !== null && (await store.slugs()).has(wanted)) throw slugTaken(wanted)

    // The key takes seconds, so it is made before anything is recorded.
    const registrationAuthority = { id: newOwnerId() }
    const key = await signer.generateKey({ purpose: 'ra', algorithm: RA_KEY, ownerId: registrationAuthority.id })
    for (let attempt = 0; attempt < SLUG_ATTEMPTS; attempt += 1) {
      const slug = wanted ?? freeSlug(slugOf(`${group.slug} ${wish.state.name}`), await store.slugs())
      const plan = planEndpoint({
        slug,
        state: wish.state,
        organisation,
        group,
        issuer,
        registrationAuthority: { ...registrationAuthority, key },
        urls,
        now: clock(),
      })
      const events = endpointCreatedEvents(actor, plan, { group: group.slug, key, copiedFrom: wish.copiedFrom })
      const outcome = await store.insertEndpoint(plan, events, (next) => checkEndpoint(wish.state, { issuer, next }))
      if (outcome === 'inserted') return finished(actor, plan)
      if (outcome === 'validator_unknown') throw unknownValidator()
      if (outcome === 'group_retired') throw groupRetired()
      if (outcome === 'issuer_retired') throw issuerRetired()
      if (wanted !== null) throw slugTaken(wanted)
    }
    throw new Refusal('conflict', 'Many endpoints are being created at once. Try again.', { reason: 'slug_taken' })
  }

  /** From here on the endpoint exists: when the signer is away it is shown as being made, and completed within a minute. */
  async function finished(actor: Actor, plan: EndpointPlan): Promise<EndpointView> {
    try {
      await issuance.finish(actor, plan.registrationAuthorityIntent.id)
    } catch (error) {
      if (!isRefusal(error, 'unavailable')) throw error
    }
    return endpointView(await oneEndpoint(plan.endpoint.slug), urls)
  }

  async function surroundings(slug: string) {
    const [organisation, [group]] = await Promise.all([store.organisation(), store.groups(slug)])
    if (organisation === null) throw new Refusal('setup_required', 'Set up the organisation first.')
    if (group === undefined) throw new Refusal('not_found', 'There is no such group.', { reason: 'group_unknown' })
    return { organisation: organisation.name, group, issuer: readyIssuer(group.issuer) }
  }

  async function oneEndpoint(slug: string): Promise<EndpointRecord & { group: { slug: string } }> {
    const [endpoint] = await store.endpoints(slug)
    if (endpoint !== undefined) return endpoint
    throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
  }

  return {
    async create(actor, { group, name, slug, ...change }) {
      authorise(actor, 'endpoint:create')
      const state = changed({ ...NEW, name }, normalised({ ...change, name }))
      return make(actor, { group, slug, state, copiedFrom: null })
    },
    async copy(actor, slug, request) {
      authorise(actor, 'endpoint:create')
      const { group, ...original } = await oneEndpoint(slug)
      const state = changed(
        original,
        normalised({ name: request.name ?? copyName(original.name), trustedProxySigners: [] }),
      )
      return make(actor, { group: group.slug, slug: request.slug, state, copiedFrom: slug })
    },
  }
}

function readyIssuer(issuer: AuthorityRecord | null): AuthorityRecord {
  if (issuer !== null && issuer.certificateDer !== null) return issuer
  throw new Refusal('conflict', 'The issuer of the group is still being made. Try again in a minute.', {
    reason: 'issuer_not_ready',
  })
}

function issuerRetired(): Refusal {
  return new Refusal('conflict', 'The group has just moved on to its next issuer. Try again.', {
    reason: 'issuer_retired',
  })
}

function copyName(name: string): string {
  return [...`${name} copy`].slice(0, 64).join('')
}
