/** The static secrets of an endpoint: what each allows, how far it is used up, and that it is weak. */
import { KeyRound } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { StaticSecretStateBadge } from '@/app/_components/states'
import { WeakBadge } from '@/app/_components/weak-badge'
import type { StaticSecretView } from '@/lib/services/static-secrets'
import { NewStaticSecret } from './new-static-secret'
import { RevokeStaticSecret } from './revoke-static-secret'

interface StaticSecretsCardProps {
  slug: string
  /** Whether the endpoint takes them. */
  inUse: boolean
  secrets: StaticSecretView[]
  mayManage: boolean
}

export function StaticSecretsCard({ slug, inUse, secrets, mayManage }: StaticSecretsCardProps) {
  return (
    <Card
      id="static-secrets"
      flush
      title={
        <span className="flex flex-wrap items-center gap-2">
          Static secrets
          <WeakBadge />
        </span>
      }
      description={
        inUse
          ? 'One password for many devices: whoever learns it can enrol within its bounds. Prefer one-time challenges.'
          : 'The policy of this endpoint is another one, so none of these works at present.'
      }
      action={mayManage && <NewStaticSecret slug={slug} />}
    >
      {secrets.length === 0 ? (
        <EmptyState icon={KeyRound} title="No static secret yet">
          {mayManage
            ? 'No device can enrol here until you create one. It is generated, bound to names and networks, and shown once.'
            : 'No device can enrol here until an administrator creates one.'}
        </EmptyState>
      ) : (
        <SecretTable slug={slug} secrets={secrets} mayManage={mayManage} />
      )}
    </Card>
  )
}

function SecretTable({ slug, secrets, mayManage }: Pick<StaticSecretsCardProps, 'slug' | 'secrets' | 'mayManage'>) {
  return (
    <DataTable
      caption="Static secrets"
      rows={secrets}
      rowKey={({ id }) => id}
      columns={[
        { head: 'For', primary: true, className: 'md:w-1/3', cell: BoundsCell },
        { head: 'State', cell: ({ state }) => <StaticSecretStateBadge state={state} /> },
        { head: 'Uses', cell: UsesCell },
        {
          head: 'Last used',
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Instant at={lastUsedAt} show="relative" /> : 'never'),
        },
        { head: 'Ends', cell: ({ revokedAt, expiresAt }) => <Instant at={revokedAt ?? expiresAt} show="day" /> },
        { head: 'Created by', spare: true, cell: ({ createdBy }) => createdBy },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, hint, state }) =>
            mayManage &&
            (state === 'active' || state === 'exhausted') && <RevokeStaticSecret slug={slug} id={id} hint={hint} />,
        },
      ]}
    />
  )
}

function BoundsCell({ hint, subjectTemplate, allowedAddresses, fromEverywhere }: StaticSecretView) {
  return (
    <div className="min-w-0">
      <p className="font-medium wrap-anywhere">{subjectTemplate}</p>
      <p className="text-sm wrap-anywhere text-muted">
        <span className="font-mono">{hint}…</span> from {allowedAddresses.join(', ')}
      </p>
      {fromEverywhere && <p className="text-sm text-warn">Can be used from anywhere in the world.</p>}
    </div>
  )
}

function UsesCell({ uses, maxUses, perHour }: StaticSecretView) {
  return (
    <div>
      <p className="tabular-nums">
        {uses} of {maxUses.toLocaleString('en-GB')}
      </p>
      <p className="text-sm text-muted">{perHour.toLocaleString('en-GB')} an hour</p>
    </div>
  )
}
