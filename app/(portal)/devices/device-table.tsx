/** Devices as rows. */
'use client'

import { DataTable } from '@/app/_components/data-table'
import { DeviceStateBadges } from '@/app/_components/device-states'
import { Instant } from '@/app/_components/instant'
import { RowLink } from '@/app/_components/row-link'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { ListView } from '@/app/_lists/list-view'
import type { DeviceSummary } from '@/lib/services/devices'

export function DeviceTable({ devices, view }: { devices: DeviceSummary[]; view: ListView }) {
  return (
    <DataTable
      caption="Devices"
      view={view}
      rows={devices}
      rowKey={({ key }) => key}
      columns={[
        {
          head: 'Device',
          sort: 'name',
          primary: true,
          className: 'md:w-2/5',
          cell: (device) => <DeviceName device={device} />,
        },
        {
          name: 'mdm',
          head: 'MDM',
          cell: ({ mdm }) =>
            mdm === null ? <span className="text-muted">not known</span> : <DeviceStateBadges {...mdm} />,
        },
        {
          name: 'newest',
          head: 'Newest certificate',
          cell: ({ status }) =>
            status === null ? <span className="text-muted">none yet</span> : <CertificateStatusBadge status={status} />,
        },
        {
          name: 'ends',
          head: 'Valid until',
          sort: 'ends',
          className: 'md:whitespace-nowrap',
          cell: ({ notAfter }) => (notAfter === null ? '–' : <Instant at={notAfter} show="day" />),
        },
        {
          name: 'certificates',
          head: 'Certificates',
          cell: ({ certificates }) => certificates.toLocaleString('en-GB'),
        },
        { name: 'serial', head: 'Serial number', optional: true, cell: ({ mdm }) => told(mdm?.serial) },
        { name: 'user', head: 'User', optional: true, cell: ({ mdm }) => told(mdm?.userName ?? mdm?.userEmail) },
        {
          name: 'system',
          head: 'System',
          optional: true,
          cell: ({ mdm }) => told([mdm?.platform, mdm?.osVersion].filter(Boolean).join(' ')),
        },
        { name: 'model', head: 'Model', optional: true, cell: ({ mdm }) => told(mdm?.model) },
        {
          name: 'seen',
          head: 'Last seen',
          sort: 'seen',
          optional: true,
          cell: ({ mdm }) => (mdm?.lastSeenAt ? <Instant at={mdm.lastSeenAt} show="relative" /> : '–'),
        },
        {
          name: 'known',
          head: 'First known',
          optional: true,
          cell: ({ mdm }) => (mdm ? <Instant at={mdm.firstKnownAt} show="day" /> : '–'),
        },
      ]}
    />
  )
}

function told(text: string | null | undefined) {
  return text ? <VisibleText>{text}</VisibleText> : '–'
}

function DeviceName({ device: { key, name, subject, mdm } }: { device: DeviceSummary }) {
  const more =
    mdm === null ? [] : [mdm.serial, mdm.userName ?? mdm.userEmail].filter((part) => part !== null && part !== name)
  return (
    <div className="grid min-w-0 gap-0.5">
      <RowLink href={`/devices/${key}`}>
        <VisibleText>{name}</VisibleText>
      </RowLink>
      {more.length > 0 && (
        <span className="text-sm text-muted wrap-anywhere">
          <VisibleText>{more.join(' · ')}</VisibleText>
        </span>
      )}
      {subject !== null && mdm !== null && subject !== name && (
        <span className="text-sm text-muted wrap-anywhere">
          <VisibleText>{subject}</VisibleText>
        </span>
      )}
    </div>
  )
}
