/** The numbers that tell how things stand, each the way to its list. */
import Link from 'next/link'
import { cx } from '@/app/_components/cx'
import type { Matches } from '@/lib/services/listing'
import type { Activity, Standing as StandingView, Waiting } from '@/lib/services/overview'
import { certificatesOf, issuedBetween, unsuccessfulBetween, waitingChallenges } from './addresses'
import { number } from './count-link'

interface Figure {
  name: string
  value: number
  /** Nobody counted further. */
  more?: boolean
  note: string
  href: string
  /** Worth a look when it is not zero. */
  notable?: 'warn' | 'bad'
}

interface StandingProps {
  standing: StandingView
  activity: Activity
  waiting: Waiting
  overdue: Matches
}

export function Standing({ standing: { total, statuses }, activity, waiting, overdue }: StandingProps) {
  const lately = activity.days.slice(-2)
  const yesterday = lately[0]?.day ?? new Date(0)
  const figures: Figure[] = [
    {
      name: 'Valid certificates',
      value: statuses.valid ?? 0,
      note: `of ${number(total)} issued`,
      href: certificatesOf('valid'),
    },
    {
      name: 'Expiring soon',
      value: statuses.expiring ?? 0,
      note: 'within 30 days',
      href: certificatesOf('expiring'),
      notable: 'warn',
    },
    {
      name: 'Should have renewed',
      value: overdue.count,
      more: overdue.more,
      note: 'half of their window is gone',
      href: '/devices/overdue',
      notable: 'bad',
    },
    {
      name: 'Issued',
      value: lately.reduce((sum, { issued }) => sum + issued, 0),
      note: 'yesterday and today',
      href: issuedBetween(yesterday),
    },
    {
      name: 'Refused or failed',
      value: lately.reduce((sum, { unsuccessful }) => sum + unsuccessful, 0),
      note: 'yesterday and today',
      href: unsuccessfulBetween(yesterday),
      notable: 'bad',
    },
    {
      name: 'Challenges waiting',
      value: waiting.total,
      note: 'minted, not yet used',
      href: waitingChallenges(),
    },
  ]
  return (
    <ul className="grid grid-cols-2 gap-px overflow-clip rounded-xl border border-line bg-line shadow-card md:grid-cols-3 xl:grid-cols-6">
      {figures.map((figure) => (
        <li key={figure.name} className="relative bg-surface p-4 transition-colors hover:bg-hover">
          <p className="text-sm text-muted">
            <Link
              href={figure.href}
              prefetch={false}
              data-count={figure.value}
              className="after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2"
            >
              {figure.name}
            </Link>
          </p>
          <p
            className={cx(
              'mt-1 text-2xl font-semibold tracking-tight tabular-nums',
              figure.value > 0 && figure.notable === 'warn' && 'text-warn',
              figure.value > 0 && figure.notable === 'bad' && 'text-bad',
            )}
          >
            {number(figure.value)}
            {figure.more && '+'}
          </p>
          <p className="text-xs text-muted">{figure.note}</p>
        </li>
      ))}
    </ul>
  )
}
