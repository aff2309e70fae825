/** The list of devices that should have renewed. */
import { server } from '@/lib/server'
import type { OverdueFilter, OverdueRenewal, OverdueSort } from '@/lib/services/overdue-renewals'
import { type ListDefinition, searchOf } from './definition'

export const OVERDUE_LIST: ListDefinition<OverdueFilter, OverdueRenewal, OverdueSort> = {
  name: 'overdue-renewals',
  path: '/devices/overdue',
  parameters: ['search', 'group'],
  sorts: { ends: 'asc', found: 'desc' },
  usual: 'ends',
  columns: [
    { name: 'group', head: 'Group' },
    { name: 'endpoint', head: 'Endpoint', optional: true },
    { name: 'since', head: 'Could renew since' },
    { name: 'ends', head: 'Certificate ends', sort: 'ends' },
    { name: 'found', head: 'Found', sort: 'found', optional: true },
    { name: 'seen', head: 'Seen by its MDM' },
  ],
  filterOf({ search: typed, group }) {
    const search = searchOf(typed)
    return { ...(search && { search }), ...(group && { group }) }
  },
  list: (actor, filter, request) => server().overdueRenewals.list(actor, filter, request),
  matching: (actor, filter, since) => server().overdueRenewals.matching(actor, filter, since),
  fields: {
    subject: ({ certificate }) => certificate.subject,
    certificateId: ({ certificate }) => certificate.id,
    certificateSerial: ({ certificate }) => certificate.serial,
    notAfter: ({ certificate }) => certificate.notAfter,
    renewableFrom: ({ renewableFrom }) => renewableFrom,
    foundAt: ({ foundAt }) => foundAt,
    group: ({ group }) => group?.slug ?? null,
    endpoint: ({ endpoint }) => endpoint?.slug ?? null,
    deviceId: ({ device }) => device?.id ?? null,
    device: ({ device }) => device?.name ?? null,
    lastSeenAt: ({ device }) => device?.lastSeenAt ?? null,
  },
}
