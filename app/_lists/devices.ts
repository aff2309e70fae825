/** The list of devices: those of MDMs, then names that belong to none of them. */
import { oneOf } from '@/app/_components/search-parameters'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { DeviceFilter, DeviceSort, DeviceSummary } from '@/lib/services/devices'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'
import { type ListDefinition, searchOf } from './definition'

export const DEVICE_LIST: ListDefinition<DeviceFilter, DeviceSummary, DeviceSort> = {
  name: 'devices',
  path: '/devices',
  parameters: ['search', 'state', 'connector', 'group'],
  // Two lists, one after the other: only their names are common to both, and the second stands in that order.
  sorts: { name: 'asc', seen: 'desc', ends: 'asc' },
  usual: 'name',
  columns: [
    { name: 'mdm', head: 'MDM' },
    { name: 'newest', head: 'Newest certificate' },
    { name: 'ends', head: 'Valid until', sort: 'ends' },
    { name: 'certificates', head: 'Certificates' },
    { name: 'serial', head: 'Serial number', optional: true },
    { name: 'user', head: 'User', optional: true },
    { name: 'system', head: 'System', optional: true },
    { name: 'model', head: 'Model', optional: true },
    { name: 'seen', head: 'Last seen', sort: 'seen', optional: true },
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
  list: (actor, filter, request) => server().devices.list(actor, filter, request),
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

/** Without the order that a limited operator cannot ask for. */
export function deviceListOf(actor: Actor): typeof DEVICE_LIST {
  if (actor.groups === undefined) return DEVICE_LIST
  const { ends: _, ...sorts } = DEVICE_LIST.sorts
  return { ...DEVICE_LIST, sorts: sorts as typeof DEVICE_LIST.sorts }
}
