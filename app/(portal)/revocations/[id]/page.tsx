/** One bulk revocation: how far it is, and what happened to each certificate. */
import { SearchX } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Fact, Facts } from '@/app/_components/facts'
import { FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { ACTIONS, REASONS, SKIP_CAUSES } from '@/app/_components/revocation-reasons'
import { RowLink, TextLink } from '@/app/_components/row-link'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { shortSerial } from '@/app/_components/short-serial'
import { BulkStateBadge, CertificateStatusBadge, ITEM_OUTCOME, ItemOutcomeBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { found, listed, requireActorInGroups } from '@/app/_session'
import { stopBulkRevocation } from '@/app/(portal)/revocations/actions'
import { server } from '@/lib/server'
import type { BulkItemView, BulkRevocationDetail, ItemOutcome } from '@/lib/services/bulk-revocation-types'
import { canInGroups } from '@/lib/services/permissions'
import { Progress } from './progress'

export const metadata: Metadata = { title: 'Bulk revocation' }

const OUTCOMES = Object.keys(ITEM_OUTCOME) as ItemOutcome[]

export default async function RevocationPage({
  params,
  searchParams,
}: {
  params: Promise<{ id: string }>
  searchParams: SearchParameters
}) {
  const actor = await requireActorInGroups('bulk-revocation:read')
  const { id } = await params
  const bulk = await found(server().bulkRevocations.get(actor, id))
  const wanted = await readParameters(searchParams, ['outcome', 'cursor'])
  const { cursor } = wanted
  const outcome = oneOf(OUTCOMES, wanted.outcome)
  const { items, nextCursor } = await listed(
    server().bulkRevocations.items(actor, bulk.id, outcome ? { outcome } : {}, cursor ? { cursor } : {}),
  )
  return (
    <>
      <PageHeader
        help="revocation#many-at-once"
        description="One revocation of many certificates: what was chosen, and how far it is."
        title={<VisibleText>{`${ACTIONS[bulk.action].verb} ${bulk.described}`}</VisibleText>}
        badge={<BulkStateBadge state={bulk.state} />}
        trail={[{ href: '/revocations', text: 'Revocations' }]}
      >
        {canInGroups(actor, 'bulk-revocation:manage') && <End bulk={bulk} />}
      </PageHeader>
      <div className="grid gap-5">
        <Renewed bulk={bulk} />
        <Card title="Progress">
          <Progress running={bulk.state === 'running'} done={bulk.done} skipped={bulk.skipped} total={bulk.total} />
        </Card>
        <RequestCard bulk={bulk} />
        <div>
          <h2 className="mb-3 font-semibold">What happened to each</h2>
          <FilterBar label="Filter certificates">
            <FilterSelect
              name="outcome"
              label="Outcome"
              all="Any outcome"
              value={outcome}
              options={OUTCOMES.map((each) => [each, ITEM_OUTCOME[each][0]])}
            />
          </FilterBar>
          <ListFrame path={`/revocations/${bulk.id}`} filters={{ outcome }} cursor={cursor} nextCursor={nextCursor}>
            {items.length > 0 ? (
              <Items items={items} />
            ) : (
              <EmptyState icon={SearchX} title="None with this outcome">
                Choose another outcome above.
              </EmptyState>
            )}
          </ListFrame>
        </div>
      </div>
    </>
  )
}

function End({ bulk: { id, state } }: { bulk: BulkRevocationDetail }) {
  if (state !== 'scheduled' && state !== 'running') return null
  const scheduled = state === 'scheduled'
  return (
    <ConfirmAction
      action={stopBulkRevocation}
      values={{ id }}
      label={scheduled ? 'Cancel' : 'Stop'}
      title={scheduled ? 'Cancel before it begins?' : 'Stop it where it is?'}
      confirm={scheduled ? 'Cancel bulk revocation' : 'Stop bulk revocation'}
      done={scheduled ? 'Bulk revocation cancelled' : 'Bulk revocation stopped'}
    >
      <p>
        {scheduled
          ? 'Its certificates stay as they are.'
          : 'What was done stays done; the certificates whose turn has not come stay as they are.'}
      </p>
    </ConfirmAction>
  )
}

function Renewed({ bulk: { renewed } }: { bulk: BulkRevocationDetail }) {
  if (!renewed) return null
  return (
    <Notice tone="warn" title={`${renewed} of these were renewed before their turn came`}>
      Their successors are valid and were not selected: the selection was fixed when it was confirmed. Each is named
      beside its predecessor below.
    </Notice>
  )
}

function RequestCard({ bulk }: { bulk: BulkRevocationDetail }) {
  const skippedBefore = Object.entries(bulk.skippedBefore) as [keyof typeof SKIP_CAUSES, number][]
  return (
    <Card title="Request">
      <Facts>
        <Fact name="By">{bulk.requestedBy}</Fact>
        <Fact name="Confirmed">
          <Instant at={bulk.createdAt} />
        </Fact>
        <Fact name="Action">
          {ACTIONS[bulk.action].title}
          {bulk.action === 'revoke' && bulk.reason && `: ${REASONS[bulk.reason].title.toLowerCase()}`}
        </Fact>
        {bulk.invalidityDate && (
          <Fact name="Compromised since">
            <Instant at={bulk.invalidityDate} />
          </Fact>
        )}
        {bulk.comment && (
          <Fact name="Comment">
            <VisibleText>{bulk.comment}</VisibleText>
          </Fact>
        )}
        <Fact name={bulk.startedAt ? 'Began' : 'Begins'}>
          <Instant at={bulk.startedAt ?? bulk.startsAt} />
        </Fact>
        {bulk.endedAt && (
          <Fact name="Ended">
            <Instant at={bulk.endedAt} />
            {bulk.endedBy && ` by ${bulk.endedBy}`}
          </Fact>
        )}
        {skippedBefore.length > 0 && (
          <Fact name="Left out by the dry run">
            {skippedBefore.map(([cause, count]) => `${count} ${SKIP_CAUSES[cause]}`).join(', ')}
          </Fact>
        )}
      </Facts>
    </Card>
  )
}

function Items({ items }: { items: BulkItemView[] }) {
  return (
    <DataTable
      caption="Certificates of this bulk revocation"
      rows={items}
      rowKey={({ certificate }) => certificate.id}
      columns={[
        {
          head: 'Device',
          primary: true,
          cell: ({ certificate }) => (
            <RowLink href={`/certificates/${certificate.id}`}>
              <VisibleText>{certificate.commonName ?? (certificate.subject || 'No name')}</VisibleText>
            </RowLink>
          ),
        },
        {
          head: 'Outcome',
          cell: ({ outcome, why }) => (
            <span className="flex flex-wrap items-center gap-x-2">
              <ItemOutcomeBadge outcome={outcome} />
              {why && <span className="text-sm text-muted">{SKIP_CAUSES[why]}</span>}
            </span>
          ),
        },
        {
          head: 'Status now',
          cell: ({ certificate: { status, statusCause } }) => (
            <CertificateStatusBadge status={status} cause={statusCause} />
          ),
        },
        {
          head: 'Renewed by',
          cell: ({ renewedBy }) =>
            renewedBy ? (
              <TextLink href={`/certificates/${renewedBy.id}`}>{shortSerial(renewedBy.serial)}</TextLink>
            ) : (
              '–'
            ),
        },
        { head: 'At', spare: true, cell: ({ at }) => (at ? <Instant at={at} /> : '–') },
      ]}
    />
  )
}
