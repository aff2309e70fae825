/** Receivers as rows: which server asks about which endpoint, and when it last did. */
import { Ban, CircleCheck } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { InlineCopy } from '@/app/_components/copy-value'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { ReceiverView } from '@/lib/services/connectors'
import { ReceiverActions } from './receiver-actions'

export function ReceiverTable({ receivers, mayManage }: { receivers: ReceiverView[]; mayManage: boolean }) {
  return (
    <DataTable
      caption="Receivers"
      rows={receivers}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Receiver',
          primary: true,
          cell: ({ id, name }) => (
            <div className="min-w-0">
              <p className="font-medium">
                <VisibleText>{name}</VisibleText>
              </p>
              <InlineCopy value={id} what="webhook id" />
            </div>
          ),
        },
        { head: 'Endpoint', cell: ({ endpoint }) => endpoint.slug },
        {
          head: 'State',
          cell: ({ enabled, previousSecretUntil }) => (
            <div className="grid gap-1">
              {enabled ? (
                <Badge tone="ok" icon={CircleCheck}>
                  Enabled
                </Badge>
              ) : (
                <Badge tone="neutral" icon={Ban}>
                  Disabled
                </Badge>
              )}
              {previousSecretUntil && (
                <p className="text-sm text-muted">
                  Old secret until <Instant at={previousSecretUntil} show="relative" />
                </p>
              )}
            </div>
          ),
        },
        {
          head: 'Last asked',
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Instant at={lastUsedAt} show="relative" /> : 'never'),
        },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, name, enabled }) => mayManage && <ReceiverActions id={id} name={name} enabled={enabled} />,
        },
      ]}
    />
  )
}
