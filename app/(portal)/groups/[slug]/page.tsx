/** A group: what to do next, where devices enrol, its issuer, and what it issued. */
import { Archive, Ban, History, KeyRound, ShieldX } from 'lucide-react'
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { AuditLink } from '@/app/_components/audit-link'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CertificateTable } from '@/app/_components/certificate-table'
import { ChallengeTable } from '@/app/_components/challenge-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { Skeleton, TableSkeleton } from '@/app/_components/skeleton'
import { found, requireActorInGroups } from '@/app/_session'
import { isWaiting } from '@/app/(portal)/groups/waiting-issuers'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { type GroupOutline, rootAbove } from '@/lib/services/groups'
import { can, canInGroups } from '@/lib/services/permissions'
import { DeviceRulesCard } from './device-rules-card'
import { EndpointsCard } from './endpoints-card'
import { IssuerCard } from './issuer-card'
import { NetworkCard } from './network-card'
import { NextSteps } from './next-steps'
import { RolloverCard } from './rollover-card'
import { TrustCard } from './trust-card'
import { TrustPageCard } from './trust-page-card'

type Params = { params: Promise<{ slug: string }> }

export const metadata: Metadata = { title: 'Group' }

export default async function GroupPage({ params }: Params) {
  const actor = await requireActorInGroups('group:read')
  const { slug } = await params
  const group = await found(server().groups.outline(actor, slug))
  const [trustPage, { items: issued }] = await Promise.all([
    server().trust.setting(actor, slug),
    server().certificates.list(actor, { group: slug }, { limit: 1 }),
  ])
  const endpoint = group.endpoints.find(({ policy }) => policy === 'dynamic') ?? group.endpoints[0]
  return (
    <>
      <PageHeader
        help="how-an-enrolment-works"
        description="Its issuer, its endpoints, and how its devices get on the network."
        title={group.name}
        trail={[{ href: '/groups', text: 'Groups' }]}
      >
        <AuditLink actor={actor} type="group" id={group.id} />
        {can(actor, 'policy-version:read') && (
          <ButtonLink href={`/groups/${slug}/versions`}>
            <History aria-hidden />
            Versions
          </ButtonLink>
        )}
        {canInGroups(actor, 'bulk-revocation:manage') && issued.length > 0 && (
          <ButtonLink href={bulkAddress({ group: slug })} variant="danger-quiet">
            <Ban aria-hidden />
            Revoke its certificates
          </ButtonLink>
        )}
        {can(actor, 'break-glass:read') && group.issuer && (
          <ButtonLink href={`/groups/${slug}/break-glass`} variant="danger-quiet">
            <ShieldX aria-hidden />
            Break glass
          </ButtonLink>
        )}
        {can(actor, 'group:retire') && group.retiredAt === null && (
          <ButtonLink href={`/groups/${slug}/retire`} variant="quiet">
            <Archive aria-hidden />
            Retire
          </ButtonLink>
        )}
        {endpoint?.enabled && endpoint.policy === 'dynamic' && canInGroups(actor, 'challenge:mint') && (
          <ButtonLink
            href={`/challenges/new?endpoint=${endpoint.slug}`}
            variant="primary"
            className="max-sm:order-first"
          >
            <KeyRound aria-hidden />
            Mint a challenge
          </ButtonLink>
        )}
      </PageHeader>
      <div className="grid gap-5">
        {group.retiredAt && (
          <Notice title="This group is retired">
            Nobody enrols into it any more. <TextLink href={`/groups/${slug}/retire`}>What is left of it</TextLink>
          </Notice>
        )}
        {!group.ready && (
          <Notice title="This group is still being made">
            Its keys and certificates are not all there yet. Reload in a few seconds; a start that was interrupted is
            finished by itself.
          </Notice>
        )}
        {group.issuer?.status === 'revoked' && (
          <Notice tone="warn" title={`${group.issuer.name} is revoked`}>
            Nothing it signed counts any more, and the endpoints of the group are off.{' '}
            {can(actor, 'break-glass:read') && (
              <TextLink href={`/groups/${slug}/break-glass?issuer=${group.issuer.slug}`}>What comes next</TextLink>
            )}
          </Notice>
        )}
        {endpoint && group.issuer && (
          <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <div className="grid content-start gap-5">
              <NextSteps
                endpoint={endpoint}
                issuer={group.issuer}
                rootUrl={await rootUrl(actor, group.issuer.id)}
                mayMint={canInGroups(actor, 'challenge:mint')}
                trustPage={trustPage.enabled ? `/trust/${group.slug}` : null}
              />
              <TrustPageCard group={group} page={trustPage} mayManage={can(actor, 'group:update')} />
            </div>
            <div className="grid content-start gap-5">
              <TrustCard endpoint={endpoint} issuer={group.issuer} />
              <IssuerCard issuer={group.issuer} />
              <DeviceRulesCard rules={await server().deviceRules.get(actor, group.slug)} />
              <NetworkCard access={await server().networkAccess.get(actor, group.slug)} />
              <Suspense fallback={<Skeleton className="h-44" />}>
                <Rollover actor={actor} group={group} />
              </Suspense>
            </div>
          </div>
        )}
        <EndpointsCard group={slug} endpoints={group.endpoints} mayCreate={can(actor, 'endpoint:create')} />
        <Suspense fallback={<TableSkeleton rows={5} />}>
          <GroupCertificates actor={actor} group={group.slug} />
        </Suspense>
        <Suspense fallback={<TableSkeleton rows={5} />}>
          <GroupChallenges actor={actor} group={group.slug} />
        </Suspense>
      </div>
    </>
  )
}

async function rootUrl(actor: Actor, issuerId: string): Promise<string> {
  const authorities = await server().groups.authorities(actor)
  return rootAbove(authorities, issuerId)?.caUrl ?? ''
}

/** Comes after the rest, for it counts the group's devices. */
async function Rollover({ actor, group }: { actor: Actor; group: GroupOutline }) {
  const { rollover, groups } = server()
  return (
    <RolloverCard
      rollover={await rollover.get(actor, group.slug)}
      waiting={(await groups.authorities(actor)).filter(isWaiting)}
      mayManage={can(actor, 'rollover:manage') && group.issuer?.status !== 'revoked'}
      mayRead={can(actor, 'break-glass:read')}
    />
  )
}

const SHOWN = 5

async function GroupCertificates({ actor, group }: { actor: Actor; group: string }) {
  const { items, nextCursor } = await server().certificates.list(actor, { group }, { limit: SHOWN })
  return (
    <Card
      flush
      title="Newest certificates"
      action={nextCursor && <TextLink href={`/certificates?group=${group}`}>All of them</TextLink>}
    >
      {items.length > 0 ? (
        <CertificateTable certificates={items} without="group" />
      ) : (
        <EmptyState icon={KeyRound} title="No certificates yet">
          They appear here the moment a device enrols.
        </EmptyState>
      )}
    </Card>
  )
}

async function GroupChallenges({ actor, group }: { actor: Actor; group: string }) {
  const { items, nextCursor } = await server().challenges.list(actor, { group }, { limit: SHOWN })
  if (items.length === 0) return null
  return (
    <Card
      flush
      title="Newest challenges"
      action={nextCursor && <TextLink href={`/challenges?group=${group}`}>All of them</TextLink>}
    >
      <ChallengeTable challenges={items} mayRevoke={canInGroups(actor, 'challenge:revoke')} without="group" />
    </Card>
  )
}
