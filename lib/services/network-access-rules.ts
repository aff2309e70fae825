/** What may be set about a group's network access: one sentence for each field that is wrong. */
import { isRefusal, Refusal } from '@/lib/errors'
import { isTimeZone, type TimeWindow } from './access-windows'
import { blockOf, isWithin } from './address-list'
import type { NetworkAccess } from './network-access'

export const SESSION_SECONDS = { least: 60, most: 604_800 }
const MOST = { ssids: 50, networkServers: 100, windows: 21 }
/** RFC 2865 §5: an attribute holds 253 octets. A VLAN's name has at most 32 (IEEE 802.1Q). */
const LONGEST = { vlan: 32, text: 253, ssid: 32, networkServer: 253 }

/** Lists without repeats and empty entries, empty texts as null. */
export function normalisedAccess(change: Partial<NetworkAccess>): Partial<NetworkAccess> {
  const { vlan, filterId, class: name, ssids, networkServers, windows } = change
  return {
    ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
    ...(vlan === undefined ? {} : { vlan: textOrNull(vlan) }),
    ...(filterId === undefined ? {} : { filterId: textOrNull(filterId) }),
    ...(name === undefined ? {} : { class: textOrNull(name) }),
    ...(ssids && { ssids: unique(ssids.map((ssid) => ssid.normalize('NFC'))) }),
    ...(networkServers && { networkServers: unique(networkServers.map((server) => server.trim())) }),
    ...(windows && { windows: windows.map(({ days, from, to }) => ({ days: unique(days).sort(), from, to })) }),
  }
}

/** Throws one Refusal that names every field that is wrong. */
export function checkAccess(access: NetworkAccess): void {
  const faults = accessFaults(access)
  const [first] = Object.values(faults)
  if (first !== undefined)
    throw new Refusal('invalid_input', first, { reason: 'invalid_network_access', fields: faults })
}

/** A sentence for every field that is wrong. */
export function accessFaults(access: NetworkAccess): Record<string, string> {
  const { vlan, filterId, class: name, sessionTimeoutSeconds: seconds, ssids, networkServers, windows } = access
  const faults: Record<string, string> = {}
  const check = (field: keyof NetworkAccess, isWrong: boolean, sentence: string) => {
    if (isWrong) faults[field] ??= sentence
  }
  check('vlan', vlan !== null && !isVlan(vlan), VLAN_SENTENCE)
  check('filterId', filterId !== null && !isValue(filterId, LONGEST.text), VALUE_SENTENCE)
  check('class', name !== null && !isValue(name, LONGEST.text), VALUE_SENTENCE)
  check(
    'sessionTimeoutSeconds',
    seconds !== null &&
      !(Number.isInteger(seconds) && seconds >= SESSION_SECONDS.least && seconds <= SESSION_SECONDS.most),
    'A session lasts from 60 seconds to 7 days.',
  )
  check('ssids', ssids.length > MOST.ssids, `At most ${MOST.ssids} wireless networks.`)
  check(
    'ssids',
    !ssids.every(isSsid),
    'The name of a wireless network has 1 to 32 octets, and neither % nor control characters.',
  )
  check('networkServers', networkServers.length > MOST.networkServers, `At most ${MOST.networkServers} entries.`)
  check(
    'networkServers',
    !networkServers.every((server) => isValue(server, LONGEST.networkServer) && isNetworkServer(server)),
    'Give the NAS-Identifier, an address such as 192.0.2.12 or a network such as 10.20.0.0/16.',
  )
  check('timeZone', !isTimeZone(access.timeZone), 'Give a time zone such as Europe/Zurich.')
  check('windows', windows.length > MOST.windows, `At most ${MOST.windows} windows.`)
  check('windows', !windows.every(isWindow), 'A window has at least one day, and times from 00:00 to 24:00.')
  return faults
}

const VLAN_SENTENCE =
  'Give the number of the VLAN, 1 to 4094, or its name: letters, digits, spaces and . _ : @ # + = / -, 32 at most.'
const VALUE_SENTENCE = 'Letters, digits, spaces and . _ : , ; ( ) @ # + = / - only, beginning with a letter or digit.'

/** 4095 and 0 are reserved (IEEE 802.1Q). What is all digits is a number, and a switch would take it as one. */
function isVlan(vlan: string): boolean {
  if (/^\d+$/.test(vlan)) return /^[1-9]\d{0,3}$/.test(vlan) && Number(vlan) <= 4_094
  return isValue(vlan, LONGEST.vlan)
}

/**
 * A RADIUS server may expand %{…} and read 0x… as octets, and its shell-like dialects know more: so the alphabet is what
 * is allowed, not what is forbidden.
 */
function isValue(value: string, longest: number): boolean {
  return (
    value.length <= longest &&
    /^[A-Za-z0-9](?:[A-Za-z0-9 ._:,;()@#+=/-]*[A-Za-z0-9._:)@#+=/-])?$/.test(value) &&
    !/^0x/i.test(value)
  )
}

function isSsid(ssid: string): boolean {
  const octets = Buffer.byteLength(ssid)
  return octets >= 1 && octets <= LONGEST.ssid && !/[%\p{Cc}\p{Cs}]/u.test(ssid)
}

/** What looks like an address must be one, or it would silently match nothing. */
function isNetworkServer(text: string): boolean {
  return networkOf(text) !== null || !/^[0-9.]+$|\/|::/.test(text)
}

/** Whether one of the entries names this access point or switch: by what it calls itself, or by where it is. */
export function isNamed(entries: readonly string[], names: readonly string[]): boolean {
  return entries.some((entry) => {
    const block = networkOf(entry)
    return names.some((name) => name === entry || (block !== null && isWithin(block, name)))
  })
}

function networkOf(text: string) {
  try {
    return blockOf(text)
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}

function isWindow({ days, from, to }: TimeWindow): boolean {
  const isTime = (text: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(text)
  return days.length > 0 && days.every((day) => day >= 1 && day <= 7) && isTime(from) && (isTime(to) || to === '24:00')
}

function textOrNull(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text.trim()
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)].filter((value) => value !== '')
}
