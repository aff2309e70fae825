/** How far this installation is from what keeps a network safe: each check with its evidence and the way to mend it. */
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { CardsSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import type { PostureCheckView, PostureVerdict } from '@/lib/services/posture-types'
import { CheckCard } from './check-card'
import { SafekeepingForm } from './safekeeping-form'
import { ScoreHistory } from './score-history'

export const metadata: Metadata = { title: 'Posture' }

export default async function PosturePage() {
  const actor = await requireActor('posture:read')
  return (
    <>
      <PageHeader
        help="posture"
        title="Posture"
        description="What keeps a network safe that lets devices in by certificate, checked against this installation as it is now."
      />
      <Suspense fallback={<CardsSkeleton />}>
        <Posture actor={actor} />
      </Suspense>
    </>
  )
}

const ORDER: readonly PostureVerdict[] = ['open', 'attention', 'none', 'pass']

async function Posture({ actor }: { actor: Actor }) {
  const { posture } = server()
  const [{ score, at, checks }, readings] = await Promise.all([posture.get(actor), posture.history(actor)])
  const mayManage = can(actor, 'posture:manage')
  const wanting = sorted(checks.filter(({ verdict, accepted }) => isWanting(verdict) && accepted === null))
  const accepted = sorted(checks.filter(({ accepted }) => accepted !== null))
  const fine = sorted(checks.filter(({ verdict, accepted }) => !isWanting(verdict) && accepted === null))
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid content-start gap-5">
        {wanting.length > 0 && (
          <Checks
            title="To mend"
            description={`${wanting.length} of ${checks.length}, the gravest first`}
            {...{ checks: wanting, at, mayManage }}
          />
        )}
        {accepted.length > 0 && (
          <Checks
            title="Accepted risks"
            description="Somebody decided, for a while. They count against the score all the same."
            {...{ checks: accepted, at, mayManage }}
          />
        )}
        {fine.length > 0 && <Checks title="In order" {...{ checks: fine, at, mayManage }} />}
      </div>
      <div className="grid content-start gap-5">
        <Score score={score} wanting={wanting.length} />
        <ScoreHistory readings={readings} now={at} />
        {mayManage && (
          <Card
            id="safekeeping"
            title="Kept elsewhere"
            description="What Latchkey cannot see by itself: say it here, with your name."
          >
            <div className="grid gap-6">
              <SafekeepingForm subject="kek" />
              <SafekeepingForm subject="database" />
            </div>
          </Card>
        )}
      </div>
    </div>
  )
}

interface ChecksProps {
  title: string
  description?: string
  checks: PostureCheckView[]
  at: Date
  mayManage: boolean
}

function Checks({ title, description, checks, at, mayManage }: ChecksProps) {
  return (
    <Card title={title} {...(description && { description })} flush>
      <ul>
        {checks.map((check) => (
          <CheckCard key={check.id} check={check} now={at} mayManage={mayManage} />
        ))}
      </ul>
    </Card>
  )
}

function Score({ score, wanting }: { score: number; wanting: number }) {
  return (
    <Card title="Score">
      <p className="text-4xl font-semibold tracking-tight tabular-nums">
        {score}
        <span className="text-lg font-normal text-muted"> of 100</span>
      </p>
      <svg
        className="mt-3 block h-2 w-full overflow-hidden rounded-full"
        preserveAspectRatio="none"
        viewBox="0 0 100 1"
        aria-hidden
      >
        <rect width={100} height={1} className="fill-line" />
        <rect width={score} height={1} className="fill-accent" />
      </svg>
      <p className="mt-3 text-sm text-muted">
        {wanting === 0
          ? 'Nothing is left to mend.'
          : 'A check that passes counts in full, one that wants attention half.'}
      </p>
    </Card>
  )
}

const isWanting = (verdict: PostureVerdict) => verdict === 'open' || verdict === 'attention'

function sorted(checks: PostureCheckView[]): PostureCheckView[] {
  return checks.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
}
