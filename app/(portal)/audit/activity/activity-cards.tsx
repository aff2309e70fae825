/** The sums of a period: what was issued, asked for, revoked and decided, and the events by their kind. */
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { ActivitySums, ActivityView } from '@/lib/services/activity'
import { AUDIT_TYPES } from '@/lib/services/audit-catalogue'

export function ActivityCards({ activity }: { activity: ActivityView }) {
  const { subject, sums, events, from, to } = activity
  return (
    <div className="grid gap-5 xl:grid-cols-2">
      <Card
        title={<VisibleText>{subject.name}</VisibleText>}
        description={
          <>
            From <Instant at={from} /> to <Instant at={to} />
          </>
        }
      >
        {sums === null ? <PersonFacts events={events} /> : <SumFacts sums={sums} />}
      </Card>
      <Card
        flush
        title="Events by kind"
        description={events.more ? 'Of the newest hundred thousand: there are more.' : undefined}
      >
        {events.counts.length > 0 ? (
          <DataTable
            caption="Events by kind"
            rows={events.counts}
            rowKey={({ type, outcome }) => `${type} ${outcome}`}
            columns={[
              { head: 'Event', primary: true, cell: ({ type }) => titleOf(type) },
              { head: 'Outcome', cell: ({ outcome }) => outcome },
              { head: 'How often', className: 'md:text-right tabular-nums', cell: ({ count }) => number(count) },
            ]}
          />
        ) : (
          <p className="px-4 py-4 text-muted sm:px-5">None in this period.</p>
        )}
      </Card>
    </div>
  )
}

function PersonFacts({ events }: Pick<ActivityView, 'events'>) {
  const total = events.counts.reduce((sum, { count }) => sum + count, 0)
  const refused = events.counts.filter(({ outcome }) => outcome === 'denied').reduce((sum, { count }) => sum + count, 0)
  return (
    <Facts>
      <Fact name="Events">
        {number(total)}
        {events.more && ' and more'}
      </Fact>
      <Fact name="Refused access">{number(refused)}</Fact>
    </Facts>
  )
}

function SumFacts({ sums }: { sums: ActivitySums }) {
  const { issued, renewed, challenges, enrolments, revocations, decisions } = sums
  return (
    <Facts>
      <Fact name="Certificates issued">
        {number(issued)}, of which {number(renewed)} renewed another
      </Fact>
      <Fact name="Challenges minted">{number(challenges)}</Fact>
      <Fact name="Enrolments">
        {enrolments.length === 0
          ? 'none'
          : enrolments.map(({ state, count }) => `${number(count)} ${state}`).join(', ')}
      </Fact>
      <Fact name="Revoked or held">
        {revocations.length === 0
          ? 'none'
          : revocations.map(({ by, reason, count }) => (
              <span key={`${by} ${reason}`} className="block">
                {number(count)} by <VisibleText>{by}</VisibleText> ({reason})
              </span>
            ))}
      </Fact>
      {decisions.length > 0 && (
        <Fact name="Decisions">
          {decisions.map(({ by, approves, count }) => (
            <span key={`${by} ${approves}`} className="block">
              {number(count)} {approves ? 'approved' : 'denied'} by <VisibleText>{by}</VisibleText>
            </span>
          ))}
        </Fact>
      )}
    </Facts>
  )
}

/** A type of a later version is shown by its own name. */
function titleOf(type: string): string {
  return (AUDIT_TYPES as Readonly<Record<string, { title: string } | undefined>>)[type]?.title ?? type
}

function number(value: number): string {
  return value.toLocaleString('en-GB')
}
