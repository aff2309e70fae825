/** API keys as rows. */
import { Ban, CircleCheck, Clock } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { ROLE_NAMES } from '@/app/_components/name-of-role'
import { VisibleText } from '@/app/_components/visible-text'
import type { ApiKeyView } from '@/lib/services/access'
import { RevokeApiKey } from './revoke-api-key'

export function ApiKeyTable({ keys, mayManage, now }: { keys: ApiKeyView[]; mayManage: boolean; now: Date }) {
  return (
    <DataTable
      caption="API keys"
      rows={keys}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Key',
          primary: true,
          cell: ({ name, hint }) => (
            <div className="min-w-0">
              <p className="font-medium">
                <VisibleText>{name}</VisibleText>
              </p>
              <p className="font-mono text-sm text-muted">{hint}…</p>
            </div>
          ),
        },
        {
          head: 'Role',
          cell: ({ role, endpoints, groups }) => (
            <>
              {ROLE_NAMES[role].title}
              {groups && (
                <p className="text-sm wrap-anywhere text-muted">Of {groups.map(({ name }) => name).join(', ')}</p>
              )}
              {endpoints && (
                <p className="text-sm wrap-anywhere text-muted">
                  Challenges of {endpoints.map(({ slug }) => slug).join(', ')}
                </p>
              )}
            </>
          ),
        },
        { head: 'State', cell: (key) => <ApiKeyState apiKey={key} now={now} /> },
        {
          head: 'Last used',
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Instant at={lastUsedAt} show="relative" /> : 'never'),
        },
        { head: 'Expires', cell: ({ expiresAt }) => <Instant at={expiresAt} show="day" /> },
        { head: 'Created by', cell: ({ createdBy }) => createdBy ?? '–' },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, name, revokedAt, expiresAt }) =>
            mayManage && !revokedAt && expiresAt > now && <RevokeApiKey id={id} name={name} />,
        },
      ]}
    />
  )
}

function ApiKeyState({ apiKey: { revokedAt, expiresAt }, now }: { apiKey: ApiKeyView; now: Date }) {
  if (revokedAt) {
    return (
      <Badge tone="bad" icon={Ban}>
        Revoked
      </Badge>
    )
  }
  return expiresAt <= now ? (
    <Badge tone="neutral" icon={Clock}>
      Expired
    </Badge>
  ) : (
    <Badge tone="ok" icon={CircleCheck}>
      Active
    </Badge>
  )
}
