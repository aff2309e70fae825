/** Groups and endpoints as people and API callers see them. */
import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import { authorityView, fingerprints } from './authorities'
import { settingsOf } from './endpoint-change'
import { weaknesses } from './endpoint-settings'
import type { EndpointRecord, EndpointView, GroupOutline, GroupRecord } from './groups'
import type { Urls } from './urls'

export function groupOutline(group: GroupRecord, urls: Urls): GroupOutline {
  const issuer = group.issuer?.certificateDer ? authorityView(group.issuer, urls) : null
  const { id, slug, name, createdAt, retiredAt } = group
  return {
    id,
    slug,
    name,
    createdAt,
    retiredAt,
    ready: issuer !== null && group.endpoints.every(({ registrationAuthority }) => registrationAuthority !== null),
    issuer,
    endpoints: group.endpoints.map((endpoint) => endpointView(endpoint, urls)),
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
    ...settingsOf(endpoint),
    weaknesses: weaknesses(endpoint),
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
