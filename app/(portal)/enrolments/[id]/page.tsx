/** One enrolment as a story: why it ended as it did and what to do, then every step, then what it belongs to. */
import { FlaskConical } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { FieldTable } from '@/app/_components/field-table'
import { PageHeader } from '@/app/_components/page-header'
import { TransactionStateBadge } from '@/app/_components/states'
import { Timeline } from '@/app/_components/timeline'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { CertificateSummary } from '@/lib/services/certificates'
import { canInGroups } from '@/lib/services/permissions'
import type { TransactionDetail } from '@/lib/services/transactions'
import { BelongingsCard } from './belongings-card'
import { CauseCard } from './cause-card'
import { ExchangeCard } from './exchange-card'

export const metadata: Metadata = { title: 'Enrolment' }

export default async function EnrolmentPage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActorInGroups('transaction:read')
  const { id } = await params
  const enrolment = await found(server().transactions.get(actor, id))
  const { subject, state, operation, endpoint, fields, exchanges, history, support } = enrolment
  return (
    <>
      <PageHeader
        help="flight-recorder"
        description="One attempt, step by step: what the device asked, and why it got what it got."
        title={subject ? <VisibleText>{subject}</VisibleText> : state === 'answered' ? operation : 'No readable name'}
        badge={<TransactionStateBadge state={state} />}
        trail={[{ href: '/enrolments', text: 'Enrolments' }]}
      >
        {fields.length > 0 && canInGroups(actor, 'simulation:run') && (
          <ButtonLink href={`/endpoints/${endpoint.slug}/simulate?transaction=${id}`} size="small">
            <FlaskConical aria-hidden />
            What would happen now
          </ButtonLink>
        )}
        <CopyButton value={support} what="as text" wide="Copy for support" />
      </PageHeader>
      <div className="grid gap-5">
        <CauseCard enrolment={enrolment} later={await certificateSince(actor, enrolment)} />
        <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="grid content-start gap-5">
            {fields.length > 0 && (
              <Card
                flush
                title="Expected and received"
                description="What the challenge and the profile expect, beside what the request says."
              >
                <FieldTable fields={fields} />
              </Card>
            )}
            {exchanges.map((exchange, index) => (
              <ExchangeCard key={exchange.id} exchange={exchange} number={index + 1} of={exchanges.length} />
            ))}
            {exchanges.length === 0 && (
              <Card title="What happened">
                <p className="text-muted">
                  No steps are kept of this enrolment. The recorder writes them within a second, samples floods, and
                  forgets them after the time set under Settings, Retention.
                </p>
              </Card>
            )}
          </div>
          <div className="grid content-start gap-5">
            <BelongingsCard enrolment={enrolment} />
            <Card title="Audit trail" description="Of this enrolment, its challenge and its certificate.">
              {history.length > 0 ? (
                <Timeline events={history} />
              ) : (
                <p className="text-muted">None is on record, or none that you may read.</p>
              )}
            </Card>
          </div>
        </div>
      </div>
    </>
  )
}

/** Of a refused one: what was issued afterwards, under its own name or under the one that its challenge was for. */
async function certificateSince(actor: Actor, enrolment: TransactionDetail): Promise<CertificateSummary | null> {
  const { state, subject, challenge, createdAt, group } = enrolment
  if (state !== 'refused' && state !== 'failed') return null
  const names = new Set([subject, challenge?.subject].filter((name) => typeof name === 'string' && name !== ''))
  const newest = await Promise.all(
    [...names].map((name) =>
      server().certificates.list(actor, { subject: String(name), group: group.slug }, { limit: 1 }),
    ),
  )
  return newest.flatMap(({ items }) => items).find(({ issuedAt }) => issuedAt > createdAt) ?? null
}
