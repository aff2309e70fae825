/** Certificates revoked, held or released as one: what waits for its time, what runs, what was done. */
import { Ban, Plus } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { ListFrame } from '@/app/_components/list-frame'
import { PageHeader } from '@/app/_components/page-header'
import { ACTIONS, REASONS } from '@/app/_components/revocation-reasons'
import { RowLink } from '@/app/_components/row-link'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { BulkStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { listed, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { canInGroups } from '@/lib/services/permissions'

export const metadata: Metadata = { title: 'Revocations' }

export default async function RevocationsPage({ searchParams }: { searchParams: SearchParameters }) {
  const actor = await requireActorInGroups('bulk-revocation:read')
  const { cursor } = await readParameters(searchParams, ['cursor'])
  const { items, nextCursor } = await listed(server().bulkRevocations.list(actor, cursor ? { cursor } : {}))
  return (
    <>
      <PageHeader
        help="revocation#many-at-once"
        title="Revocations"
        description="Many certificates at once, now or at a time ahead. What was revoked one by one is on each certificate's own page."
      >
        {canInGroups(actor, 'bulk-revocation:manage') && (
          <ButtonLink href="/certificates">
            <Plus aria-hidden />
            Select certificates
          </ButtonLink>
        )}
      </PageHeader>
      <ListFrame path="/revocations" filters={{}} cursor={cursor} nextCursor={nextCursor}>
        {items.length === 0 ? (
          <EmptyState icon={Ban} title="No bulk revocation yet">
            Tick certificates in their list, or choose all of a group, a device or an issuer on its page. A dry run
            shows what would be hit before anything happens.
          </EmptyState>
        ) : (
          <DataTable
            caption="Bulk revocations"
            rows={items}
            rowKey={({ id }) => id}
            columns={[
              {
                head: 'What',
                primary: true,
                cell: ({ id, described }) => (
                  <RowLink href={`/revocations/${id}`}>
                    <VisibleText>{described.charAt(0).toUpperCase() + described.slice(1)}</VisibleText>
                  </RowLink>
                ),
              },
              {
                head: 'Action',
                cell: ({ action, reason }) => (
                  <>
                    {ACTIONS[action].title}
                    {action === 'revoke' && reason && <p className="text-sm text-muted">{REASONS[reason].title}</p>}
                  </>
                ),
              },
              { head: 'State', cell: ({ state }) => <BulkStateBadge state={state} /> },
              { head: 'Done', cell: ({ done, skipped, total }) => `${done + skipped} of ${total}` },
              { head: 'By', spare: true, cell: ({ requestedBy }) => requestedBy },
              {
                head: 'When',
                className: 'md:whitespace-nowrap',
                cell: ({ startsAt, state }) => (
                  <Instant at={startsAt} show={state === 'scheduled' ? 'moment' : 'relative'} />
                ),
              },
            ]}
          />
        )}
      </ListFrame>
    </>
  )
}
