/** A new group made ready, step by step; saving leads on, and all of it can be changed later where it belongs. */
import { BellRing, Download, KeyRound } from 'lucide-react'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { found, requireActor } from '@/app/_session'
import { DeviceRulesForm } from '@/app/(portal)/groups/[slug]/device-rules/device-rules-form'
import { NetworkAccessForm } from '@/app/(portal)/groups/[slug]/radius/network-access-form'
import { server } from '@/lib/server'
import { windowText } from '@/lib/services/access-windows'
import type { Actor } from '@/lib/services/actor'
import type { GroupOutline } from '@/lib/services/groups'
import { EnrolmentForm } from './enrolment-form'
import { type GoOn, GoOnButtons } from './go-on'
import { ObstaclesCard } from './obstacles-card'
import { obstaclesOf, STEPS, type Standing, type StepId, type StepState, setButOff, stateOf } from './standing'
import { standingOf } from './standing-of'
import { addressOf, after, Stepper } from './steps'

export const metadata: Metadata = { title: 'Set up group' }

interface PageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function SetUpGroupPage({ params, searchParams }: PageProps) {
  const actor = await requireActor('group:create')
  const { slug } = await params
  const wanted = await readParameters(searchParams, ['step'])
  const step =
    oneOf(
      STEPS.map(({ id }) => id),
      wanted.step,
    ) ?? 'enrolment'
  const group = await found(server().groups.outline(actor, slug))
  const standing = await standingOf(actor, group)
  const states = Object.fromEntries(STEPS.map(({ id }) => [id, stateOf(id, step, standing)])) as Record<
    StepId,
    StepState
  >
  const next = after(step)
  const leave = `/groups/${slug}`
  const goOn = next && { href: addressOf(slug, next.id), title: next.title, leave }
  return (
    <div className="max-w-3xl">
      <PageHeader
        help="endpoints#a-group-from-its-first-day-to-its-last"
        title={`Set up ${group.name}`}
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: group.name },
        ]}
        description="What you save holds at once. Leave whenever you like: all of it can be set on the page of the group, too."
      />
      <div className="grid gap-5">
        <Stepper group={slug} current={step} states={states} />
        {step !== 'network' && setButOff(standing.network) && (
          <Notice tone="warn" title="Nobody is let in yet">
            Network access of the group is kept, but it is off.{' '}
            <TextLink href={addressOf(slug, 'network')}>Network access</TextLink>
          </Notice>
        )}
        <Step actor={actor} group={group} step={step} goOn={goOn} standing={standing} />
        {/* A step with a form leads on by itself. */}
        {goOn && !hasForm(step, group) && <GoOnButtons goOn={goOn} look="primary" />}
        {!goOn && (
          <div className="flex justify-end">
            <ButtonLink href={leave} variant="primary">
              To the group
            </ButtonLink>
          </div>
        )}
      </div>
    </div>
  )
}

function hasForm(step: StepId, { endpoints }: GroupOutline): boolean {
  return step === 'enrolment' ? endpoints.length > 0 : step === 'network' || step === 'devices'
}

interface StepProps {
  actor: Actor
  group: GroupOutline
  /** Null at the end. */
  goOn: GoOn | null
}

async function Step({ step, standing, ...props }: StepProps & { step: StepId; standing: Standing }) {
  switch (step) {
    case 'enrolment':
      return <EnrolmentStep {...props} />
    case 'network':
      return <NetworkStep {...props} />
    case 'devices':
      return <DevicesStep {...props} standing={standing} />
    case 'profiles':
      return <ProfilesStep group={props.group} />
    case 'notices':
      return <LastStep {...props} standing={standing} />
  }
}

async function EnrolmentStep({ actor, group, goOn }: StepProps) {
  const [endpoint] = group.endpoints
  if (endpoint === undefined) return <NotReady />
  const validators = await server().connectors.deciders(actor)
  return (
    <Card title="Who may enrol" description={`The first endpoint of the group, ${endpoint.name}.`}>
      <EnrolmentForm
        group={group.slug}
        endpoint={{ ...endpoint, validityDays: endpoint.profile.validityDays }}
        validatorId={endpoint.validatorId}
        validators={validators.map(({ id, name }) => ({ id, name }))}
        {...(goOn && { goOn })}
      />
    </Card>
  )
}

