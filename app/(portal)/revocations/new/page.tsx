/** The dry run of a bulk revocation, and under it the form that confirms it. */
import { SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CertificateTable } from '@/app/_components/certificate-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { ACTIONS, SKIP_CAUSES } from '@/app/_components/revocation-reasons'
import type { SearchParameters } from '@/app/_components/search-parameters'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { requireActorInGroups } from '@/app/_session'
import { addressOf, BULK_ACTIONS, readSelection } from '@/app/(portal)/revocations/selection'
import { isRefusal, Refusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { DryRun, Selection, SkipCause } from '@/lib/services/bulk-revocation-types'
import type { CertificateStatus } from '@/lib/services/certificates'
import type { RevocationAction } from '@/lib/services/revocation'
import { ConfirmForm } from './confirm-form'

export const metadata: Metadata = { title: 'Revoke certificates' }

export default async function NewRevocationPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('bulk-revocation:manage')
  const { action, selection } = await readSelection(searchParams)
  const given = await searchParams
  const outcome = selection === null ? UNREADABLE : await previewed(actor, action, selection)
  return (
    <>
      <PageHeader
        help="revocation#many-at-once"
        title="Many certificates at once"
        trail={[
          { href: '/certificates', text: 'Certificates' },
          { href: '/revocations', text: 'Revocations' },
        ]}
        description={isRefusal(outcome) ? undefined : <VisibleText>{`Selected: ${outcome.described}.`}</VisibleText>}
      />
      <nav aria-label="What shall happen" className="mb-5 flex flex-wrap gap-2">
        {BULK_ACTIONS.map((each) => (
          <ButtonLink
            key={each}
            href={addressOf(each, given)}
            size="small"
            variant={each === action ? 'primary' : 'secondary'}
            aria-current={each === action ? 'page' : undefined}
          >
            {ACTIONS[each].title}
          </ButtonLink>
        ))}
      </nav>
      {isRefusal(outcome) ? (
        <Notice tone="warn" title="This selection cannot be used">
          {outcome.sentence}
        </Notice>
      ) : (
        <div className="grid gap-5">
          <DryRunCard run={outcome} />
          {outcome.affected > 0 && (
            <Card title="Confirm" className="max-w-3xl">
              <ConfirmForm
                selection={JSON.stringify(selection)}
                action={action}
                affected={outcome.affected}
                confirm={outcome.confirm}
              />
            </Card>
          )}
        </div>
      )}
    </>
  )
}

const UNREADABLE = new Refusal(
  'invalid_input',
  'Its address names a filter that there is not. Choose again in the list.',
)

async function previewed(actor: Actor, action: RevocationAction, selection: Selection): Promise<DryRun | Refusal> {
  try {
    return await server().bulkRevocations.preview(actor, action, selection)
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

function DryRunCard({ run }: { run: DryRun }) {
  const statuses = Object.entries(run.statuses) as [CertificateStatus, number][]
  const skipped = Object.entries(run.skipped) as [SkipCause, number][]
  return (
    <Card
      flush
      title="Dry run"
      description={
        run.affected === 0
          ? `None of ${run.matched} would be ${ACTIONS[run.action].done}.`
          : `${run.affected} of ${run.matched} would be ${ACTIONS[run.action].done}. Nothing has happened yet.`
      }
    >
      <dl className="grid gap-4 px-4 py-4 sm:grid-cols-2 sm:px-5">
        <div>
          <dt className="text-sm text-muted">Would change, by their status now</dt>
          <dd className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1.5">
            {statuses.length === 0
              ? 'None'
              : statuses.map(([status, count]) => (
                  <span key={status} className="inline-flex items-center gap-1.5">
                    <CertificateStatusBadge status={status} /> {count}
                  </span>
                ))}
          </dd>
        </div>
        <div>
          <dt className="text-sm text-muted">Left as they are, and why</dt>
          <dd className="mt-1.5 grid gap-0.5">
            {skipped.length === 0
              ? 'None'
              : skipped.map(([cause, count]) => (
                  <span key={cause}>
                    {count} {SKIP_CAUSES[cause]}
                  </span>
                ))}
          </dd>
        </div>
      </dl>
      {run.samples.length > 0 ? (
        <div className="border-t border-line">
          <p className="px-4 pt-3 pb-1 text-sm text-muted sm:px-5">
            {run.samples.length < run.affected ? `The newest ${run.samples.length} of them` : 'All of them'}
          </p>
          <CertificateTable certificates={run.samples} />
        </div>
      ) : (
        <EmptyState icon={SearchX} title="Nothing would change">
          Choose another action above, or select other certificates.
        </EmptyState>
      )}
    </Card>
  )
}
