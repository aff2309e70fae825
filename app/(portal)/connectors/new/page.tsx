/** Which MDM: the first choice of somebody who connects one. */
import { ArrowRight } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { GUIDES } from '@/app/(portal)/connectors/kinds'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Connect an MDM' }

export default async function NewConnectorPage() {
  await requireActor('connector:manage')
  const kinds = server().mdmConnectors.kinds()
  const guides = Object.values(GUIDES).filter(({ kind }) => kinds.includes(kind))
  return (
    <>
      <PageHeader
        help="connectors"
        title="Connect an MDM"
        description="It knows which devices are yours, and when one is lost. Certificates follow."
        trail={[{ href: '/connectors', text: 'Connectors' }]}
      />
      <div className="grid gap-5 sm:grid-cols-2 xl:grid-cols-3">
        {guides.map(({ kind, title, description }) => (
          <Card key={kind} title={title}>
            <div className="grid gap-4">
              <p className="text-muted">{description}</p>
              <ButtonLink href={`/connectors/new/${kind}`} variant="primary">
                {kind === 'events' ? 'Connect an MDM by events' : `Connect ${title}`}
                <ArrowRight aria-hidden />
              </ButtonLink>
            </div>
          </Card>
        ))}
        <Card title="An MDM that reads a challenge page">
          <div className="grid gap-4">
            <p className="text-muted">
              Workspace ONE, Ivanti, ManageEngine, Fleet, Zentral and others fetch their challenges from a page like
              that of Microsoft’s NDES. Each endpoint has one, with an account for each MDM.
            </p>
            <ButtonLink href="/endpoints" variant="secondary">
              Choose an endpoint
              <ArrowRight aria-hidden />
            </ButtonLink>
          </div>
        </Card>
        <Card title="An MDM or a script that calls an API">
          <div className="grid gap-4">
            <p className="text-muted">
              It mints a challenge for each device, with a key that can do nothing else. Add events, and it also tells
              when a device is gone.
            </p>
            <ButtonLink href="/settings/api-keys" variant="secondary">
              Create a key limited to an endpoint
              <ArrowRight aria-hidden />
            </ButtonLink>
          </div>
        </Card>
      </div>
    </>
  )
}
