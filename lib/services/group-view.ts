/** Groups and endpoints as people and API callers see them, and what may be changed about an endpoint. */
import { Refusal } from '@/lib/errors'
import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorityView, fingerprints } from './authorities'
import type { EndpointChange, EndpointRecord, EndpointView, GroupRecord, GroupView } from './groups'
import type { Urls } from './urls'

const TTL_MINUTES = { min: 1, max: 1_440 }

export function groupView(group: GroupRecord, urls: Urls): GroupView {
  const issuer = group.issuer?.certificateDer ? authorityView(group.issuer, urls) : null
  const { id, slug, name, createdAt, counts } = group
  return {
    id,
    slug,
    name,
    createdAt,
    ready: issuer !== null && group.endpoints.every(({ registrationAuthority }) => registrationAuthority !== null),
    issuer,
    endpoints: group.endpoints.map((endpoint) => endpointView(endpoint, urls)),
    counts,
  }
}

export function endpointView(endpoint: EndpointRecord, urls: Urls): EndpointView {
  return {
    id: endpoint.id,
    slug: endpoint.slug,
    name: endpoint.name,
    groupId: endpoint.groupId,
    protocol: endpoint.protocol,
    policy: endpoint.policy,
    enabled: endpoint.enabled,
    challengeTtlMinutes: endpoint.challengeTtlMinutes,
    scepUrl: urls.scepUrl(endpoint.slug),
    includeRoot: endpoint.includeRoot,
    allowSha1: endpoint.allowSha1,
    allow3des: endpoint.allow3des,
    profile: endpoint.profile,
    registrationAuthority: endpoint.registrationAuthority && registrationAuthorityView(endpoint.registrationAuthority),
    createdAt: endpoint.createdAt,
  }
}

function registrationAuthorityView({
  certificateDer,
  notBefore,
  notAfter,
}: NonNullable<EndpointRecord['registrationAuthority']>) {
  const { fingerprintSha256, fingerprintSha1 } = fingerprints(certificateDer)
  return {
    subject: nameToText(parseCertificate(certificateDer).subjectDer),
    notBefore,
    notAfter,
    fingerprintSha256,
    fingerprintSha1,
    certificatePem: toPem(certificateDer),
  }
}

export function checkEndpointChange(change: EndpointChange): void {
  const { challengeTtlMinutes: minutes } = change
  if (minutes === undefined) return
  if (Number.isInteger(minutes) && minutes >= TTL_MINUTES.min && minutes <= TTL_MINUTES.max) return
  const sentence = `A challenge lives from ${TTL_MINUTES.min} minute to ${TTL_MINUTES.max / 60} hours.`
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_ttl', fields: { challengeTtlMinutes: sentence } })
}

/** No event when nothing changes. */
export function endpointEvents(
  actor: Actor,
  endpoint: { id: string; slug: string },
  before: EndpointChange,
  change: EndpointChange,
): AuditEntry[] {
  const names = ['enabled', 'challengeTtlMinutes', 'includeRoot', 'allowSha1', 'allow3des'] as const
  const fields = names.filter((name) => change[name] !== undefined && change[name] !== before[name])
  if (fields.length === 0) return []
  const values = (of: EndpointChange) => Object.fromEntries(fields.map((name) => [name, of[name] ?? null]))
  return [
    {
      type: 'endpoint.updated',
      outcome: 'success',
      actor,
      object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
      change: { fields, before: values(before), after: values(change) },
    },
  ]
}
