/** Connecting one kind of MDM, step by step: what to fetch there, and what to paste back. */
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { GUIDES, type GuidedKind } from '@/app/(portal)/connectors/kinds'
import { server } from '@/lib/server'
import { NewConnectorForm } from './new-connector-form'

export const metadata: Metadata = { title: 'Connect an MDM' }

export default async function NewConnectorOfKindPage({ params }: { params: Promise<{ kind: string }> }) {
  const actor = await requireActor('connector:manage')
  const { kind } = await params
  const known = server()
    .mdmConnectors.kinds()
    .find((each): each is GuidedKind => each === kind)
  if (known === undefined) notFound()
  const { title, description } = GUIDES[known]
  const endpoints = await server().groups.listEndpoints(actor)
  return (
    <div className="max-w-3xl">
      <PageHeader
        help="connectors"
        title={known === 'events' ? 'Connect an MDM by events' : `Connect ${title}`}
        description={description}
        trail={[
          { href: '/connectors', text: 'Connectors' },
          { href: '/connectors/new', text: 'Connect an MDM' },
        ]}
      />
      <NewConnectorForm
        kind={known}
        endpoints={endpoints.map(({ slug, name, group }) => ({ slug, name: `${group.name} ${name}` }))}
      />
    </div>
  )
}
