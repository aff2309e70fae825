/** The overview: how things stand, what came and what will come, and for a new installation what to do next. */
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { CardsSkeleton, Skeleton } from '@/app/_components/skeleton'
import { requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { GroupOutline } from '@/lib/services/groups'
import { firstOf } from '@/lib/services/overview'
import { can } from '@/lib/services/permissions'
import { Activity } from './_overview/activity'
import { Alarms } from './_overview/alarms'
import { BrakeAlarm } from './_overview/brake-alarm'
import { CredentialAlarm } from './_overview/credential-alarm'
import { CrlAlarm } from './_overview/crl-alarm'
import { FailuresByCause } from './_overview/failures-by-cause'
import { FirstSteps } from './_overview/first-steps'
import { Forecast } from './_overview/forecast'
import { Health } from './_overview/health'
import { healthChecks } from './_overview/health-checks'
import { PERIODS, PeriodChoice } from './_overview/period-choice'
import { PostureLine } from './_overview/posture-line'
import { Recent } from './_overview/recent'
import { Standing } from './_overview/standing'
import { Statuses } from './_overview/statuses'
import { supposedOf } from './_overview/supposed'
import { WaitingChallenges } from './_overview/waiting-challenges'

export const metadata: Metadata = { title: 'Overview' }

type Wanted = Partial<Record<'days' | 'devices' | 'endpoint', string>>

export default async function OverviewPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('overview:read')
  const wanted = await readParameters(searchParams, ['days', 'devices', 'endpoint'])
  const days = Number(oneOf(PERIODS, wanted.days) ?? '30')
  return (
    <>
      <PageHeader
        help="overview"
        title="Overview"
        description="How things stand. Every number opens the list of what it counts."
      >
        <PeriodChoice days={days} />
      </PageHeader>
      <Suspense fallback={<CardsSkeleton />}>
        <Overview actor={actor} days={days} wanted={wanted} />
      </Suspense>
    </>
  )
}

const NEWEST = { limit: 6 }

async function Overview({ actor, days, wanted }: { actor: Actor; days: number; wanted: Wanted }) {
  const { overview, groups: groupService, certificates, transactions } = server()
  const now = new Date()
  const [troubles, groups, standing, activity, causes, waiting, milestones, newest, refused] = await Promise.all([
    troublesOf(actor),
    groupService.outlines(actor),
    overview.standing(actor),
    overview.activity(actor, days),
    overview.causes(actor, days),
    overview.waiting(actor),
    overview.milestones(actor),
    certificates.list(actor, {}, NEWEST),
    transactions.list(actor, { state: 'refused' }, NEWEST),
  ])
  const quiet = standing.total === 0 && refused.items.length === 0
  return (
    <div className="grid gap-5">
      <Alarms actor={actor} alarms={troubles.alarms} />
      <BrakeAlarm brakes={troubles.brakes} />
      <CrlAlarm lists={troubles.lists} now={now} />
      <CredentialAlarm connectors={troubles.expiring} />
      {!quiet && <Standing standing={standing} activity={activity} waiting={waiting} overdue={troubles.overdue} />}
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid content-start gap-5">
          <FirstSteps actor={actor} groups={groups} milestones={milestones} />
          {!quiet && <Activity activity={activity} />}
          {standing.total > 0 && (
            <>
              <Suspense fallback={<Skeleton className="h-112" />}>
                <Ahead actor={actor} groups={groups} days={days} wanted={wanted} />
              </Suspense>
              <Statuses standing={standing} />
            </>
          )}
          {!quiet && <Recent certificates={newest.items} refused={refused.items} />}
        </div>
        <div className="grid content-start gap-5 max-xl:order-first">
          <Health kinds={healthChecks({ ...troubles, groups }, now)} now={now}>
            {can(actor, 'posture:read') && (
              <Suspense>
                <PostureLine actor={actor} />
              </Suspense>
            )}
          </Health>
          {!quiet && <FailuresByCause causes={causes} from={firstOf(days, now)} days={days} />}
          <WaitingChallenges waiting={waiting} />
        </div>
      </div>
    </div>
  )
}

interface AheadProps {
  actor: Actor
  groups: GroupOutline[]
  days: number
  wanted: Wanted
}

/** Comes after the rest, for it looks at every certificate and its successor. */
async function Ahead({ actor, groups, days, wanted }: AheadProps) {
  const weeks = await server().overview.forecast(actor)
  const endpoints = groups.flatMap((group) => group.endpoints.map((endpoint) => ({ ...endpoint, group })))
  const supposed = supposedOf(wanted, endpoints, weeks, new Date())
  return <Forecast weeks={weeks} endpoints={endpoints} supposed={supposed} days={days} />
}

/** What may want attention. Whoever is limited to some groups is not told of what all of them share. */
async function troublesOf(actor: Actor) {
  const { alarms, crlLists, deviceBrake, deviceRules, groups, mdmConnectors, overdueRenewals, backups, ready } =
    server()
  const everywhere = can(actor, 'overview:read')
  const [open, overdue, following, brakes, lists, expiring, connectors, authorities, backup, { signer }] =
    await Promise.all([
      alarms.open(actor),
      overdueRenewals.count(actor),
      deviceRules.following(actor),
      everywhere ? deviceBrake.list(actor) : [],
      everywhere ? crlLists.list(actor) : [],
      everywhere ? mdmConnectors.expiring(actor) : [],
      everywhere ? mdmConnectors.list(actor) : [],
      everywhere ? groups.authorities(actor) : [],
      everywhere ? backups.latest(actor) : null,
      ready(),
    ])
  const installation = everywhere ? { signer, backup } : null
  return { alarms: open, overdue, following, brakes, lists, expiring, connectors, authorities, installation }
}
