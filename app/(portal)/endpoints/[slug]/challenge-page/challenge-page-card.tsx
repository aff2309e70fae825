/** The challenge page of an endpoint: where it is, who may fetch challenges there, and how each of them fares. */
import { Ban, CircleCheck, ScrollText } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { PageAccountView } from '@/lib/services/challenge-page-accounts'
import type { PageRefusal } from '@/lib/services/challenge-page-types'
import { PageAccountActions } from './account-actions'
import { NewPageAccount } from './new-account'

interface ChallengePageCardProps {
  slug: string
  /** Whether the endpoint mints challenges at all. */
  inUse: boolean
  accounts: PageAccountView[]
  /** The path without a name, where it leads here. */
  standardUrl: string | null
  mayManage: boolean
}

export function ChallengePageCard({ slug, inUse, accounts, standardUrl, mayManage }: ChallengePageCardProps) {
  const [first] = accounts
  return (
    <Card
      id="challenge-page"
      flush
      title="Challenge page for MDMs (NDES)"
      description={
        inUse
          ? "For device managements that know only Microsoft's NDES. Each signs in over HTTPS with a secret of its own and gets one challenge for each device."
          : 'The policy of this endpoint is another one: whoever asks is told that it may not enrol.'
      }
      action={mayManage && inUse && <NewPageAccount slug={slug} />}
    >
      {first === undefined ? (
        <EmptyState icon={ScrollText} title="No device management fetches challenges here">
          {mayManage
            ? 'Add an account for Workspace ONE, Ivanti, ManageEngine, Fleet and others that ask for the address of an NDES server.'
            : 'An administrator can add an account for one.'}
        </EmptyState>
      ) : (
        <>
          <div className="grid gap-1 border-b border-line px-4 py-3 text-sm text-muted *:min-w-0 sm:px-5">
            <p>
              Page <InlineCopy value={first.url} what="challenge page URL" />
            </p>
            <p>
              For products that append the path of NDES{' '}
              <InlineCopy value={first.urlUnderScep} what="challenge page URL under SCEP" />
            </p>
            {standardUrl !== null && (
              <p>
                For products that are told a host alone{' '}
                <InlineCopy value={standardUrl} what="standard challenge page URL" />
              </p>
            )}
          </div>
          <AccountTable slug={slug} accounts={accounts} mayManage={mayManage} />
        </>
      )}
    </Card>
  )
}

function AccountTable({ slug, accounts, mayManage }: Pick<ChallengePageCardProps, 'slug' | 'accounts' | 'mayManage'>) {
  return (
    <DataTable
      caption="Accounts of the challenge page"
      rows={accounts}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Account', primary: true, className: 'md:w-1/3', cell: AccountCell },
        { head: 'State', cell: StateCell },
        { head: 'Page', cell: PageCell },
        {
          head: 'Unused',
          cell: ({ pending, mostPending }) => (
            <span className="tabular-nums">
              {pending.toLocaleString('en-GB')} of {mostPending.toLocaleString('en-GB')}
            </span>
          ),
        },
        { head: 'Last', cell: LastCell },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: (account) => mayManage && <PageAccountActions slug={slug} account={shown(account)} />,
        },
      ]}
    />
  )
}

function AccountCell({ name, user, subjectTemplate, allowedAddresses, fromEverywhere }: PageAccountView) {
  return (
    <div className="min-w-0">
      <p className="font-medium">
        <VisibleText>{name}</VisibleText>
      </p>
      <InlineCopy value={user} what={`user name of ${name}`} />
      <p className="text-sm wrap-anywhere text-muted">
        {subjectTemplate}
        {!fromEverywhere && `, from ${allowedAddresses.join(', ')}`}
      </p>
      {fromEverywhere && <p className="text-sm text-warn">Can be used from anywhere in the world.</p>}
    </div>
  )
}

function StateCell({ enabled, previousSecretUntil }: PageAccountView) {
  return (
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
  )
}

function PageCell({ encoding, format, ttlMinutes }: PageAccountView) {
  return (
    <div>
      <p>{encoding === 'utf-16le' ? 'UTF-16' : 'UTF-8'}</p>
      <p className="text-sm text-muted">
        {format === 'hex32' ? 32 : 16} characters, {ttlMinutes.toLocaleString('en-GB')} min
      </p>
    </div>
  )
}

function LastCell({ lastUsedAt, lastRefusal }: PageAccountView) {
  return (
    <div className="grid gap-1">
      <p>{lastUsedAt ? <Instant at={lastUsedAt} show="relative" /> : 'never used'}</p>
      {lastRefusal && (
        <p className="text-sm text-muted">
          {REFUSALS[lastRefusal.reason]} <Instant at={lastRefusal.at} show="relative" />
        </p>
      )}
    </div>
  )
}

const REFUSALS: Record<PageRefusal, string> = {
  address_not_allowed: 'Refused, its address is not allowed,',
  account_disabled: 'Refused, it is disabled,',
  endpoint_disabled: 'Refused, the endpoint is off,',
  endpoint_not_dynamic: 'Refused, the policy is another one,',
  too_fast: 'Told to wait, more than 60 in a minute,',
  challenge_quota: 'Told to wait, too many unused,',
}

/** What the browser gets to see: plain and no more than its forms need. */
function shown(account: PageAccountView) {
  const { id, name, user, enabled, subjectTemplate, allowedAddresses, fromEverywhere } = account
  const { encoding, format, ttlMinutes, mostPending } = account
  return {
    ...{ id, name, user, enabled, subjectTemplate, allowedAddresses, fromEverywhere },
    ...{ encoding, format, ttlMinutes, mostPending },
  }
}
