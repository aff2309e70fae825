/** The overview: how things stand, what happened last, and for a new installation what to do next. */
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { PageHeader } from '@/app/_components/page-header'
import { CardsSkeleton } from '@/app/_components/skeleton'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { Alarms } from './_overview/alarms'
import { BrakeAlarm } from './_overview/brake-alarm'
import { CredentialAlarm } from './_overview/credential-alarm'
import { CrlAlarm } from './_overview/crl-alarm'
import { FailuresByCause } from './_overview/failures-by-cause'
import { FirstSteps } from './_overview/first-steps'
import { Health } from './_overview/health'
import { healthChecks } from './_overview/health-checks'
import { Recent } from './_overview/recent'
import { Standing } from './_overview/standing'

export const metadata: Metadata = { title: 'Overview' }

export default async function OverviewPage() {
  const actor = await requireActor('overview:read')
  return (
    <>
      <PageHeader
        help="operating"
        title="Overview"
        description="How things stand, what happened last, and what needs somebody."
      />
      <Suspense fallback={<CardsSkeleton />}>
        <Overview actor={actor} />
      </Suspense>
    </>
  )
}

const NEWEST = { limit: 6 }
const DAY_MS = 86_400_000

async function Overview({ actor }: { actor: Actor }) {
  const {
    groups: groupService,
    certificates,
    transactions,
    alarms: alarmService,
    crlLists,
    deviceBrake,
    deviceRules,
    mdmConnectors,
    overdueRenewals,
  } = server()
  const now = new Date()
  const [alarms, brakes, expiring, overdue, lists, counts, groups, authorities, following, newest, refused, causes] =
    await Promise.all([
      alarmService.open(actor),
      deviceBrake.list(actor),
      mdmConnectors.expiring(actor),
      overdueRenewals.count(actor),
      crlLists.list(actor),
      certificates.counts(actor),
      groupService.list(actor),
      groupService.authorities(actor),
      deviceRules.following(actor),
      certificates.list(actor, {}, NEWEST),
      transactions.list(actor, { state: 'refused' }, NEWEST),
      transactions.failuresByCause(actor, new Date(now.getTime() - DAY_MS)),
    ])
  const health = <Health kinds={healthChecks({ authorities, groups, following }, now)} now={now} />
  const first = counts.total === 0
  const quiet = first && refused.items.length === 0
  return (
    <div className="grid gap-5">
      <Alarms actor={actor} alarms={alarms} />
      <BrakeAlarm brakes={brakes} />
      <CrlAlarm lists={lists} now={now} />
      <CredentialAlarm connectors={expiring} />
      {!quiet && <Standing counts={counts} overdue={overdue} />}
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid content-start gap-5">
          {first && <FirstSteps actor={actor} groups={groups} />}
          {!quiet && <Recent certificates={newest.items} refused={refused.items} />}
        </div>
        <div className="grid content-start gap-5">
          {health}
          {causes.length > 0 && <FailuresByCause causes={causes} now={now} />}
        </div>
      </div>
    </div>
  )
}
