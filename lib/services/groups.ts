/** Groups, each with its own issuer, and their enrolment endpoints. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { GroupName } from './access-types'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { type AuthorityOrigin, type AuthorityRecord, authorityView } from './authorities'
import { newOwnerId } from './authority-plan'
import {
  type AnsweringIssuers,
  changed,
  checkEndpoint,
  type EndpointChange,
  type EndpointState,
  endpointEvents,
  normalised,
  unknownValidator,
} from './endpoint-change'
import type { EndpointPolicy, EndpointSettings, ProfileSettings, Weakness } from './endpoint-settings'
import {
  checkedAnswersScep,
  checkedIssuerKey,
  checkedName,
  freeSlug,
  type GroupPlan,
  type GroupRequest,
  groupEvents,
  type MadeIssuer,
  nameTaken,
  planGroup,
  sameName,
  slugOf,
} from './group-plan'
import { groupRetired } from './group-retirement'
import { endpointView, groupOutline } from './group-view'
import type { Intents } from './intents'
import {
  authorise,
  authoriseEndpoint,
  authoriseGroup,
  authoriseInGroups,
  authoriseScoped,
  inGroups,
  inScope,
} from './permissions'
import { RA_KEY } from './registration-authorities'
import type { KeyAlgorithm, Signer } from './signer'
import type { Urls } from './urls'

export type IssuerKey = 'rsa3072' | 'rsa4096' | 'p256' | 'p384'

export interface AuthorityView {
  id: string
  kind: 'root' | 'issuer'
  /** staged: announced, issues nothing yet. retired: issues nothing any more, its CRL goes on. revoked: so it is, and what it issued is worth nothing. */
  status: 'active' | 'staged' | 'retired' | 'revoked'
  slug: string
  name: string
  /** Who signed it; null for a root. */
  parentId: string | null
  /** Null for a root, and for an issuer that no group uses yet. */
  groupId: string | null
  /** Requested: its key was made here, its certificate signed elsewhere. */
  origin: AuthorityOrigin
  /** offline: taken out of this installation as a sealed file. elsewhere: it never was here. */
  key: 'here' | 'offline' | 'elsewhere'
  /** When a staged issuer takes over; null for all others. */
  activatesAt: Date | null
  /** The issuer that it takes or took over from. */
  replacesId: string | null
  /** Since when something waits for its next revocation list. */
  listDueSince: Date | null
  keyAlgorithm: KeyAlgorithm
  /** RFC 4514. */
  subject: string
  notBefore: Date
  notAfter: Date
  serial: string
  /** Lower-case hex, no separators. */
  fingerprintSha256: string
  fingerprintSha1: string
  fingerprintMd5: string
  certificateId: string
  certificatePem: string
  crlUrl: string
  caUrl: string
  ocspUrl: string
  /** The certificate that signs its OCSP answers; null before the first one. */
  ocspResponder: { certificateId: string; notBefore: Date; notAfter: Date; renewsAt: Date } | null
  crl: { number: string; thisUpdate: Date; nextUpdate: Date; entries: number } | null
}

export interface EndpointView extends EndpointSettings {
  id: string
  slug: string
  name: string
  groupId: string
  protocol: 'scep'
  policy: EndpointPolicy
  enabled: boolean
  challengeTtlMinutes: number
  scepUrl: string
  weaknesses: Weakness[]
  profile: ProfileSettings & { id: string; name: string }
  /** The certificate that answers SCEP. Its fingerprints let a device compare what GetCACert returned. */
  registrationAuthority: {
    subject: string
    notBefore: Date
    notAfter: Date
    fingerprintSha256: string
    fingerprintSha1: string
    certificatePem: string
  } | null
  createdAt: Date
}

/** A group without its counts, which cost a look at every certificate of it. */
export interface GroupOutline {
  id: string
  slug: string
  name: string
  createdAt: Date
  /** Since when nobody enrols into it any more; null while it is in use. */
  retiredAt: Date | null
  /** False while its keys and certificates are being made. */
  ready: boolean
  issuer: AuthorityView | null
  endpoints: EndpointView[]
}

export interface GroupView extends GroupOutline {
  counts: { certificates: number; valid: number; revoked: number; pendingChallenges: number }
}

export interface NewGroupRequest {
  name: string
  issuerKey?: IssuerKey
  /** The issuer may answer SCEP with its own key, for endpoints whose identity is the CA: RSA only. */
  answersScep?: boolean
  /** Slug of an issuer that came from elsewhere and has no group yet, instead of a new one. */
  issuer?: string
}

