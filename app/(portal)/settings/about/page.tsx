/** What this installation is and whether its parts answer. */
import { CircleCheck, OctagonX } from 'lucide-react'
import type { Metadata } from 'next'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { version } from '@/package.json'

export const metadata: Metadata = { title: 'About' }

export default async function AboutPage() {
  await requireActor('overview:read')
  const { database, signer } = await server().ready()
  const { publicUrl, statusUrl } = server().urls
  return (
    <div className="max-w-2xl">
      <Card title="This installation">
        <Facts>
          <Fact name="Version">{version}</Fact>
          <Fact name="Address">
            <InlineCopy value={publicUrl.origin} what="address" />
          </Fact>
          <Fact name="Status address">
            <InlineCopy value={statusUrl.origin} what="status address" />
          </Fact>
          <Fact name="Database">
            <Answers ready={database} />
          </Fact>
          <Fact name="Signer">
            <Answers ready={signer} />
          </Fact>
          <Fact name="Private keys">In the signer process alone, encrypted at rest. The portal holds none.</Fact>
        </Facts>
      </Card>
    </div>
  )
}

function Answers({ ready }: { ready: boolean }) {
  return ready ? (
    <Badge tone="ok" icon={CircleCheck}>
      Answers
    </Badge>
  ) : (
    <Badge tone="bad" icon={OctagonX}>
      Does not answer
    </Badge>
  )
}
