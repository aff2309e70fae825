/** Certificates as rows, drawn where they are shown: rows are smaller as data than as markup. */
'use client'

import type { ListView } from '@/app/_lists/list-view'
import type { CertificateSummary } from '@/lib/services/certificates'
import { type Column, DataTable } from './data-table'
import { Instant } from './instant'
import { REASONS } from './revocation-reasons'
import { RowLink } from './row-link'
import { shortSerial } from './short-serial'
import { CertificateStatusBadge } from './states'
import { VisibleText } from './visible-text'

interface CertificateTableProps {
  certificates: CertificateSummary[]
  /** The column that the surroundings say already. */
  without?: 'group'
  /** Each has a box to tick, for the form around the table. */
  tickable?: boolean
  view?: ListView
}

export function CertificateTable({ certificates, without, tickable = false, view }: CertificateTableProps) {
  const group: Column<CertificateSummary> = { name: 'group', head: 'Group', cell: ({ group }) => group?.name ?? '–' }
  return (
    <DataTable
      caption="Certificates"
      view={view}
      rows={certificates}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Device',
          sort: 'name',
          primary: true,
          cell: (row) => (tickable ? <Tickable {...row} /> : <DeviceCell {...row} />),
        },
        {
          name: 'status',
          head: 'Status',
          cell: ({ status, statusCause, revocationReason }) => (
            <span className="flex flex-wrap items-center gap-x-2">
              <CertificateStatusBadge status={status} cause={statusCause} />
              {status === 'revoked' && revocationReason && revocationReason !== 'unspecified' && (
                <span className="text-sm text-muted">{REASONS[revocationReason].title}</span>
              )}
            </span>
          ),
        },
        ...(without === 'group' ? [] : [group]),
        { name: 'endpoint', head: 'Endpoint', optional: true, cell: ({ endpoint }) => endpoint?.name ?? '–' },
        { name: 'issuer', head: 'Issuer', optional: true, cell: ({ issuer }) => issuer.name },
        {
          name: 'serial',
          head: 'Serial',
          sort: 'serial',
          spare: true,
          cell: ({ serial }) => <code className="font-mono text-sm whitespace-nowrap">{shortSerial(serial)}</code>,
        },
        { name: 'key', head: 'Key', optional: true, cell: ({ keyAlgorithm }) => keyAlgorithm },
        {
          name: 'issued',
          head: 'Issued',
          sort: 'issued',
          spare: true,
          className: 'md:whitespace-nowrap',
          cell: ({ issuedAt }) => <Instant at={issuedAt} show="relative" />,
        },
        {
          name: 'begins',
          head: 'Valid from',
          optional: true,
          cell: ({ notBefore }) => <Instant at={notBefore} show="day" />,
        },
        {
          name: 'ends',
          sort: 'ends',
          head: 'Valid until',
          className: 'md:whitespace-nowrap',
          cell: ({ notAfter }) => <Instant at={notAfter} show="day" />,
        },
        {
          name: 'revoked',
          head: 'Revoked',
          optional: true,
          cell: ({ revokedAt }) => (revokedAt ? <Instant at={revokedAt} show="relative" /> : '–'),
        },
        {
          name: 'fingerprint',
          head: 'SHA-256 fingerprint',
          optional: true,
          cell: ({ fingerprintSha256 }) => <code className="font-mono text-xs break-all">{fingerprintSha256}</code>,
        },
      ]}
    />
  )
}

function Tickable(row: CertificateSummary) {
  return (
    <div className="flex items-start gap-3">
      <input
        type="checkbox"
        name="certificate"
        value={row.id}
        aria-label={`Tick ${nameOf(row)}`}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <DeviceCell {...row} />
    </div>
  )
}

function nameOf({ commonName, subject, san }: CertificateSummary): string {
  return commonName ?? (subject || (san[0]?.value ?? 'No name'))
}

function DeviceCell({ id, commonName, subject, san }: CertificateSummary) {
  const names = san.map(({ value }) => value).filter((value) => value !== commonName)
  return (
    <div className="min-w-0">
      <RowLink href={`/certificates/${id}`}>
        <VisibleText>{commonName ?? (subject || names[0] || 'No name')}</VisibleText>
      </RowLink>
      {names.length > 0 && (
        <p className="text-sm text-muted">
          <VisibleText>
            {names.length > 2 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')}
          </VisibleText>
        </p>
      )}
    </div>
  )
}
