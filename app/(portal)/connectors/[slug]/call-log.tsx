/** What was said with an MDM, newest first. */
import {
  ArrowDownLeft,
  ArrowUpRight,
  CircleCheck,
  CircleSlash,
  CircleX,
  type LucideIcon,
  Radio,
  SearchX,
} from 'lucide-react'
import { Badge, type Tone } from '@/app/_components/badge'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { FilterBar } from '@/app/_components/filter-bar'
import { FilterSelect } from '@/app/_components/filter-select'
import { Instant } from '@/app/_components/instant'
import { Pagination } from '@/app/_components/pagination'
import { TextLink } from '@/app/_components/row-link'
import { oneOf } from '@/app/_components/search-parameters'
import { VisibleText } from '@/app/_components/visible-text'
import { listed } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { CallView } from '@/lib/services/mdm-connector-calls'

export const CALL_FILTERS = ['outcome', 'operation', 'cursor'] as const

const OUTCOMES: Record<CallView['outcome'], [tone: Tone, icon: LucideIcon, words: string]> = {
  success: ['ok', CircleCheck, 'Success'],
  refused: ['warn', CircleSlash, 'Refused'],
  failed: ['bad', CircleX, 'Failed'],
}
const CHOICES = Object.keys(OUTCOMES) as CallView['outcome'][]

interface CallLogProps {
  actor: Actor
  slug: string
  wanted: Partial<Record<(typeof CALL_FILTERS)[number], string>>
}

export async function CallLog({ actor, slug, wanted: { outcome, operation, cursor } }: CallLogProps) {
  const { mdmConnectors } = server()
  const chosen = oneOf(CHOICES, outcome)
  const filter = { ...(chosen ? { outcome: chosen } : {}), ...(operation ? { operation } : {}) }
  const [operations, { items, nextCursor }] = await Promise.all([
    mdmConnectors.operations(actor, slug),
    listed(mdmConnectors.calls(actor, slug, filter, { limit: 25, ...(cursor ? { cursor } : {}) })),
  ])
  const filtered = Object.keys(filter).length > 0
  return (
    <>
      {(items.length > 0 || filtered) && (
        <FilterBar label="Filter calls">
          <FilterSelect
            name="outcome"
            label="Outcome"
            all="All outcomes"
            value={chosen}
            options={CHOICES.map((each) => [each, OUTCOMES[each][2]])}
          />
          <FilterSelect
            name="operation"
            label="Operation"
            all="All operations"
            value={operation}
            options={operations.map((each) => [each, each])}
          />
        </FilterBar>
      )}
      {items.length > 0 ? (
        <div className="-mx-4 border-t border-line sm:-mx-5">
          <CallTable calls={items} />
        </div>
      ) : filtered || cursor ? (
        <EmptyState icon={SearchX} title="No call matches">
          Try fewer filters.
        </EmptyState>
      ) : (
        <EmptyState icon={Radio} title="Nothing was said yet">
          Each request to the MDM and from it appears here, with what came of it.
        </EmptyState>
      )}
      <Pagination path={`/connectors/${slug}`} filters={filter} cursor={cursor} nextCursor={nextCursor} />
    </>
  )
}

function CallTable({ calls }: { calls: CallView[] }) {
  return (
    <DataTable
      caption="Calls"
      rows={calls}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Operation', primary: true, cell: (call) => <Operation call={call} /> },
        { head: 'Outcome', cell: (call) => <Outcome call={call} /> },
        { head: 'When', className: 'md:whitespace-nowrap', cell: ({ at }) => <Instant at={at} show="relative" /> },
        {
          head: 'Took',
          className: 'md:whitespace-nowrap',
          cell: ({ milliseconds, attempt }) => `${milliseconds} ms${attempt > 1 ? `, attempt ${attempt}` : ''}`,
        },
        {
          head: 'In its own log',
          spare: true,
          cell: ({ correlationId, enrolmentTransactionId }) => (
            <div className="grid gap-0.5 text-sm">
              {correlationId && <code className="font-mono wrap-anywhere">{correlationId}</code>}
              {enrolmentTransactionId && <TextLink href={`/enrolments/${enrolmentTransactionId}`}>Enrolment</TextLink>}
              {!correlationId && !enrolmentTransactionId && '–'}
            </div>
          ),
        },
      ]}
    />
  )
}

function Operation({ call: { direction, operation, target } }: { call: CallView }) {
  const Icon = direction === 'in' ? ArrowDownLeft : ArrowUpRight
  return (
    <div className="flex min-w-0 items-start gap-2">
      <Icon className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere">
          <span className="sr-only">{direction === 'in' ? 'From it: ' : 'To it: '}</span>
          <VisibleText>{operation}</VisibleText>
        </p>
        {target && <p className="text-sm wrap-anywhere text-muted">{target}</p>}
      </div>
    </div>
  )
}

function Outcome({ call: { outcome, status, code, detail } }: { call: CallView }) {
  const [tone, icon, words] = OUTCOMES[outcome]
  const facts = [...(status === null ? [] : [`HTTP ${status}`]), ...(code === null ? [] : [code])].join(' · ')
  return (
    <div className="grid gap-1">
      <Badge tone={tone} icon={icon}>
        {words}
      </Badge>
      {facts && <p className="text-sm wrap-anywhere">{facts}</p>}
      {detail && (
        <p className="max-w-md text-sm wrap-anywhere text-muted">
          <VisibleText>{detail}</VisibleText>
        </p>
      )}
    </div>
  )
}
