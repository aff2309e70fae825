/** One version of a policy in full: what it changed, all its settings, and what is different today. */
import type { PolicyVersionDetail } from '@/lib/services/policy-versions'
import { Card } from './card'
import { DataTable } from './data-table'
import { Fact, Facts } from './facts'
import { Instant } from './instant'
import { nameOfSetting, valueOfSetting } from './name-of-setting'
import { PolicyChanges } from './policy-changes'
import { PolicyOrigin } from './policy-origin'
import { VisibleText } from './visible-text'

export function PolicyVersionCards({ version }: { version: PolicyVersionDetail }) {
  const { changes, since, state, event } = version
  return (
    <div className="grid gap-5">
      <Card title="How it came about">
        <Facts>
          <Fact name="When">
            <Instant at={version.at} />
          </Fact>
          <Fact name="By whom">
            <PolicyOrigin version={version} />
          </Fact>
          <Fact name="Audit event">
            {event === null ? 'none' : `no. ${event.seq}, `}
            {event && <code className="font-mono text-sm">{event.type}</code>}
          </Fact>
        </Facts>
      </Card>
      {changes.length > 0 && (
        <Card flush title="What it changed" description="Against the version before.">
          <PolicyChanges caption="What it changed" changes={changes} />
        </Card>
      )}
      <Card
        flush
        title="What is different today"
        description={
          since === null ? 'Nothing: these are the settings of today.' : `Version ${since.version} holds today.`
        }
      >
        {since && (
          <PolicyChanges
            caption="What is different today"
            changes={since.changes}
            between={[`Version ${version.version}`, `Version ${since.version}`]}
          />
        )}
      </Card>
      <Card flush title="All settings">
        <DataTable
          caption="All settings"
          rows={Object.entries(state).toSorted(([a], [b]) => a.localeCompare(b, 'en'))}
          rowKey={([field]) => field}
          columns={[
            {
              head: 'Setting',
              primary: true,
              className: 'md:w-2/5',
              cell: ([field]) => <span className="font-medium">{nameOfSetting(field)}</span>,
            },
            {
              head: 'Value',
              cell: ([, value]) => (
                <span className="wrap-anywhere">
                  <VisibleText>{valueOfSetting(value)}</VisibleText>
                </span>
              ),
            },
          ]}
        />
      </Card>
    </div>
  )
}
