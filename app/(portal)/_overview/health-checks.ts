/**
 * What relying parties and devices depend on, judged: revocation lists, OCSP, authorities, registration authorities, and
 * whether revocation follows what MDMs say.
 */
import { crlFreshness, type Expiry, expiryOf, responderFreshness, WARN_DAYS } from '@/app/_components/freshness'
import type { DeviceFollowing } from '@/lib/services/device-rules'
import type { AuthorityView, GroupView } from '@/lib/services/groups'

export type Verdict = 'good' | 'soon' | 'bad'

export interface Check {
  id: string
  href: string
  subject: string
  verdict: Verdict
  /** When it runs out; null when it is not there at all, or never does. */
  until: Date | null
  /** What is wrong with one that never runs out. */
  fault?: string
}

export interface CheckKind {
  title: string
  href: string
  checks: Check[]
}

const OF_EXPIRY: Record<Expiry, Verdict> = { far: 'good', soon: 'soon', over: 'bad' }
const OF_FRESHNESS = { fresh: 'good', late: 'soon', stale: 'bad' } as const

/** Jobs make its list and responder within seconds. An hour more, because its certificate is dated back by one. */
const BEING_MADE_MS = 65 * 60_000

function beingMade({ notBefore }: AuthorityView, now: Date): boolean {
  return now.getTime() - notBefore.getTime() < BEING_MADE_MS
}

interface Judged {
  authorities: AuthorityView[]
  groups: GroupView[]
  following: DeviceFollowing[]
}

export function healthChecks({ authorities, groups, following }: Judged, now: Date): CheckKind[] {
  return [
    {
      title: 'Revocation lists',
      href: '/authorities',
      checks: authorities.flatMap((authority) => crlChecks(authority, now)),
    },
    {
      title: 'OCSP responders',
      href: '/authorities',
      checks: authorities.flatMap((authority) => responderChecks(authority, now)),
    },
    {
      title: 'Root and issuers',
      href: '/authorities',
      checks: authorities.map((authority) => expiryCheck(authority, now)),
    },
    {
      title: 'Registration authorities',
      href: '/groups',
      checks: groups.flatMap((group) => registrationAuthorityChecks(group, now)),
    },
    { title: 'Revocation follows the MDM', href: '/devices', checks: following.map(followingCheck) },
  ]
}

function crlChecks(authority: AuthorityView, now: Date): Check[] {
  const { id, slug, name, crl } = authority
  if (crl === null && beingMade(authority, now)) return []
  return [
    {
      id: `crl-${id}`,
      href: `/authorities#${slug}`,
      subject: `Revocation list of ${name}`,
      verdict: crl ? OF_FRESHNESS[crlFreshness(crl, now)] : 'soon',
      until: crl?.nextUpdate ?? null,
    },
  ]
}

/** A retired issuer has none any more once its last certificate has ended. */
function responderChecks(authority: AuthorityView, now: Date): Check[] {
  const { id, slug, name, status, key, ocspResponder } = authority
  if (ocspResponder === null && beingMade(authority, now)) return []
  // Where its key is elsewhere nobody answers for it here: its list says what is revoked.
  if (key !== 'here') return []
  const over = ocspResponder === null || ocspResponder.notAfter <= now
  if (over && status === 'retired') return []
  return [
    {
      id: `ocsp-${id}`,
      href: `/authorities#${slug}`,
      subject: `OCSP responder of ${name}`,
      verdict: ocspResponder ? OF_FRESHNESS[responderFreshness(ocspResponder, now)] : 'soon',
      until: ocspResponder?.notAfter ?? null,
    },
  ]
}

function expiryCheck({ id, slug, name, notAfter }: AuthorityView, now: Date): Check {
  const verdict = OF_EXPIRY[expiryOf(notAfter, now, WARN_DAYS.authority)]
  return { id: `expiry-${id}`, href: `/authorities#${slug}`, subject: name, verdict, until: notAfter }
}

function registrationAuthorityChecks({ name, endpoints }: GroupView, now: Date): Check[] {
  return endpoints.map(({ id, slug, registrationAuthority }) => ({
    id: `ra-${id}`,
    href: `/endpoints/${slug}`,
    subject: `Registration authority of ${name}`,
    verdict: registrationAuthority
      ? OF_EXPIRY[expiryOf(registrationAuthority.notAfter, now, WARN_DAYS.registrationAuthority)]
      : 'bad',
    until: registrationAuthority?.notAfter ?? null,
  }))
}

function followingCheck({ group: { slug, name }, follows }: DeviceFollowing): Check {
  return {
    id: `following-${slug}`,
    href: `/groups/${slug}/device-rules`,
    subject: `Device rules of ${name}`,
    verdict: follows ? 'good' : 'soon',
    until: null,
    fault: 'They only report: a device that its MDM lets go keeps its certificate.',
  }
}
