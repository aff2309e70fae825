/** Certificates of a moment in the past, each with the version of the policy under which it was issued. */
import type { ReactNode } from 'react'
import { type Column, DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { RowLink, TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { VisibleText } from '@/app/_components/visible-text'
import type { AsOfCertificate, AsOfCount } from '@/lib/services/as-of'

interface PastCertificatesProps<Row extends AsOfCertificate> {
  caption: string
  certificates: Row[]
  /** Beside the name, where the moment says more than that it counted. */
  cause?: Column<Row>
}

export function PastCertificates<Row extends AsOfCertificate>({
  caption,
  certificates,
  cause,
}: PastCertificatesProps<Row>) {
  return (
    <DataTable
      caption={caption}
      rows={certificates}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Device',
          primary: true,
          cell: ({ id, commonName, subject }) => (
            <RowLink href={`/certificates/${id}`}>
              <VisibleText>{commonName ?? (subject || 'No name')}</VisibleText>
            </RowLink>
          ),
        },
        ...(cause ? [cause] : []),
        { head: 'Group', cell: ({ group }) => group?.name ?? '–' },
        { head: 'Issuer', spare: true, cell: ({ issuer }) => issuer.name },
        { head: 'Policy', cell: (row) => <PolicyCell endpoint={row.endpoint} policyVersion={row.policyVersion} /> },
        {
          head: 'Serial',
          spare: true,
          cell: ({ serial }) => <code className="font-mono text-sm whitespace-nowrap">{shortSerial(serial)}</code>,
        },
        {
          head: 'Issued',
          className: 'md:whitespace-nowrap',
          cell: ({ issuedAt }) => <Instant at={issuedAt} show="day" />,
        },
        {
          head: 'Valid until',
          className: 'md:whitespace-nowrap',
          cell: ({ notAfter }) => <Instant at={notAfter} show="day" />,
        },
      ]}
    />
  )
}

export function PolicyCell({ endpoint, policyVersion }: Pick<AsOfCount, 'endpoint' | 'policyVersion'>): ReactNode {
  if (endpoint === null) return '–'
  if (policyVersion === null) return <span className="text-muted">before versions</span>
  return (
    <span data-above>
      <TextLink href={`/endpoints/${endpoint.slug}/versions/${policyVersion}`}>
        {endpoint.name} v{policyVersion}
      </TextLink>
    </span>
  )
}