export interface GroupsService {
  list(actor: Actor): Promise<GroupView[]>
  outlines(actor: Actor): Promise<GroupOutline[]>
  outline(actor: Actor, slug: string): Promise<GroupOutline>
  /** For a choice among them. */
  names(actor: Actor): Promise<GroupName[]>
  get(actor: Actor, slug: string): Promise<GroupView>
  /**
   * Issuer key and certificate, RA, dynamic SCEP endpoint and profile in one step. Takes seconds for RSA.
   * Refusals: invalid_input (name), conflict (name taken), setup_required.
   */
  create(actor: Actor, request: NewGroupRequest): Promise<GroupView>
  listEndpoints(actor: Actor): Promise<(EndpointView & { group: { slug: string; name: string } })[]>
  getEndpoint(
    actor: Actor,
    slug: string,
  ): Promise<EndpointView & { group: { slug: string; name: string }; issuer: AuthorityView; root: AuthorityView }>
  /** Switches an endpoint on or off at once, or changes its settings. */
  updateEndpoint(actor: Actor, slug: string, change: EndpointChange): Promise<EndpointView>
  /** Root and issuers, root first. */
  authorities(actor: Actor): Promise<AuthorityView[]>
}

export interface EndpointRecord extends Omit<EndpointView, 'scepUrl' | 'weaknesses' | 'registrationAuthority'> {
  authorityId: string
  /** The one that answers now; null while it is being made. */
  registrationAuthority: { certificateDer: Uint8Array; notBefore: Date; notAfter: Date } | null
}

export interface GroupRecord {
  id: string
  slug: string
  name: string
  createdAt: Date
  retiredAt: Date | null
  issuer: AuthorityRecord | null
  endpoints: EndpointRecord[]
}

export interface GroupStore {
  /** The organisation with its root, or null before set-up. */
  organisation(): Promise<{ name: string; root: AuthorityRecord } | null>
  /** By name; one group when its slug is given. */
  groups(slug?: string): Promise<GroupRecord[]>
  /** Of the moment, by id. */
  counts(ids: string[], now: Date): Promise<Map<string, GroupView['counts']>>
  /** By name. */
  names(): Promise<GroupName[]>
  /** By slug of group; one endpoint when its slug is given. */
  endpoints(slug?: string): Promise<(EndpointRecord & { group: { slug: string; name: string } })[]>
  /** Root first, then issuers by name. */
  authorities(): Promise<AuthorityRecord[]>
  /** Every slug in use by a group, an endpoint or an authority. */
  slugs(): Promise<Set<string>>
  /** All rows of a group and the events, or nothing. An issuer that waited for a group is taken in the same transaction. */
  insert(plan: GroupPlan, events: AuditEntry[]): Promise<'inserted' | 'name_taken' | 'slug_taken' | 'issuer_taken'>
  /**
   * Endpoint and profile become what `decide` makes of them, with its events, in one transaction that nobody else's
   * change comes between, nor the staging of a next issuer. Nothing happens when it throws. False when the endpoint is unknown.
   */
  updateEndpoint(
    slug: string,
    decide: (endpoint: { id: string; before: EndpointState } & AnsweringIssuers) => {
      after: EndpointState
      events: AuditEntry[]
    },
  ): Promise<'updated' | 'unknown' | 'validator_unknown' | 'group_retired'>
}

export interface GroupsDeps {
  store: GroupStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
  /** Told when a new issuer needs its first CRL. */
  onCrlDue?: () => void
}

const SLUG_ATTEMPTS = 5
const NO_COUNTS: GroupView['counts'] = { certificates: 0, valid: 0, revoked: 0, pendingChallenges: 0 }

