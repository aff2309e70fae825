/** The list of devices: those of MDMs by name, then names that belong to none of them. */
import { oneOf } from '@/app/_components/search-parameters'
import { server } from '@/lib/server'
import type { DeviceFilter, DeviceSummary } from '@/lib/services/devices'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'
import { type ListDefinition, searchOf } from './definition'

export const DEVICE_LIST: ListDefinition<DeviceFilter, DeviceSummary, string> = {
  name: 'devices',
  path: '/devices',
  parameters: ['search', 'state', 'connector', 'group'],
  // Two lists, one after the other: only their names are common to both.
  sorts: {},
  usual: 'name',
  columns: [
    { name: 'mdm', head: 'MDM' },
    { name: 'newest', head: 'Newest certificate' },
    { name: 'ends', head: 'Valid until' },
    { name: 'certificates', head: 'Certificates' },
    { name: 'serial', head: 'Serial number', optional: true },
    { name: 'user', head: 'User', optional: true },
    { name: 'system', head: 'System', optional: true },
    { name: 'model', head: 'Model', optional: true },
    { name: 'seen', head: 'Last seen', optional: true },
    { name: 'known', head: 'First known', optional: true },
  ],
  filterOf({ search: typed, connector, group, ...rest }) {
    const search = searchOf(typed)
    const state = oneOf(DEVICE_STATES, rest.state)
    return {
      ...(search && { search }),
      ...(connector && { connector }),
      ...(group && { group }),
      ...(state && { state }),
    }
  },
  async list(actor, filter, { sort: _, order: __, ...page }) {
    return { previousCursor: null, ...(await server().devices.list(actor, filter, page)) }
  },
  matching: (actor, filter, since) => server().devices.matching(actor, filter, since),
  fields: {
    key: ({ key }) => key,
    name: ({ name }) => name,
    subject: ({ subject }) => subject,
    certificates: ({ certificates }) => certificates,
    newestStatus: ({ status }) => status,
    newestEnds: ({ notAfter }) => notAfter,
    mdm: ({ mdm }) => mdm?.connector?.slug ?? null,
    externalId: ({ mdm }) => mdm?.externalId ?? null,
    serial: ({ mdm }) => mdm?.serial ?? null,
    udid: ({ mdm }) => mdm?.udid ?? null,
    platform: ({ mdm }) => mdm?.platform ?? null,
    model: ({ mdm }) => mdm?.model ?? null,
    osVersion: ({ mdm }) => mdm?.osVersion ?? null,
    userName: ({ mdm }) => mdm?.userName ?? null,
    userEmail: ({ mdm }) => mdm?.userEmail ?? null,
    management: ({ mdm }) => mdm?.management ?? null,
    compliance: ({ mdm }) => mdm?.compliance ?? null,
    lastSeenAt: ({ mdm }) => mdm?.lastSeenAt ?? null,
    firstKnownAt: ({ mdm }) => mdm?.firstKnownAt ?? null,
  },
}
