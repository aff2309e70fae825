/** What the simulator is the next time that it is started: the same devices, credentials, profiles and webhooks. */
import type { Jamf } from './jamf-pro'
import type { Profile } from './jamf-profiles'
import type { ApiClient, JamfDevice, JamfState, Privilege, SmartGroup } from './jamf-state'
import type { Webhook } from './jamf-webhooks'

export interface KeptJamf {
  port: number
  given: JamfState['given']
  devices: JamfDevice[]
  groups: (Omit<SmartGroup, 'members'> & { members: number[] })[]
  clients: (Omit<ApiClient, 'privileges'> & { privileges: Privilege[] })[]
  profiles: Profile[]
  webhooks: Webhook[]
}

export function keptJamf({ port, state, profiles, webhooks }: Jamf): KeptJamf {
  return {
    ...{ port, profiles, webhooks, given: state.given },
    devices: [...state.computers.values(), ...state.mobiles.values()],
    groups: state.groups.map((group) => ({ ...group, members: [...group.members] })),
    clients: [...state.clients.values()].map((client) => ({ ...client, privileges: [...client.privileges] })),
  }
}

export function restoreJamf({ state, profiles, webhooks }: Jamf, before: KeptJamf): void {
  Object.assign(state.given, before.given)
  for (const device of before.devices) state.put(device)
  state.groups.push(...before.groups.map((group) => ({ ...group, members: new Set(group.members) })))
  for (const client of before.clients)
    state.clients.set(client.clientId, { ...client, privileges: new Set(client.privileges) })
  profiles.push(...before.profiles)
  webhooks.push(...before.webhooks)
}