export function createGroups({ store, signer, issuance, urls, clock, onCrlDue = () => {} }: GroupsDeps): GroupsService {
  async function create(actor: Actor, request: NewGroupRequest): Promise<GroupView> {
    authorise(actor, 'group:create')
    const name = checkedName(request.name, 'group')
    const algorithm = checkedIssuerKey(request.issuerKey ?? 'rsa3072')
    const answersScep = checkedAnswersScep(request.answersScep ?? false, algorithm)
    const organisation = await store.organisation()
    if (organisation === null) throw new Refusal('setup_required', 'Set up the organisation first.')
    const { root } = organisation
    authorityView(root, urls) // refuses while the root has no certificate
    const taken = request.issuer === undefined ? null : await waitingIssuer(request.issuer)
    if (taken === null && root.keyId === null) throw rootElsewhere(root)
    if ((await store.names()).some((other) => sameName(other.name, name))) throw nameTaken(name)

    const keys = await makeKeys(taken === null ? { root, algorithm, answersScep } : { taken })
    const plan = await insert(actor, name, organisation.name, keys)
    await finish(actor, plan)
    return oneGroup(plan.group.slug)
  }

  /** Whether it still waits is asked again in the statement that takes it. */
  async function waitingIssuer(slug: string): Promise<AuthorityRecord> {
    const issuer = (await store.authorities()).find((each) => each.slug === slug && each.kind === 'issuer')
    if (issuer === undefined) {
      const sentence = 'There is no such issuer.'
      throw new Refusal('invalid_input', sentence, { reason: 'issuer_unknown', fields: { issuer: sentence } })
    }
    if (!isWaiting(issuer) || issuer.notAfter <= clock()) throw issuerTaken(issuer)
    return issuer
  }

  /** From here on the group exists: when the signer is away it is shown as not ready, and completed within a minute. */
  async function finish(actor: Actor, plan: GroupPlan): Promise<void> {
    try {
      if (plan.newIssuer !== null) await issuance.finish(actor, plan.newIssuer.intent.id)
      onCrlDue()
      await issuance.finish(actor, plan.registrationAuthorityIntent.id)
    } catch (error) {
      if (!isRefusal(error, 'unavailable')) throw error
    }
  }

  /** Keys take seconds, so they are made before anything is recorded, and both at once. */
  async function makeKeys(
    issuer: Omit<MadeIssuer, 'id' | 'key'> | { taken: AuthorityRecord },
  ): Promise<Pick<GroupRequest, 'issuer' | 'registrationAuthority'>> {
    const ids = { issuer: newOwnerId(), registrationAuthority: newOwnerId() }
    const making = signer.generateKey({ purpose: 'ra', algorithm: RA_KEY, ownerId: ids.registrationAuthority })
    if ('taken' in issuer)
      return { issuer, registrationAuthority: { id: ids.registrationAuthority, key: await making } }
    const [key, raKey] = await Promise.all([
      signer.generateKey({ purpose: 'issuer', algorithm: issuer.algorithm, ownerId: ids.issuer }),
      making,
    ])
    return {
      issuer: { ...issuer, id: ids.issuer, key },
      registrationAuthority: { id: ids.registrationAuthority, key: raKey },
    }
  }

  /** The slug is in the certificates' URLs: when another group takes it first, they are drawn up again. */
  async function insert(
    actor: Actor,
    name: string,
    organisation: string,
    keys: Pick<GroupRequest, 'issuer' | 'registrationAuthority'>,
  ): Promise<GroupPlan> {
    for (let attempt = 0; attempt < SLUG_ATTEMPTS; attempt += 1) {
      const slug = freeSlug(slugOf(name), await store.slugs())
      const plan = planGroup({
        name,
        slug,
        organisation,
        ...keys,
        urls,
        now: clock(),
      })
      const events = groupEvents(actor, plan, {
        issuer: 'taken' in keys.issuer ? null : keys.issuer.key,
        registrationAuthority: keys.registrationAuthority.key,
      })
      const outcome = await store.insert(plan, events)
      if (outcome === 'inserted') return plan
      if (outcome === 'name_taken') throw nameTaken(name)
      if (outcome === 'issuer_taken') throw issuerTaken({ name: 'This issuer' })
    }
    throw new Refusal('conflict', 'Many groups are being created at once. Try again.', { reason: 'slug_taken' })
  }

  async function updateEndpoint(actor: Actor, slug: string, change: EndpointChange): Promise<EndpointView> {
    authorise(actor, 'endpoint:update')
    const wish = normalised(change)
    const outcome = await store.updateEndpoint(slug, ({ id, before, ...issuers }) => {
      const after = changed(before, wish)
      checkEndpoint(after, issuers)
      return { after, events: endpointEvents(actor, { id, slug }, before, after) }
    })
    if (outcome === 'unknown') throw unknownEndpoint()
    if (outcome === 'validator_unknown') throw unknownValidator()
    if (outcome === 'group_retired') throw groupRetired()
    return endpointView(await oneEndpoint(slug), urls)
  }

  async function oneGroup(slug: string): Promise<GroupView> {
    const [group] = await counted(await store.groups(slug))
    if (group === undefined) throw unknownGroup()
    return group
  }

  async function counted(groups: GroupRecord[]): Promise<GroupView[]> {
    const ids = groups.map(({ id }) => id)
    const counts = await store.counts(ids, clock())
    return groups.map((group) => ({ ...groupOutline(group, urls), counts: counts.get(group.id) ?? NO_COUNTS }))
  }

  /** The root, which every group trusts, and the issuers of the actor's groups. */
  async function ofGroups(actor: Actor, authorities: AuthorityRecord[]): Promise<AuthorityRecord[]> {
    const endpoints = (await store.endpoints()).filter(({ group }) => inGroups(actor, group.slug))
    const groups = new Set(endpoints.map(({ groupId }) => groupId))
    return authorities.filter(({ kind, groupId }) => kind === 'root' || (groupId !== null && groups.has(groupId)))
  }

  async function oneEndpoint(slug: string) {
    const [endpoint] = await store.endpoints(slug)
    if (endpoint === undefined) throw unknownEndpoint()
    return endpoint
  }

  return {
    create,
    updateEndpoint,
    async list(actor) {
      authoriseInGroups(actor, 'group:read')
      return counted((await store.groups()).filter(({ slug }) => inGroups(actor, slug)))
    },
    async outlines(actor) {
      authoriseInGroups(actor, 'group:read')
      const groups = (await store.groups()).filter(({ slug }) => inGroups(actor, slug))
      return groups.map((group) => groupOutline(group, urls))
    },
    async outline(actor, slug) {
      authoriseGroup(actor, 'group:read', slug)
      const [group] = await store.groups(slug)
      if (group === undefined) throw unknownGroup()
      return groupOutline(group, urls)
    },
    async names(actor) {
      authoriseInGroups(actor, 'group:read')
      return (await store.names()).filter(({ slug }) => inGroups(actor, slug))
    },
    async get(actor, slug) {
      authoriseGroup(actor, 'group:read', slug)
      return oneGroup(slug)
    },
    async listEndpoints(actor) {
      authoriseScoped(actor, 'endpoint:read')
      const endpoints = (await store.endpoints()).filter(
        ({ slug, group }) => inScope(actor, slug) && inGroups(actor, group.slug),
      )
      return endpoints.map((endpoint) => ({ ...endpointView(endpoint, urls), group: endpoint.group }))
    },
    async getEndpoint(actor, slug) {
      authoriseEndpoint(actor, 'endpoint:read', slug)
      const endpoint = await oneEndpoint(slug)
      if (!inGroups(actor, endpoint.group.slug)) throw unknownEndpoint()
      const authorities = await store.authorities()
      const view = (authority: AuthorityRecord | undefined) => {
        if (authority === undefined) throw new Error('an endpoint without its authorities')
        return authorityView(authority, urls)
      }
      const issuer = view(authorities.find(({ id }) => id === endpoint.authorityId))
      const root = view(rootAbove(authorities, endpoint.authorityId))
      return { ...endpointView(endpoint, urls), group: endpoint.group, issuer, root }
    },
    async authorities(actor) {
      authoriseInGroups(actor, 'group:read')
      const ready = (await store.authorities()).filter(({ certificateDer }) => certificateDer !== null)
      if (actor.groups !== undefined) return (await ofGroups(actor, ready)).map((each) => authorityView(each, urls))
      return ready.map((authority) => authorityView(authority, urls))
    },
  }
}

