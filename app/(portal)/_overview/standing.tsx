/** The numbers that tell how things stand, each the way to its list. */
import Link from 'next/link'
import { cx } from '@/app/_components/cx'
import type { CertificatesService } from '@/lib/services/certificates'

type Counts = Awaited<ReturnType<CertificatesService['counts']>>

interface Figure {
  name: string
  value: number
  note: string
  href: string
  /** Worth a look when it is not zero. */
  notable?: 'warn' | 'bad'
}

export function Standing({ counts, overdue }: { counts: Counts; overdue: number }) {
  const figures: Figure[] = [
    {
      name: 'Valid certificates',
      value: counts.valid,
      note: `${number(counts.last24h)} issued in 24 h`,
      href: '/certificates?status=valid',
    },
    {
      name: 'Expiring soon',
      value: counts.expiring,
      note: `${number(counts.expired)} expired`,
      href: '/certificates?status=expiring',
      notable: 'warn',
    },
    {
      name: 'Should have renewed',
      value: overdue,
      note: 'half of their window is gone',
      href: '/devices/overdue',
      notable: 'bad',
    },
    {
      name: 'Revoked',
      value: counts.revoked,
      note: `of ${number(counts.total)} issued`,
      href: '/certificates?status=revoked',
    },
    {
      name: 'Refused in 24 h',
      value: counts.refused24h,
      note: 'enrolment attempts',
      href: '/enrolments?state=refused',
      notable: 'bad',
    },
    {
      name: 'Challenges waiting',
      value: counts.pendingChallenges,
      note: 'minted, not yet used',
      href: '/challenges?state=pending',
    },
  ]
  return (
    <ul className="grid grid-cols-2 gap-px overflow-clip rounded-xl border border-line bg-line shadow-card md:grid-cols-3 xl:grid-cols-6">
      {figures.map((figure) => (
        <li key={figure.name} className="relative bg-surface p-4 transition-colors hover:bg-hover">
          <p className="text-sm text-muted">
            <Link
              href={figure.href}
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
          </p>
          <p className="text-xs text-muted">{figure.note}</p>
        </li>
      ))}
    </ul>
  )
}

function number(value: number): string {
  return value.toLocaleString('en-GB')
}
