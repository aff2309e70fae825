/** An endpoint before it exists: its name, its slug, and every row that is inserted for it. */
import { randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { drawRegistrationAuthority, type MadeKey, type NewRegistrationAuthority } from './authority-plan'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import { type EndpointState, flat, settingsOf } from './endpoint-change'
import type { EndpointPolicy, EndpointSettings, ProfileSettings } from './endpoint-settings'
import { registrationAuthorityEvents } from './registration-authorities'
import type { Urls } from './urls'

/** What is inserted in one transaction. */
export interface EndpointPlan {
  endpoint: EndpointSettings & {
    id: string
    name: string
    slug: string
    groupId: string
    authorityId: string
    enabled: boolean
    policy: EndpointPolicy
    challengeTtlMinutes: number
    createdAt: Date
  }
  profile: ProfileSettings & { id: string; name: string }
  registrationAuthority: NewRegistrationAuthority
  registrationAuthorityIntent: CertificateIntent
}

export interface EndpointRequest {
  slug: string
  state: EndpointState
  organisation: string
  group: { id: string; name: string; slug: string }
  issuer: SigningAuthority
  registrationAuthority: { id: string; key: MadeKey }
  urls: Urls
  now: Date
}

export function planEndpoint(request: EndpointRequest): EndpointPlan {
  const { slug, state, group, issuer, now } = request
  const { name, enabled, policy, challengeTtlMinutes, profile } = state
  const id = randomUUID()
  const drawn = drawRegistrationAuthority({
    ...request.registrationAuthority,
    issuer,
    organisation: request.organisation,
    group,
    endpointId: id,
    urls: request.urls,
    now,
  })
  const { validityDays, backdateMinutes, minRsaBits, ellipticCurves, extendedKeyUsage } = profile
  return {
    endpoint: {
      ...{ id, name, slug, groupId: group.id, authorityId: issuer.id, enabled, policy, challengeTtlMinutes },
      ...settingsOf(state),
      createdAt: now,
    },
    profile: {
      ...{ id: randomUUID(), name: `${group.name}: ${name}` },
      ...{ validityDays, backdateMinutes, minRsaBits, ellipticCurves, extendedKeyUsage },
    },
    registrationAuthority: drawn.registrationAuthority,
    registrationAuthorityIntent: drawn.intent,
  }
}

export function endpointCreatedEvents(
  actor: Actor,
  plan: EndpointPlan,
  more: { group: string; key: MadeKey; copiedFrom: string | null },
): AuditEntry[] {
  const { endpoint, profile } = plan
  return [
    {
      type: 'endpoint.created',
      outcome: 'success',
      actor,
      object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
      data: {
        group: more.group,
        protocol: 'scep',
        policy: endpoint.policy,
        profile: profile.name,
        settings: flat({ ...endpoint, profile }),
        ...(more.copiedFrom === null ? {} : { copiedFrom: more.copiedFrom }),
      },
    },
    ...registrationAuthorityEvents(actor, plan.registrationAuthorityIntent, more.key),
  ]
}

/** A slug somebody chose; devices type it, and it is never changed. */
export function checkedSlug(slug: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(slug)) return slug
  const sentence = 'The slug is 1 to 64 of a-z, 0-9 and hyphens, without one at either end.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_slug', fields: { slug: sentence } })
}

export function slugTaken(slug: string): Refusal {
  const sentence = `The slug "${slug}" is in use. Choose another one.`
  return new Refusal('conflict', sentence, { reason: 'slug_taken', fields: { slug: sentence } })
}
