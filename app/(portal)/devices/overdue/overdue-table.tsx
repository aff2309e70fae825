/** Devices that should have renewed, as rows. */
'use client'

import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { RowLink, TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { ListView } from '@/app/_lists/list-view'
import type { OverdueRenewal } from '@/lib/services/overdue-renewals'

/** With the key of its device in URLs. */
export interface OverdueRow extends OverdueRenewal {
  deviceKey: string
}

export function OverdueTable({ rows, view }: { rows: OverdueRow[]; view: ListView }) {
  return (
    <DataTable
      caption="Devices that should have renewed"
      view={view}
      rows={rows}
      rowKey={({ certificate }) => certificate.id}
      columns={[
        {
          head: 'Device',
          primary: true,
          className: 'md:w-2/5',
          cell: ({ certificate, device, deviceKey }) => (
            <RowLink href={`/devices/${deviceKey}`}>
              <VisibleText>{device?.name ?? certificate.subject}</VisibleText>
            </RowLink>
          ),
        },
        { name: 'group', head: 'Group', cell: ({ group }) => group?.name ?? '–' },
        { name: 'endpoint', head: 'Endpoint', optional: true, cell: ({ endpoint }) => endpoint?.name ?? '–' },
        {
          name: 'since',
          head: 'Could renew since',
          className: 'md:whitespace-nowrap',
          cell: ({ renewableFrom }) => <Instant at={renewableFrom} show="day" />,
        },
        {
          name: 'ends',
          head: 'Certificate ends',
          sort: 'ends',
          className: 'md:whitespace-nowrap',
          cell: ({ certificate }) => (
            <span data-above>
              <TextLink href={`/certificates/${certificate.id}`}>
                <Instant at={certificate.notAfter} show="relative" />
              </TextLink>
            </span>
          ),
        },
        {
          name: 'found',
          head: 'Found',
          sort: 'found',
          optional: true,
          className: 'md:whitespace-nowrap',
          cell: ({ foundAt }) => <Instant at={foundAt} show="relative" />,
        },
        {
          name: 'seen',
          head: 'Seen by its MDM',
          cell: ({ device }) => (device?.lastSeenAt ? <Instant at={device.lastSeenAt} show="relative" /> : '–'),
        },
      ]}
    />
  )
}
