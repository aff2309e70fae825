/** Validators as rows: whether each works, and what can be done about it. */
import { Ban, CircleCheck, CircleDashed, CircleX, TriangleAlert } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { ValidatorView } from '@/lib/services/connectors'
import { ValidatorActions } from './validator-actions'

export function ValidatorTable({ validators, mayManage }: { validators: ValidatorView[]; mayManage: boolean }) {
  return (
    <DataTable
      caption="Validators"
      rows={validators}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Validator',
          primary: true,
          cell: ({ name, url }) => (
            <div className="min-w-0">
              <p className="font-medium">
                <VisibleText>{name}</VisibleText>
              </p>
              <p className="font-mono text-sm wrap-anywhere text-muted">{url}</p>
            </div>
          ),
        },
        { head: 'State', cell: (validator) => <Health validator={validator} /> },
        {
          head: 'Last answer',
          cell: ({ health: { lastSuccessAt } }) =>
            lastSuccessAt ? <Instant at={lastSuccessAt} show="relative" /> : 'never',
        },
        { head: 'Endpoints', cell: ({ endpoints }) => endpoints.map(({ slug }) => slug).join(', ') || 'none yet' },
        { head: 'Notifications', cell: ({ notifications }) => <Outbox {...notifications} /> },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ health, notifications, endpoints, createdAt, createdBy, ...validator }) =>
            mayManage && <ValidatorActions validator={validator} />,
        },
      ]}
    />
  )
}

function Health({ validator: { enabled, health } }: { validator: ValidatorView }) {
  const { circuit, failures, lastError, lastFailureAt, lastSuccessAt } = health
  const failing = circuit === 'open' || failures > 0
  return (
    <div className="grid gap-1">
      {stateOf()}
      {enabled && failing && lastError && (
        <p className="max-w-72 text-sm wrap-anywhere text-muted">
          {lastFailureAt && <Instant at={lastFailureAt} show="relative" />} {lastError}
        </p>
      )}
    </div>
  )

  function stateOf() {
    if (!enabled)
      return (
        <Badge tone="neutral" icon={Ban}>
          Disabled
        </Badge>
      )
    if (circuit === 'open')
      return (
        <Badge tone="bad" icon={CircleX}>
          Left alone for now
        </Badge>
      )
    if (failures > 0)
      return (
        <Badge tone="warn" icon={TriangleAlert}>
          Failing
        </Badge>
      )
    return lastSuccessAt ? (
      <Badge tone="ok" icon={CircleCheck}>
        Answers
      </Badge>
    ) : (
      <Badge tone="neutral" icon={CircleDashed}>
        Never asked
      </Badge>
    )
  }
}

function Outbox({ waiting, delivered, givenUp }: ValidatorView['notifications']) {
  if (waiting + delivered + givenUp === 0) return 'none'
  const parts = [
    `${delivered} delivered`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(givenUp > 0 ? [`${givenUp} given up`] : []),
  ]
  return <span className={givenUp > 0 ? 'text-bad' : undefined}>{parts.join(', ')}</span>
}