async function NetworkStep({ actor, group, goOn }: StepProps) {
  const access = await server().networkAccess.get(actor, group.slug)
  return (
    <Card
      title="Network access"
      description="What the RADIUS server answers for a device of this group. Leave it off if Latchkey is not asked."
    >
      <NetworkAccessForm
        group={group.slug}
        enabled={access.enabled}
        vlan={access.vlan ?? ''}
        filterId={access.filterId ?? ''}
        class={access.class ?? ''}
        sessionTimeoutSeconds={access.sessionTimeoutSeconds?.toString() ?? ''}
        ssids={access.ssids.join('\n')}
        networkServers={access.networkServers.join('\n')}
        windows={access.windows.map(windowText).join('\n')}
        timeZone={access.timeZone}
        mayChange
        {...(goOn && { goOn })}
      />
    </Card>
  )
}

async function DevicesStep({ actor, group, goOn, standing }: StepProps & { standing: Standing }) {
  const { rules } = await server().deviceRules.get(actor, group.slug)
  return (
    <Card
      title="When the MDM lets a device go"
      description="Best practice: revoke what was removed or wiped, hold what is not compliant."
    >
      {standing.mdms === 0 && (
        <p className="mb-5 text-muted">
          No MDM is connected that tells of devices, so there is nothing to do yet. What you choose here counts from the
          day one is.
        </p>
      )}
      <DeviceRulesForm group={group.slug} rules={rules} mayChange {...(goOn && { goOn })} />
    </Card>
  )
}

function ProfilesStep({ group }: { group: GroupOutline }) {
  const [endpoint] = group.endpoints
  if (endpoint === undefined) return <NotReady />
  return (
    <Card title="Profiles for your devices" description="What a device or its MDM needs to enrol here, filled in.">
      <ul className="grid gap-4">
        <Way
          icon={<Download className="size-4.5" aria-hidden />}
          href={`/endpoints/${endpoint.slug}/profiles`}
          title="Ready profiles"
        >
          For Apple, Intune, Windows, Android, ChromeOS and Linux, to download or to paste.
        </Way>
        {endpoint.policy === 'dynamic' && (
          <Way
            icon={<KeyRound className="size-4.5" aria-hidden />}
            href={`/challenges/new?endpoint=${endpoint.slug}`}
            title="A first device by hand"
          >
            Mint a challenge for it, and paste the commands that come with it.
          </Way>
        )}
      </ul>
    </Card>
  )
}

async function LastStep({ actor, group, standing }: StepProps & { standing: Standing }) {
  const checks = await server().radiusReadiness.settings(actor, group.slug)
  return (
    <>
      <NoticesCard />
      <ObstaclesCard obstacles={obstaclesOf(group.slug, standing, checks)} />
    </>
  )
}

function NoticesCard() {
  return (
    <Card title="Who hears when something ends or fails" description="Set once for the whole installation.">
      <ul className="grid gap-4">
        <Way icon={<BellRing className="size-4.5" aria-hidden />} href="/settings/notifications" title="Notifications">
          E-mail and webhooks before an authority, a connector's credential or an API key ends, and when many requests
          fail.
        </Way>
      </ul>
    </Card>
  )
}

interface WayProps {
  icon: ReactNode
  href: string
  title: string
  children: ReactNode
}

function Way({ icon, href, title, children }: WayProps) {
  return (
    <li className="flex gap-3">
      <span className="mt-0.5 text-muted">{icon}</span>
      <div className="min-w-0">
        <p>
          <TextLink href={href}>{title}</TextLink>
        </p>
        <p className="text-sm text-muted">{children}</p>
      </div>
    </li>
  )
}

function NotReady() {
  return (
    <Card title="Still being made">
      <p className="text-muted">The keys of this group are not all there yet. Reload in a few seconds.</p>
    </Card>
  )
}
