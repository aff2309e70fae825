/** A connector to Jamf Pro, and devices of its inventory, for tests. */

import type { JamfDevice } from '../jamf-device'
import { JAMF_DEFAULTS, type JamfSettings } from '../jamf-settings'
import type { ConnectorCall, ConnectorCalls, MdmConnector } from '../mdm-connector-types'

export const CLIENT_SECRET = 'client-secret-of-jamf'

export function jamfConnector(settings: Partial<JamfSettings> = {}, more: Partial<MdmConnector> = {}): MdmConnector {
  return {
    id: '5ca1ab1e-0000-4000-8000-000000000001',
    kind: 'jamf',
    name: 'Jamf Pro',
    slug: 'jamf',
    settings: {
      ...JAMF_DEFAULTS,
      url: 'https://jamf.example.com',
      clientId: 'client-1',
      endpoint: 'staff',
      ...settings,
    },
    credentialSealed: Buffer.from('sealed'),
    credentialExpiresAt: null,
    hookSecretSealed: Buffer.from('sealed'),
    previousHookSecretSealed: null,
    previousHookSecretUntil: null,
    state: {},
    disabled: false,
    ...more,
  }
}

export function jamfDevice(device: Partial<JamfDevice> = {}): JamfDevice {
  return {
    kind: 'computer',
    jamfId: '17',
    serial: 'C02EXAMPLE01',
    udid: '11112222-3333-4444-5555-666677778888',
    name: 'MB-0017',
    managementId: null,
    managed: true,
    model: 'MacBook Air',
    osVersion: '15.3',
    macAddress: null,
    userName: 'ada',
    realName: 'Ada Example',
    email: 'ada@example.com',
    phone: null,
    position: null,
    room: null,
    lastSeenAt: null,
    groups: null,
    ...device,
  }
}

export function notedCalls(): ConnectorCalls & { calls: ConnectorCall[] } {
  const calls: ConnectorCall[] = []
  return {
    calls,
    async note(call) {
      calls.push(call)
    },
  }
}
