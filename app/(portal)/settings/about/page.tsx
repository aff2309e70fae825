/** What this installation is, whether its parts answer, what it is made of, and a file for those who help. */
import { CircleCheck, Download, OctagonX } from 'lucide-react'
import type { Metadata } from 'next'
import { Badge } from '@/app/_components/badge'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { version } from '@/package.json'

export const metadata: Metadata = { title: 'About' }

export default async function AboutPage() {
  const actor = await requireActor('overview:read')
  const [{ database, signer }, licences] = await Promise.all([server().ready(), server().licences.list()])
  const { publicUrl, statusUrl } = server().urls
  return (
    <div className="grid max-w-2xl gap-5">
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
      {can(actor, 'diagnostics:read') && (
        <Card
          title="Diagnostics"
          description="One file for those who help you. Read it before you send it."
          action={
            <a href="/settings/about/diagnostics" download className={buttonClass()}>
              <Download aria-hidden />
              Download diagnostics
            </a>
          }
        >
          <p>
            It holds versions, migrations, the size of each table, when jobs last ran, and the state of authorities,
            endpoints and connectors under their short names. It holds no key, no secret, no certificate, and nothing of
            your devices and people. That you took it is recorded in the audit trail.
          </p>
        </Card>
      )}
      <Card title="Licences" description="The open-source software that Latchkey is built with.">
        <div className="grid gap-2">
          {licences.map(({ licence, packages }) => (
            <details key={licence} className="group">
              <summary className="w-fit rounded font-medium">
                {licence} <span className="font-normal text-muted">({packages.length})</span>
              </summary>
              <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
                {packages.map(({ name, version: used }) => (
                  <li key={`${name} ${used}`} className="wrap-anywhere">
                    {name} {used}
                  </li>
                ))}
              </ul>
            </details>
          ))}
        </div>
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
