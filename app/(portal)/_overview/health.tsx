/** What needs attention, one by one; what does not, in one line per kind. */
import { CircleCheck, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { Check, CheckKind, Verdict } from './health-checks'

const LOOKS: Record<Verdict, [icon: LucideIcon, className: string, text: string]> = {
  good: [CircleCheck, 'text-ok', 'Good'],
  soon: [TriangleAlert, 'text-warn', 'Needs attention soon'],
  bad: [OctagonX, 'text-bad', 'Needs attention now'],
}

interface HealthProps {
  kinds: CheckKind[]
  now: Date
  /** Of the posture, for whoever may read it. */
  children?: ReactNode
}

export function Health({ kinds, now, children }: HealthProps) {
  const wanting = kinds.flatMap(({ checks }) => checks).filter(({ verdict }) => verdict !== 'good')
  const worstFirst = [...wanting].sort((a, b) => Number(b.verdict === 'bad') - Number(a.verdict === 'bad'))
  const summary =
    wanting.length === 0
      ? 'Everything is fresh.'
      : wanting.length === 1
        ? 'One thing needs attention.'
        : `${wanting.length} things need attention.`
  return (
    <Card title="Health" description={summary} flush className="self-start">
      <ul>
        {children}
        {worstFirst.map(({ id, verdict, href, subject, until, since, fault = 'Not there yet.' }) => (
          <HealthRow key={id} verdict={verdict} href={href} title={subject}>
            {since ? <Since at={since} /> : until === null ? fault : <Until at={until} now={now} />}
          </HealthRow>
        ))}
        {kinds.map((kind) => (
          <GoodOnes key={kind.title} kind={kind} now={now} />
        ))}
      </ul>
    </Card>
  )
}

function GoodOnes({ kind: { title, href, checks }, now }: { kind: CheckKind; now: Date }) {
  const good = checks.filter(({ verdict }) => verdict === 'good')
  if (good.length === 0) return null
  const first = soonest(good)
  const since = good[0]?.since
  return (
    <HealthRow verdict="good" href={href} title={title}>
      {good.length === 1 ? 'Good. ' : `${good.length} good. `}
      {first && good.length > 1 && 'The first '}
      {first && <Until at={first} now={now} lowerCase={good.length > 1} />}
      {since && <Since at={since} />}
    </HealthRow>
  )
}

function soonest(checks: Check[]): Date | undefined {
  const times = checks.flatMap(({ until }) => until ?? [])
  return times.sort((a, b) => a.getTime() - b.getTime())[0]
}

function Since({ at }: { at: Date }) {
  return (
    <>
      The last one <Instant at={at} show="relative" />.
    </>
  )
}

const NEAR_MS = 60 * 24 * 60 * 60 * 1000

/** Near moments as a distance, far ones as a day. */
function Until({ at, now, lowerCase = false }: { at: Date; now: Date; lowerCase?: boolean }) {
  const left = at.getTime() - now.getTime()
  const verb = left <= 0 ? 'Ran out' : 'Runs out'
  return (
    <>
      {lowerCase ? verb.toLowerCase() : verb} <Instant at={at} show={Math.abs(left) < NEAR_MS ? 'relative' : 'day'} />.
    </>
  )
}

interface HealthRowProps {
  verdict: Verdict
  href: string
  title: string
  children: ReactNode
}

export function HealthRow({ verdict, href, title, children }: HealthRowProps) {
  const [Icon, className, text] = LOOKS[verdict]
  return (
    <li className="flex items-start gap-2.5 border-t border-line px-4 py-3 first:border-t-0 sm:px-5">
      <Icon className={`mt-0.5 size-4.5 shrink-0 ${className}`} role="img" aria-label={text} />
      <div className="min-w-0">
        <p className="wrap-anywhere">
          <TextLink href={href}>{title}</TextLink>
        </p>
        <p className="text-sm text-muted">{children}</p>
      </div>
    </li>
  )
}
