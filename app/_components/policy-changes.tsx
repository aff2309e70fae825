/** What was different from one version of a policy to another: each setting with its value before and after. */
import type { PolicyChange } from '@/lib/services/policy-versions'
import { DataTable } from './data-table'
import { nameOfSetting, valueOfSetting } from './name-of-setting'
import { VisibleText } from './visible-text'

interface PolicyChangesProps {
  caption: string
  changes: PolicyChange[]
  /** Heads of the two columns. */
  between?: [before: string, after: string]
}

export function PolicyChanges({ caption, changes, between = ['Before', 'After'] }: PolicyChangesProps) {
  const [before, after] = between
  return (
    <DataTable
      caption={caption}
      rows={changes}
      rowKey={({ field }) => field}
      columns={[
        {
          head: 'Setting',
          primary: true,
          className: 'md:w-2/5',
          cell: ({ field }) => <span className="font-medium">{nameOfSetting(field)}</span>,
        },
        {
          head: before,
          className: 'md:w-3/10',
          cell: (change) => (
            <del className="text-muted no-underline wrap-anywhere">
              <VisibleText>{valueOfSetting(change.before)}</VisibleText>
            </del>
          ),
        },
        {
          head: after,
          cell: (change) => (
            <ins className="font-medium no-underline wrap-anywhere">
              <VisibleText>{valueOfSetting(change.after)}</VisibleText>
            </ins>
          ),
        },
      ]}
    />
  )
}
