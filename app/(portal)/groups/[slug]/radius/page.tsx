/** Whether RADIUS servers can do their work for a group, what they are told, and how they are set up. */
import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { TableSkeleton } from '@/app/_components/skeleton'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { windowText } from '@/lib/services/access-windows'
import type { Actor } from '@/lib/services/actor'
import { rootAbove } from '@/lib/services/groups'
import { can } from '@/lib/services/permissions'
import type { ConfigurationRequest } from '@/lib/services/radius-configuration'
import { ConfigurationCard } from './configuration-card'
import { configurationOf, parametersOf } from './configuration-choices'
import { DecisionsCards } from './decisions-card'
import { NetworkAccessForm } from './network-access-form'
import { OtherServersCard } from './other-servers-card'
import { ReadinessCard } from './readiness-card'

export const metadata: Metadata = { title: 'RADIUS' }

interface PageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function RadiusPage({ params, searchParams }: PageProps) {
  const actor = await requireActorInGroups('network:read')
  const { slug } = await params
  const access = await found(server().networkAccess.get(actor, slug))
  const group = await found(server().groups.outline(actor, slug))
  const request = configurationOf(slug, parametersOf(await searchParams))
  return (
    <>
      <PageHeader
        help="radius"
        title="RADIUS"
        description="Which network the devices of this group get, and the configuration of the servers that ask."
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: access.group.name },
        ]}
      />
      <div className="grid gap-5">
        <Card title="Network access" description="What a device of this group gets when it logs in.">
          <NetworkAccessForm
            group={slug}
            enabled={access.enabled}
            vlan={access.vlan ?? ''}
            filterId={access.filterId ?? ''}
            class={access.class ?? ''}
            sessionTimeoutSeconds={access.sessionTimeoutSeconds?.toString() ?? ''}
            ssids={access.ssids.join('\n')}
            networkServers={access.networkServers.join('\n')}
            windows={access.windows.map(windowText).join('\n')}
            timeZone={access.timeZone}
            mayChange={can(actor, 'network:manage')}
          />
        </Card>
        <Suspense fallback={<TableSkeleton rows={6} />}>
          <Readiness actor={actor} slug={slug} />
        </Suspense>
        {group.issuer && (
          <>
            <Configuration actor={actor} request={request} />
            <OtherServersCard
              group={slug}
              issuer={group.issuer}
              rootCrlUrl={await rootCrlUrl(actor, group.issuer.id)}
              ocspUrl={server().urls.ocspUrl(group.issuer.slug)}
              vlan={access.vlan}
            />
          </>
        )}
        <DecisionsCards {...(await server().networkHistory.ofGroup(actor, slug))} />
      </div>
    </>
  )
}

async function Readiness({ actor, slug }: { actor: Actor; slug: string }) {
  return (
    <ReadinessCard
      {...(await server().radiusReadiness.check(actor, slug))}
      mayMakeKeys={can(actor, 'api-key:manage')}
    />
  )
}

async function Configuration({ actor, request }: { actor: Actor; request: ConfigurationRequest }) {
  const [slug = ''] = request.groups
  const files = await found(server().radiusConfiguration.files(actor, request))
  const groups = await server().groups.outlines(actor)
  return (
    <ConfigurationCard
      group={slug}
      request={request}
      files={files.map(({ path, text }) => ({ path, text }))}
      otherGroups={groups.filter((group) => group.slug !== slug && group.issuer !== null)}
    />
  )
}

async function rootCrlUrl(actor: Actor, issuerId: string): Promise<string> {
  const authorities = await server().groups.authorities(actor)
  return rootAbove(authorities, issuerId)?.crlUrl ?? ''
}
