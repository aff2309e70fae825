/** One request: what it asks for, what is unusual about it, what its device did before, and the decision. */
import type { Metadata } from 'next'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { ApprovalStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { ApprovalDetail } from '@/lib/services/approval-types'
import { canInGroups } from '@/lib/services/permissions'
import { DecideDialog } from './decide-dialog'
import { DecisionsCard } from './decisions-card'
import { HistoryCard } from './history-card'
import { OriginCard, RequestCard } from './request-cards'

export const metadata: Metadata = { title: 'Request' }

export default async function ApprovalPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActorInGroups('approval:read')
  const { id } = await params
  const request = await found(server().approvals.get(actor, id))
  const { subject, san, state } = request
  const name = subject || san.map(({ value }) => value).join(', ')
  return (
    <>
      <PageHeader
        help="challenge-policies#approval"
        description="What this device asks for, and who may let it in."
        title={<VisibleText>{name}</VisibleText>}
        badge={<ApprovalStateBadge state={state} />}
        trail={[{ href: '/approvals', text: 'Approvals' }]}
      >
        {state === 'open' && canInGroups(actor, 'approval:decide') && (
          <>
            <DecideDialog id={id} name={name} verb="deny" />
            <DecideDialog id={id} name={name} verb="approve" />
          </>
        )}
      </PageHeader>
      <div className="grid gap-5">
        <Outcome request={request} />
        <Remarks request={request} />
        <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="grid content-start gap-5">
            <RequestCard request={request} />
            <HistoryCard history={request.history} />
          </div>
          <div className="grid content-start gap-5">
            <DecisionsCard request={request} />
            <OriginCard request={request} />
          </div>
        </div>
      </div>
    </>
  )
}

function Outcome({ request: { state, certificate, problem } }: { request: ApprovalDetail }) {
  if (certificate) {
    return (
      <Notice title="The certificate is made">
        The device gets it when it asks next:{' '}
        <TextLink href={`/certificates/${certificate.id}`}>certificate {shortSerial(certificate.serial)}</TextLink>.
      </Notice>
    )
  }
  if (problem) {
    return (
      <Notice tone="warn" title="Approved, without a certificate yet">
        {problem}
      </Notice>
    )
  }
  return state === 'expired' ? (
    <Notice title="Nobody decided in time">The device was told so. It has to ask anew.</Notice>
  ) : null
}

/** Warnings first: they are what an approval is there for. */
function Remarks({ request: { warnings, differences } }: { request: ApprovalDetail }) {
  return (
    <>
      {warnings.length > 0 && (
        <Notice tone="warn" title="Look twice">
          <Sentences>{warnings}</Sentences>
        </Notice>
      )}
      {differences.length > 0 && (
        <Notice title="What differs from the endpoint's profile">
          <Sentences>{differences}</Sentences>
        </Notice>
      )}
    </>
  )
}

function Sentences({ children }: { children: string[] }) {
  return (
    <ul className="grid gap-1">
      {children.map((sentence) => (
        <li key={sentence}>
          <VisibleText>{sentence}</VisibleText>
        </li>
      ))}
    </ul>
  )
}
