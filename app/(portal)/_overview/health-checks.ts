/**
 * What relying parties and devices depend on, judged: revocation lists, OCSP, authorities, registration authorities, and
 * whether revocation follows what MDMs say.
 */
import { crlFreshness, type Expiry, expiryOf, responderFreshness, WARN_DAYS } from '@/app/_components/freshness'
import type { DeviceFollowing } from '@/lib/services/device-rules'
import type { AuthorityView, GroupOutline } from '@/lib/services/groups'
import type { ConnectorLight } from '@/lib/services/mdm-connector-health'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'

export type Verdict = 'good' | 'soon' | 'bad'

export interface Check {
  id: string
  href: string
  subject: string
  verdict: Verdict
  /** When it runs out; null when it is not there at all, or never does. */
  until: Date | null
  /** When it was last so, for what must come again and again. */
  since?: Date
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
  groups: GroupOutline[]
  following: DeviceFollowing[]
  connectors: Pick<MdmConnectorView, 'slug' | 'name' | 'light' | 'credentialExpiresAt'>[]
  /** What the installation runs on; null for whoever is not told. */
  installation: { signer: boolean; backup: { at: Date } | null } | null
}

export function healthChecks(
  { authorities, groups, following, connectors, installation }: Judged,
  now: Date,
): CheckKind[] {
  return [
    ...(installation === null ? [] : [signerKind(installation), backupKind(installation, now)]),
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
    { title: 'Connectors', href: '/connectors', checks: connectors.flatMap(connectorChecks) },
  ]
}

function crlChecks(authority: AuthorityView, now: Date): Check[] {
  const { id, slug, name, crl } = authority
  if (crl === null && beingMade(authority, now)) return []
  return [
    {
      id: `crl-${id}`,
      href: `/authorities/${slug}`,
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
      href: `/authorities/${slug}`,
      subject: `OCSP responder of ${name}`,
      verdict: ocspResponder ? OF_FRESHNESS[responderFreshness(ocspResponder, now)] : 'soon',
      until: ocspResponder?.notAfter ?? null,
    },
  ]
}

function expiryCheck({ id, slug, name, notAfter }: AuthorityView, now: Date): Check {
  const verdict = OF_EXPIRY[expiryOf(notAfter, now, WARN_DAYS.authority)]
  return { id: `expiry-${id}`, href: `/authorities/${slug}`, subject: name, verdict, until: notAfter }
}

function registrationAuthorityChecks({ name, endpoints }: GroupOutline, now: Date): Check[] {
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

/** The page itself shows that the database answers. */
function signerKind({ signer }: { signer: boolean }): CheckKind {
  const check: Check = {
    id: 'signer',
    href: '/settings/about',
    subject: 'Database and signer',
    verdict: signer ? 'good' : 'bad',
    until: null,
    fault: 'The signer does not answer: nothing can be issued, and no list renewed.',
  }
  return { title: check.subject, href: check.href, checks: [check] }
}

const HOUR_MS = 3_600_000
/** A daily backup that is late by half a day, and one that has not been for a week. */
const BACKUP_LATE_MS = 36 * HOUR_MS
const BACKUP_MISSING_MS = 7 * 24 * HOUR_MS

function backupKind({ backup }: { backup: { at: Date } | null }, now: Date): CheckKind {
  const age = backup === null ? null : now.getTime() - backup.at.getTime()
  const check: Check = {
    id: 'backup',
    href: '/settings/about',
    subject: 'Backup',
    verdict: age === null ? 'soon' : age > BACKUP_MISSING_MS ? 'bad' : age > BACKUP_LATE_MS ? 'soon' : 'good',
    until: null,
    ...(backup && { since: backup.at }),
    fault: 'None was recorded. After each one, run: npm run latchkey -- backup record',
  }
  return { title: check.subject, href: check.href, checks: [check] }
}

const OF_LIGHT: Record<Exclude<ConnectorLight, 'disabled'>, [Verdict, fault: string]> = {
  well: ['good', ''],
  'never-used': ['soon', 'It was never reached, nor did it ever call.'],
  'credential-expiring': ['soon', 'Its credential ends soon.'],
  failing: ['bad', 'Calls fail.'],
  'credential-expired': ['bad', 'Its credential has ended.'],
}

function connectorChecks({ slug, name, light, credentialExpiresAt }: Judged['connectors'][number]): Check[] {
  if (light === 'disabled') return []
  const [verdict, fault] = OF_LIGHT[light]
  const ends = light.startsWith('credential-') || light === 'well'
  return [
    {
      id: `connector-${slug}`,
      href: `/connectors/${slug}`,
      subject: name,
      verdict,
      until: ends ? credentialExpiresAt : null,
      fault,
    },
  ]
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
