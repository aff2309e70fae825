/** In-memory stores of authorities, groups and registration authorities. */
import type { AuthorityRecord, AuthorityStore } from '@/lib/services/authorities'
import { ROOT_SLUG } from '@/lib/services/authority-plan'
import { ENDPOINT_DEFAULTS } from '@/lib/services/endpoint-settings'
import type { EndpointStore } from '@/lib/services/endpoints'
import { foldedName } from '@/lib/services/group-plan'
import { type EndpointRecord, type GroupStore, isWaiting } from '@/lib/services/groups'
import type { RegistrationAuthorityStore } from '@/lib/services/registration-authorities'
import { newestResponder } from './ocsp-stores'
import { addAuthority, addIntent, append, type World, type WorldAuthority, type WorldEndpoint } from './world'

export function memoryAuthorityStore(world: World): AuthorityStore {
  return {
    async root() {
      const root = world.authorities.find(({ slug }) => slug === ROOT_SLUG)
      return root ? authorityRecord(world, root) : null
    },
    async insertRoot(authority, intent, events) {
      if (world.authorities.some(({ slug }) => slug === ROOT_SLUG)) return false
      addAuthority(world, authority)
      addIntent(world, intent)
      append(world, events)
      return true
    },
  }
}

export function memoryRegistrationAuthorityStore(world: World): RegistrationAuthorityStore {
  const toCome = (endpointId: string) =>
    world.registrationAuthorities.some((ra) => ra.endpointId === endpointId && ra.certificateDer === null)
  return {
    async endingBefore(moment) {
      return world.registrationAuthorities
        .filter(
          (ra) => ra.certificateDer !== null && ra.retiredAt === null && ra.notAfter < moment && !toCome(ra.endpointId),
        )
        .map((ra) => ({ ra, ...surroundings(world, ra.endpointId) }))
        .filter(({ ra, issuer }) => issuer.notAfter > ra.notAfter && issuer.certificateDer !== null)
        .sort((a, b) => a.ra.notAfter.getTime() - b.ra.notAfter.getTime())
        .map(({ ra, group, issuer }) => ({
          endpointId: ra.endpointId,
          group: { id: group.id, name: group.name },
          organisation: world.organisation?.name ?? '',
          issuer,
        }))
    },
    async insert(registrationAuthority, intent, events) {
      if (toCome(registrationAuthority.endpointId)) return false
      world.registrationAuthorities.push({ ...registrationAuthority, certificateDer: null, retiredAt: null })
      addIntent(world, intent)
      append(world, events)
      return true
    },
  }
}

export function memoryGroupStore(world: World): GroupStore & EndpointStore {
  return {
    async organisation() {
      const { organisation } = world
      const root = world.authorities.find(({ id }) => id === organisation?.rootId)
      return organisation && root ? { name: organisation.name, root: authorityRecord(world, root) } : null
    },
    async groups(slug) {
      return byName(world.groups.filter((group) => slug === undefined || group.slug === slug)).map((group) => {
        const issuer = world.authorities.find(({ groupId }) => groupId === group.id)
        const endpoints = world.endpoints.filter(({ groupId }) => groupId === group.id)
        return {
          ...group,
          retiredAt: null,
          issuer: issuer ? authorityRecord(world, issuer) : null,
          endpoints: endpoints.map((endpoint) => endpointRecord(world, endpoint)),
        }
      })
    },
    async endpoints(slug) {
      return world.endpoints
        .filter((endpoint) => slug === undefined || endpoint.slug === slug)
        .map((endpoint) => {
          const { group } = surroundings(world, endpoint.id)
          return { ...endpointRecord(world, endpoint), group: { slug: group.slug, name: group.name } }
        })
        .sort((a, b) => compare(a.group.name, b.group.name) || a.createdAt.getTime() - b.createdAt.getTime())
    },
    async authorities() {
      const ordered = [...world.authorities].sort((a, b) => compare(b.kind, a.kind) || compare(a.name, b.name))
      return ordered.map((authority) => authorityRecord(world, authority))
    },
    async names() {
      return byName(world.groups).map(({ slug, name }) => ({ slug, name }))
    },
    async counts(ids, now) {
      return new Map(ids.map((id) => [id, countsOf(world, id, now)]))
    },
    async slugs() {
      return slugsOf(world)
    },
    async insert(plan, events) {
      const { group, endpoint, profile } = plan
      if (world.groups.some(({ name }) => foldedName(name) === foldedName(group.name))) return 'name_taken'
      if (slugsOf(world).has(group.slug)) return 'slug_taken'
      const waiting = world.authorities.find(
        (each) => each.id === plan.issuerId && isWaiting(authorityRecord(world, each)),
      )
      if (plan.newIssuer === null && waiting === undefined) return 'issuer_taken'
      world.groups.push({ ...group, trustPage: true })
      if (plan.newIssuer !== null) addAuthority(world, plan.newIssuer.authority)
      else if (waiting) waiting.groupId = group.id
      world.endpoints.push({
        ...endpoint,
        groupId: group.id,
        authorityId: plan.issuerId,
        profile,
        policyVersion: 1,
        ...ENDPOINT_DEFAULTS,
        enabled: true,
        policy: 'dynamic',
        createdAt: group.createdAt,
      })
      world.registrationAuthorities.push({ ...plan.registrationAuthority, certificateDer: null, retiredAt: null })
      if (plan.newIssuer !== null) addIntent(world, plan.newIssuer.intent)
      addIntent(world, plan.registrationAuthorityIntent)
      append(world, events)
      return 'inserted'
    },
    async insertEndpoint({ endpoint, profile, ...plan }, events, check) {
      check(stagedOf(world, endpoint.groupId))
      if (endpoint.validatorId !== null) return 'validator_unknown'
      if (world.endpoints.some(({ slug }) => slug === endpoint.slug)) return 'slug_taken'
      world.endpoints.push({ ...endpoint, profile, policyVersion: 1 })
      world.registrationAuthorities.push({ ...plan.registrationAuthority, certificateDer: null, retiredAt: null })
      addIntent(world, plan.registrationAuthorityIntent)
      append(world, events)
      return 'inserted'
    },
    async updateEndpoint(slug, decide) {
      const endpoint = world.endpoints.find((each) => each.slug === slug)
      if (endpoint === undefined) return 'unknown'
      const { group, issuer } = surroundings(world, endpoint.id)
      const next = stagedOf(world, group.id)
      const { after, events } = decide({ id: endpoint.id, before: endpoint, issuer, next })
      if (after.validatorId !== null) return 'validator_unknown'
      const { profile, ...settings } = after
      const policyVersion = endpoint.policyVersion + (events.length > 0 ? 1 : 0)
      Object.assign(endpoint, settings, { policyVersion, profile: { ...endpoint.profile, ...profile } })
      append(world, events)
      return 'updated'
    },
  }
}

