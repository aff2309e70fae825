/** MDMs as rows: how each is, when it last answered and called, and when its credential ends. */
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { RowLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'
import { ConnectorLightBadge } from './connector-light'
import { KIND_TITLES } from './kinds'

export function ConnectorTable({ connectors }: { connectors: MdmConnectorView[] }) {
  return (
    <DataTable
      caption="MDMs"
      rows={connectors}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'MDM',
          primary: true,
          cell: ({ slug, name, kind }) => (
            <div className="min-w-0">
              <RowLink href={`/connectors/${slug}`}>
                <VisibleText>{name}</VisibleText>
              </RowLink>
              <p className="text-sm text-muted">{KIND_TITLES[kind]}</p>
            </div>
          ),
        },
        {
          head: 'State',
          cell: ({ light, health: { lastError } }) => (
            <div className="grid gap-1">
              <ConnectorLightBadge light={light} />
              {light === 'failing' && lastError && (
                <p className="max-w-72 text-sm wrap-anywhere text-muted">
                  <VisibleText>{lastError}</VisibleText>
                </p>
              )}
            </div>
          ),
        },
        {
          head: 'Last success',
          cell: ({ kind, health: { lastSuccessAt } }) =>
            lastSuccessAt ? <Instant at={lastSuccessAt} show="relative" /> : kind === 'events' ? '–' : 'never',
        },
        {
          head: 'Last heard',
          cell: ({ hookUrl, health: { lastHeardAt } }) =>
            lastHeardAt ? <Instant at={lastHeardAt} show="relative" /> : hookUrl === null ? '–' : 'never',
        },
        {
          head: 'Credential ends',
          cell: ({ credentialExpiresAt, hasCredential, kind }) =>
            credentialExpiresAt ? (
              <Instant at={credentialExpiresAt} show="day" />
            ) : hasCredential ? (
              'not known'
            ) : kind === 'events' ? (
              '–'
            ) : (
              'none entered'
            ),
        },
      ]}
    />
  )
}
