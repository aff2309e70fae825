/** Whether what relying parties and devices depend on is fresh: revocation lists, issuers, registration authorities. */
import { CircleCheck, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Card } from '@/app/_components/card'
import { crlFreshness, type Expiry, expiryOf, WARN_DAYS } from '@/app/_components/freshness'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { AuthorityView, EndpointView } from '@/lib/services/groups'

type Verdict = 'good' | 'soon' | 'bad'

interface Check {
  id: string
  href: string
  subject: string
  verdict: Verdict
  evidence: ReactNode
}

const LOOKS: Record<Verdict, [icon: LucideIcon, className: string, text: string]> = {
  good: [CircleCheck, 'text-ok', 'Good'],
  soon: [TriangleAlert, 'text-warn', 'Needs attention soon'],
  bad: [OctagonX, 'text-bad', 'Needs attention now'],
}

const ORDER: Record<Verdict, number> = { bad: 0, soon: 1, good: 2 }
const OF_EXPIRY: Record<Expiry, Verdict> = { far: 'good', soon: 'soon', over: 'bad' }

interface HealthProps {
  authorities: AuthorityView[]
  endpoints: EndpointView[]
  now: Date
}

export function Health({ authorities, endpoints, now }: HealthProps) {
  const checks = [
    ...authorities.flatMap((authority) => [crlCheck(authority, now), expiryCheck(authority, now)]),
    ...endpoints.map((endpoint) => registrationAuthorityCheck(endpoint, now)),
  ].sort((a, b) => ORDER[a.verdict] - ORDER[b.verdict])
  const wanting = checks.filter(({ verdict }) => verdict !== 'good').length
  const summary = wanting === 0 ? 'Everything is fresh.' : wanting === 1 ? 'One thing needs attention.' : `${wanting} things need attention.`
  return (
    <Card title="Health" description={summary} flush className="self-start">
      <ul>
        {checks.map((check) => (
          <CheckRow key={check.id} check={check} />
        ))}
      </ul>
    </Card>
  )
}

function CheckRow({ check: { href, subject, verdict, evidence } }: { check: Check }) {
  const [Icon, className, text] = LOOKS[verdict]
  return (
    <li className="flex items-start gap-2.5 border-t border-line px-4 py-2.5 first:border-t-0 sm:px-5">
      <Icon className={`mt-0.5 size-4.5 shrink-0 ${className}`} role="img" aria-label={text} />
      <div className="min-w-0">
        <p className="wrap-anywhere">
          <TextLink href={href}>{subject}</TextLink>
        </p>
        <p className="text-sm text-muted">{evidence}</p>
      </div>
    </li>
  )
}

function crlCheck({ id, slug, name, crl }: AuthorityView, now: Date): Check {
  const base = { id: `crl-${id}`, href: `/authorities#${slug}`, subject: `Revocation list of ${name}` }
  if (!crl) return { ...base, verdict: 'soon', evidence: 'Not yet published.' }
  const verdict = { fresh: 'good', late: 'soon', stale: 'bad' } as const
  const next = <Instant at={crl.nextUpdate} show="relative" />
  const freshness = crlFreshness(crl, now)
  return { ...base, verdict: verdict[freshness], evidence: freshness === 'stale' ? <>Ran out {next}.</> : <>Runs out {next}.</> }
}

function expiryCheck({ id, slug, name, kind, notAfter }: AuthorityView, now: Date): Check {
  return {
    id: `expiry-${id}`,
    href: `/authorities#${slug}`,
    subject: kind === 'root' ? `Root ${name}` : `Issuer ${name}`,
    verdict: OF_EXPIRY[expiryOf(notAfter, now, WARN_DAYS.authority)],
    evidence: (
      <>
        Valid until <Instant at={notAfter} show="day" />.
      </>
    ),
  }
}

function registrationAuthorityCheck({ id, slug, name, registrationAuthority }: EndpointView, now: Date): Check {
  const base = { id: `ra-${id}`, href: `/endpoints/${slug}`, subject: `Registration authority of ${name}` }
  if (!registrationAuthority) return { ...base, verdict: 'bad', evidence: 'Missing: devices cannot enrol.' }
  const { notAfter } = registrationAuthority
  return {
    ...base,
    verdict: OF_EXPIRY[expiryOf(notAfter, now, WARN_DAYS.registrationAuthority)],
    evidence: (
      <>
        Valid until <Instant at={notAfter} show="day" />.
      </>
    ),
  }
}