function slugsOf(world: World): Set<string> {
  return new Set([...world.groups, ...world.endpoints, ...world.authorities].map(({ slug }) => slug))
}

export function authorityRecord(world: World, authority: WorldAuthority): AuthorityRecord {
  const { nextCrlNumber: _number, crlClaimedUntil: _claim, crlShard: _shard, ...row } = authority
  const crl = world.crls
    .filter(({ authorityId, shard }) => authorityId === authority.id && shard === null)
    .sort((a, b) => Number(b.number - a.number))[0]
  const responder = newestResponder(world, authority.id)
  return {
    ...row,
    activatesAt: authority.activatesAt ?? null,
    replacesId: authority.replacesId ?? null,
    crl: crl
      ? { number: crl.number, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate, entries: crl.entries }
      : null,
    ocspResponder: responder
      ? { certificateId: responder.certificateId, notBefore: responder.notBefore, notAfter: responder.notAfter }
      : null,
  }
}

function endpointRecord(world: World, endpoint: WorldEndpoint): EndpointRecord {
  const answering = world.registrationAuthorities.find(
    (ra) => ra.endpointId === endpoint.id && ra.certificateDer !== null && ra.retiredAt === null,
  )
  return {
    ...endpoint,
    protocol: 'scep',
    registrationAuthority: answering?.certificateDer
      ? { certificateDer: answering.certificateDer, notBefore: answering.notBefore, notAfter: answering.notAfter }
      : null,
  }
}

function countsOf(world: World, groupId: string, now: Date) {
  const leaves = world.certificates.filter(
    (row) => row.groupId === groupId && row.kind === 'leaf' && row.state === 'issued',
  )
  const endpoints = new Set(world.endpoints.filter((each) => each.groupId === groupId).map(({ id }) => id))
  const pending = world.challenges.filter(
    (each) => endpoints.has(each.endpointId) && each.state === 'pending' && each.expiresAt > now,
  )
  return {
    certificates: leaves.length,
    valid: leaves.filter((row) => row.revokedAt === null && row.notBefore <= now && row.notAfter >= now).length,
    revoked: leaves.filter((row) => row.revokedAt !== null).length,
    pendingChallenges: pending.length,
  }
}

function stagedOf(world: World, groupId: string): WorldAuthority | null {
  return world.authorities.find((each) => each.groupId === groupId && each.status === 'staged') ?? null
}

function surroundings(world: World, endpointId: string) {
  const endpoint = world.endpoints.find(({ id }) => id === endpointId)
  const group = world.groups.find(({ id }) => id === endpoint?.groupId)
  const issuer = world.authorities.find(({ id }) => id === endpoint?.authorityId)
  if (!group || !issuer) throw new Error(`no endpoint ${endpointId}`)
  return { group, issuer }
}

function byName<T extends { name: string }>(rows: T[]): T[] {
  return [...rows].sort((a, b) => compare(a.name, b.name))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
