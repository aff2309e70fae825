/** What a RADIUS server sees of the group at this moment. */
import { CircleCheck, OctagonX, TriangleAlert } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { RadiusReadiness, ReadinessCheck, Verdict } from '@/lib/services/radius-readiness'

const NAMES: Record<ReadinessCheck['what'], string> = {
  access: 'Network access',
  key: 'API key',
  address: 'Address for revocation',
  login: 'Address for logins',
  chain: 'Certificate',
  crl: 'Revocation list',
  ocsp: 'OCSP',
}

interface ReadinessCardProps extends RadiusReadiness {
  /** Leads to where a missing API key is made. */
  mayMakeKeys: boolean
}

export function ReadinessCard({ checkedAt, checks, mayMakeKeys }: ReadinessCardProps) {
  const rows = checks.map((check, number) => ({ ...check, number }))
  return (
    <Card
      flush
      title="As a RADIUS server sees it"
      description={
        <>
          Fetched and verified over HTTP <Instant at={checkedAt} show="relative" />. Load the page again to look again.
        </>
      }
    >
      <DataTable
        caption="Checks"
        rows={rows}
        rowKey={({ number }) => String(number)}
        columns={[
          { head: 'Check', primary: true, cell: ({ what, authority }) => <Named what={what} name={authority?.name} /> },
          { head: 'Verdict', cell: ({ verdict }) => <VerdictBadge verdict={verdict} /> },
          { head: 'What was found', cell: (check) => <Found {...check} mayMakeKeys={mayMakeKeys} /> },
        ]}
      />
    </Card>
  )
}

function Named({ what, name }: { what: ReadinessCheck['what']; name: string | undefined }) {
  return (
    <span className="grid">
      <span className="font-medium">{NAMES[what]}</span>
      {name && <span className="text-sm text-muted">{name}</span>}
    </span>
  )
}

function VerdictBadge({ verdict }: { verdict: Verdict }) {
  switch (verdict) {
    case 'ok':
      return (
        <Badge tone="ok" icon={CircleCheck}>
          Ready
        </Badge>
      )
    case 'warn':
      return (
        <Badge tone="warn" icon={TriangleAlert}>
          Look here
        </Badge>
      )
    case 'fail':
      return (
        <Badge tone="bad" icon={OctagonX}>
          Not ready
        </Badge>
      )
  }
}

function Found({
  what,
  verdict,
  evidence,
  url,
  thisUpdate,
  nextUpdate,
  mayMakeKeys,
}: ReadinessCheck & { mayMakeKeys: boolean }) {
  return (
    <span className="grid gap-0.5">
      <span>
        {evidence}
        {what === 'key' && verdict !== 'ok' && mayMakeKeys && (
          <>
            {' '}
            <TextLink href="/settings/api-keys">API keys</TextLink>
          </>
        )}
      </span>
      {thisUpdate && nextUpdate && (
        <span className="text-sm text-muted">
          Made <Instant at={thisUpdate} show="relative" />, next by <Instant at={nextUpdate} />
        </span>
      )}
      {url && (
        <span className="flex min-w-0 items-center gap-1 text-sm text-muted">
          <span className="min-w-0 break-all">{url}</span>
          <CopyButton value={url} what="URL" />
        </span>
      )}
    </span>
  )
}
