/** Minters as rows. */
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { EnabledBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { MinterView } from '@/lib/services/minters'
import { EditMinter } from './edit-minter'
import type { PlaceChoice } from './minter-fields'
import { SwitchMinter } from './switch-minter'

interface MinterTableProps {
  minters: MinterView[]
  choices: PlaceChoice[]
  mayManage: boolean
}

export function MinterTable({ minters, choices, mayManage }: MinterTableProps) {
  return (
    <DataTable
      caption="Minters"
      rows={minters}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Minter', primary: true, cell: NameCell },
        { head: 'State', cell: ({ disabledAt }) => <EnabledBadge enabled={disabledAt === null} /> },
        { head: 'May mint for', cell: LimitsCell },
        { head: 'Keys', spare: true, cell: KeysCell },
        {
          head: 'Last used',
          className: 'md:whitespace-nowrap',
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Instant at={lastUsedAt} show="relative" /> : 'never'),
        },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: (minter) =>
            mayManage && (
              <span className="flex flex-wrap gap-1 md:justify-end">
                <EditMinter minter={minter} choices={choices} />
                <SwitchMinter id={minter.id} name={minter.name} enabled={minter.disabledAt === null} />
              </span>
            ),
        },
      ]}
    />
  )
}

function NameCell({ name, issuer }: MinterView) {
  return (
    <div className="min-w-0">
      <p className="font-medium">
        <VisibleText>{name}</VisibleText>
      </p>
      <p className="text-sm wrap-anywhere text-muted">
        <VisibleText>{issuer}</VisibleText>
      </p>
    </div>
  )
}

function LimitsCell({ endpoints, subjectTemplate, sanTypes, maxTtlMinutes, perHour }: MinterView) {
  return (
    <div className="min-w-0">
      <p>{endpoints.map(({ slug }) => slug).join(', ')}</p>
      <p className="text-sm wrap-anywhere text-muted">
        {subjectTemplate ?? 'any subject'}
        {sanTypes.length > 0 && `, names: ${sanTypes.join(', ')}`}
      </p>
      <p className="text-sm text-muted">
        {maxTtlMinutes} min each, {perHour.toLocaleString('en-GB')} an hour
      </p>
    </div>
  )
}

function KeysCell({ keys, jwksUrl }: MinterView) {
  return (
    <div className="grid gap-0.5 text-sm">
      <ul className="grid gap-0.5 text-sm">
        {keys.map(({ kid, algorithm }) => (
          <li key={kid} className="wrap-anywhere">
            {algorithm} <code className="font-mono text-xs">{kid.length > 16 ? `${kid.slice(0, 12)}…` : kid}</code>
          </li>
        ))}
      </ul>
      {jwksUrl !== null && (
        <p className="wrap-anywhere text-muted">
          pinned from <VisibleText>{jwksUrl}</VisibleText>
        </p>
      )}
    </div>
  )
}
