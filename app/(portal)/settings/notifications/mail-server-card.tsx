/** Where e-mails leave, and whether they do. */
import { MailX } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { EmptyState } from '@/app/_components/empty-state'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { MailServerView } from '@/lib/services/mail-server'
import { removeMailServer } from './actions'
import { MailServerDialog, TestMailDialog } from './mail-server-form'

const SECURITY = { tls: 'TLS from the start', starttls: 'STARTTLS', none: 'not encrypted' } as const

export function MailServerCard({ mailServer, mayManage }: { mailServer: MailServerView | null; mayManage: boolean }) {
  return (
    <Card
      title="Mail server"
      description="E-mails leave through it, encrypted. Its password is sealed and never shown."
      action={
        mayManage && (
          <div className="flex flex-wrap gap-2">
            {mailServer !== null && <TestMailDialog />}
            <MailServerDialog mailServer={mailServer} />
            {mailServer !== null && (
              <ConfirmAction
                action={removeMailServer}
                values={{}}
                label="Remove"
                title="Remove the mail server?"
                confirm="Remove mail server"
                done="Mail server removed"
              >
                <p>Its password is deleted. Notices wait until there is another one.</p>
              </ConfirmAction>
            )}
          </div>
        )
      }
    >
      {mailServer === null ? (
        <EmptyState icon={MailX} title="No mail server yet">
          {mayManage
            ? 'Without one nobody is told by e-mail. Set the server of your organisation, then send a test.'
            : 'An administrator can set it.'}
        </EmptyState>
      ) : (
        <Facts>
          <Fact name="Server">
            {mailServer.host}, port {mailServer.port}, {SECURITY[mailServer.security]}
          </Fact>
          <Fact name="Signs in as">
            {mailServer.username === null ? 'nobody' : <VisibleText>{mailServer.username}</VisibleText>}
          </Fact>
          <Fact name="From">
            <VisibleText>{`${mailServer.fromName} <${mailServer.fromAddress}>`}</VisibleText>
          </Fact>
          <Fact name="State">
            <State mailServer={mailServer} />
          </Fact>
        </Facts>
      )}
    </Card>
  )
}

function State({ mailServer: { lastError, lastFailureAt, lastSuccessAt } }: { mailServer: MailServerView }) {
  if (lastError !== null)
    return (
      <div className="grid justify-items-start gap-1">
        <Badge tone="bad">Failing</Badge>
        <p>
          {lastError} {lastFailureAt && <Instant at={lastFailureAt} show="relative" />}
        </p>
      </div>
    )
  if (lastSuccessAt === null) return <Badge tone="neutral">Nothing sent yet</Badge>
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge tone="ok">Working</Badge>
      <Instant at={lastSuccessAt} show="relative" />
    </span>
  )
}