/** The root that an authority chains to, or itself. */
export function rootAbove<A extends { id: string; parentId: string | null }>(all: A[], id: string): A | undefined {
  let authority = all.find((each) => each.id === id)
  for (let height = 0; authority?.parentId && height < 8; height += 1) {
    const { parentId } = authority
    authority = all.find((each) => each.id === parentId)
  }
  return authority
}

/** In use, with its key here, and of no group yet. */
export function isWaiting({ kind, status, keyId, groupId, certificateDer }: AuthorityRecord): boolean {
  return kind === 'issuer' && status === 'active' && keyId !== null && groupId === null && certificateDer !== null
}

export function issuerTaken({ name }: { name: string }): Refusal {
  const sentence = `${name} is taken: a group uses it, or it is not in use any more. Choose another issuer.`
  return new Refusal('conflict', sentence, { reason: 'issuer_taken', fields: { issuer: sentence } })
}

/** What signs issuers is in a safe, or somewhere else altogether. */
export function rootElsewhere({ name }: { name: string }): Refusal {
  const sentence =
    `The key of ${name} is not here, so no issuer can be made under it. ` +
    'Have one signed elsewhere under Authorities, or choose another root for new issuers.'
  return new Refusal('conflict', sentence, { reason: 'key_elsewhere' })
}

function unknownGroup(): Refusal {
  return new Refusal('not_found', 'There is no such group.')
}

function unknownEndpoint(): Refusal {
  return new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
}
