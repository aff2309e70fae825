/** The end of a group: what stops at once, what goes on until it ends by itself, and the way back. */
import { Ban, CircleCheck, CircleX, type LucideIcon } from 'lucide-react'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { found, requireActor } from '@/app/_session'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { RetirementView } from '@/lib/services/group-retirement'
import { can } from '@/lib/services/permissions'
import { reopenGroup } from './actions'
import { RetireForm } from './retire-form'

export const metadata: Metadata = { title: 'Retire group' }

export default async function RetireGroupPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActor('group:read')
  const { slug } = await params
  const view = await found(server().groupRetirement.get(actor, slug))
  const { group, retired } = view
  const mayManage = can(actor, 'group:retire')
  return (
    <>
      <PageHeader
        help="endpoints#a-group-from-its-first-day-to-its-last"
        title={retired ? `${group.name} is retired` : `Retire ${group.name}`}
        badge={retired && <Badge tone="neutral">Retired</Badge>}
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: group.name },
        ]}
        description="For a group that nobody shall enrol into any more. Nothing is deleted: its history stays, and its certificates keep their status."
      >
        {retired && mayManage && <Reopen group={group} />}
      </PageHeader>
      <div className="grid max-w-3xl gap-5">
        {retired && (
          <Notice title="Nobody enrols here any more">
            Since <Instant at={retired.at} />, by {retired.by}.
          </Notice>
        )}
        <Card title={retired ? 'What is left' : 'What happens'}>
          <ul className="grid gap-3">
            {!retired && <Stops view={view} />}
            <GoesOn view={view} mayRevoke={can(actor, 'bulk-revocation:manage')} />
          </ul>
        </Card>
        {!retired && mayManage && (
          <Card title="Retire this group">
            <RetireForm group={group} />
          </Card>
        )}
      </div>
    </>
  )
}

function Stops({ view: { endpoints, pendingChallenges } }: { view: RetirementView }) {
  return (
    <>
      <Item icon={CircleX} className="text-bad" title="Enrolment and renewal stop at once">
        {endpoints.length === 0
          ? 'Its endpoints are off already; none can be switched on any more.'
          : `${endpoints.map(({ name }) => name).join(', ')}: switched off, and cannot be switched on any more.`}
      </Item>
      <Item icon={CircleX} className="text-bad" title="Waiting challenges are revoked">
        {pendingChallenges === 0 ? 'None waits.' : `${pendingChallenges} of them.`}
      </Item>
    </>
  )
}

function GoesOn({
  view: { group, certificates, networkAccess },
  mayRevoke,
}: {
  view: RetirementView
  mayRevoke: boolean
}) {
  return (
    <>
      <Item icon={CircleCheck} className="text-ok" title="Its certificates hold until they end">
        {certificates === 0 ? (
          'None is valid any more.'
        ) : (
          <>
            <TextLink href={`/certificates?group=${group.slug}`}>{certificates} valid now</TextLink>; OCSP and the
            revocation list go on.{' '}
            {mayRevoke && <TextLink href={bulkAddress({ group: group.slug })}>Revoke them all</TextLink>}
          </>
        )}
      </Item>
      <Item
        icon={networkAccess ? CircleCheck : Ban}
        className={networkAccess ? 'text-ok' : 'text-faint'}
        title={networkAccess ? 'The network still lets them in' : 'The network lets nobody in'}
      >
        <TextLink href={`/groups/${group.slug}/radius`}>Network access</TextLink> of the group is{' '}
        {networkAccess ? 'on' : 'off'}.
      </Item>
    </>
  )
}

interface ItemProps {
  icon: LucideIcon
  className: string
  title: string
  children: ReactNode
}

function Item({ icon: Icon, className, title, children }: ItemProps) {
  return (
    <li className="flex gap-2.5">
      <Icon className={`mt-0.5 size-4.5 shrink-0 ${className}`} aria-hidden />
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        <p className="text-sm text-muted">{children}</p>
      </div>
    </li>
  )
}

function Reopen({ group }: { group: { slug: string; name: string } }) {
  return (
    <ConfirmAction
      action={reopenGroup}
      values={{ group: group.slug }}
      label="Reopen"
      variant="secondary"
      title={`Reopen ${group.name}?`}
      confirm="Reopen"
      done={`${group.name} is in use again`}
      harmless
    >
      <p>Its endpoints stay off until you switch each of them on. Revoked challenges stay revoked.</p>
    </ConfirmAction>
  )
}
