import { describe, expect, test } from 'vitest'
import { isRefusal } from '@/lib/errors'
import { ACCESS_DEFAULTS, type NetworkAccess } from './network-access'
import { checkAccess, isNamed, normalisedAccess } from './network-access-rules'

/** The fields that are refused. */
function faults(change: Partial<NetworkAccess>): string[] {
  try {
    checkAccess({ ...ACCESS_DEFAULTS, ...normalisedAccess(change) })
    return []
  } catch (error) {
    if (!isRefusal(error, 'invalid_input')) throw error
    return Object.keys(error.fields)
  }
}

test.each(['1', '20', '4094', 'staff', 'VLAN 20 (upstairs)', 'staff-20.b'])('the VLAN %j', (vlan) => {
  expect(faults({ vlan })).toEqual([])
})

test.each([
  '0',
  '4095',
  '020',
  '99999',
  '-1',
  'x'.repeat(33),
  'a\nb',
  'a"b',
  "a'b",
  'a\\b',
  '`id`',
  '%{User-Name}',
  '$\u007bx}',
  'é',
])('no VLAN %j', (vlan) => {
  expect(faults({ vlan })).toEqual(['vlan'])
})

const EXPANSIONS = [
  '%{exec:/bin/id}',
  'a%{User-Name}',
  '%%',
  '$\u007bconfdir}',
  '`id`',
  '\\x00',
  'a\u0000b',
  '0x00',
  '\u202eab',
]
describe.each(['filterId', 'class'] as const)('%s', (field) => {
  test.each(EXPANSIONS)('never %j', (value) => {
    expect(faults({ [field]: value })).toEqual([field])
  })
  test.each(['staff.in', 'Enterasys:version=1:policy=Staff', 'a', 'x'.repeat(253)])('%s', (value) => {
    expect(faults({ [field]: value })).toEqual([])
  })
})

test.each([...EXPANSIONS.filter((text) => /[%\p{Cc}]/u.test(text)), 'x'.repeat(33), 'é'.repeat(17)])(
  'no wireless network %j',
  (ssid) => {
    expect(faults({ ssids: [ssid] })).toEqual(['ssids'])
  },
)

test.each(['Staff', "Ada's", 'Café', '$money$', 'é'.repeat(16)])('the wireless network %j', (ssid) => {
  expect(faults({ ssids: [ssid] })).toEqual([])
})

test.each(['10.20.0.1/16', '10.20.0.0/99', '999.1.1.1', '%{x}', '2001:db8::/200'])('no access point %j', (server) => {
  expect(faults({ networkServers: [server] })).toEqual(['networkServers'])
})

test('an access point is named by what it calls itself, its address or its network', () => {
  const names = ['ap-12', '10.20.3.4', '2001:db8::1']
  for (const entry of ['ap-12', '10.20.3.4', '10.20.0.0/16', '2001:db8::/32'])
    expect(isNamed([entry], names)).toBe(true)
  for (const entry of ['ap-1', 'AP-12', '10.21.0.0/16', '10.20.3.5']) expect(isNamed([entry], names)).toBe(false)
  expect(isNamed(['ap-12'], [])).toBe(false)
})

test.each([
  [{ sessionTimeoutSeconds: 59 }, 'sessionTimeoutSeconds'],
  [{ sessionTimeoutSeconds: 604_801 }, 'sessionTimeoutSeconds'],
  [{ sessionTimeoutSeconds: 90.5 }, 'sessionTimeoutSeconds'],
  [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
  [{ windows: [{ days: [], from: '08:00', to: '18:00' }] }, 'windows'],
  [{ windows: [{ days: [8], from: '08:00', to: '18:00' }] }, 'windows'],
  [{ windows: [{ days: [1], from: '8:00', to: '18:00' }] }, 'windows'],
  [{ windows: [{ days: [1], from: '08:00', to: '24:01' }] }, 'windows'],
] as [Partial<NetworkAccess>, string][])('%j is refused', (change, field) => {
  expect(faults(change)).toEqual([field])
})

test('what is given twice or left empty is kept once, or not at all', () => {
  const change = { vlan: ' ', ssids: ['Staff', 'Staff', ''], networkServers: [' ap-1 '] }
  expect(normalisedAccess(change)).toEqual({ vlan: null, ssids: ['Staff'], networkServers: ['ap-1'] })
})
