/** A request that goes out, and the certificate that comes in for it. */
import { Download } from 'lucide-react'
import type { Metadata } from 'next'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyButton } from '@/app/_components/copy-button'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { PageHeader } from '@/app/_components/page-header'
import { Preformatted } from '@/app/_components/preformatted'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { withdrawRequest } from '../../actions'
import { AcceptForm } from './accept-form'

export const metadata: Metadata = { title: 'Request for an issuer' }

export default async function AuthorityRequestPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor('group:read')
  const { id } = await params
  const request = await found(server().authorityImports.getRequest(actor, id))
  const mayManage = can(actor, 'authority:manage')
  return (
    <div className="max-w-3xl">
      <PageHeader
        help="authorities"
        title={request.name}
        description="Its key is in the signer. It becomes an issuer when you bring the certificate that a root signed for it."
        trail={[{ href: '/authorities', text: 'Authorities' }]}
      >
        {mayManage && (
          <ConfirmAction
            action={withdrawRequest}
            values={{ id }}
            label="Withdraw"
            title={`Withdraw the request for ${request.name}?`}
            confirm="Withdraw"
            done="Request withdrawn"
          >
            <p>A certificate that was signed for it is not accepted any more. Its key is never used.</p>
          </ConfirmAction>
        )}
      </PageHeader>
      <div className="grid gap-5">
        <Card
          title="1. Have it signed"
          description="By the root itself, as an authority below which there is none (pathLen 0), for some years."
          action={
            <div className="flex flex-wrap gap-2">
              <a href={`/authorities/requests/${id}/csr`} download className={buttonClass('secondary', 'small')}>
                <Download aria-hidden />
                CSR
              </a>
              <CopyButton value={request.csrPem} what={`request of ${request.name}`} wide="Copy PEM" />
            </div>
          }
        >
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <Facts>
              <Fact name="Subject">{request.subject}</Fact>
              <Fact name="Key">{KEY_NAMES[request.keyAlgorithm]}</Fact>
              <Fact name="Asked for">
                by {request.createdBy}, <Instant at={request.createdAt} />
              </Fact>
            </Facts>
            <Preformatted small>{request.csrPem}</Preformatted>
          </div>
        </Card>
        {mayManage && (
          <Card title="2. Bring the certificate" description="Alone, or with its root in the same file (PEM).">
            <AcceptForm id={id} />
          </Card>
        )}
      </div>
    </div>
  )
}
