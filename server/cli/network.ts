/** latchkey network and latchkey radius: what the network grants to a group, and the files for its RADIUS servers. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseWindow, type TimeWindow, windowText } from '@/lib/services/access-windows'
import type { NetworkAccess, NetworkAccessView } from '@/lib/services/network-access'
import { CONFIGURATION_DEFAULTS } from '@/lib/services/radius-configuration'
import { command, given, UsageFault, wholeNumber } from './command'
import { facts, moment, table } from './text'

export const showNetwork = command({
  name: 'network show',
  summary: 'Show what the network grants to a group',
  argument: 'GROUP',
  options: {},
  examples: ['network show staff'],
  async run({ argument, withServices }) {
    return answer(await withServices((services, actor) => services.networkAccess.get(actor, argument)))
  },
})

export const setNetwork = command({
  name: 'network set',
  summary: 'Change what the network grants to a group',
  details: 'What is not given stays. An empty value takes a setting away: --vlan "".',
  argument: 'GROUP',
  options: {
    enable: { description: 'Let its certificates in' },
    disable: { description: 'Let none of them in' },
    vlan: { value: 'VLAN', description: 'Number from 1 to 4094, or name' },
    'filter-id': { value: 'TEXT', description: 'Filter-Id: an access list or role of the switch' },
    class: { value: 'TEXT', description: 'Class, which comes back in accounting' },
    'session-timeout': { value: 'SECONDS', description: 'When a device is asked again, 60 to 604800; 0 for never' },
    ssid: { value: 'NAME', description: 'Only on this wireless network', repeats: true },
    nas: {
      value: 'NAME',
      description: 'Only from this access point or switch: its name, address or network',
      repeats: true,
    },
    window: { value: 'DAYS=FROM-TO', description: 'Only at these hours, such as mon-fri=08:00-18:00', repeats: true },
    'time-zone': { value: 'ZONE', description: 'Of the hours, such as Europe/Zurich' },
  },
  examples: [
    'network set staff --enable --vlan 20',
    'network set guests --window mon-fri=08:00-18:00 --time-zone Europe/Zurich',
  ],
  async run({ argument, options, withServices }) {
    if (options.enable && options.disable) throw new UsageFault('Give --enable or --disable, not both.')
    const seconds = wholeNumber('session-timeout', options['session-timeout'], 0, 604_800)
    const list = (values: string[]) => (values.length === 0 ? undefined : values.filter((value) => value !== ''))
    const change: Partial<NetworkAccess> = given({
      enabled: options.enable ? true : options.disable ? false : undefined,
      vlan: options.vlan,
      filterId: options['filter-id'],
      class: options.class,
      sessionTimeoutSeconds: seconds === 0 ? null : seconds,
      ssids: list(options.ssid),
      networkServers: list(options.nas),
      windows: list(options.window)?.map(windowOf),
      timeZone: options['time-zone'],
    })
    return answer(await withServices((services, actor) => services.networkAccess.update(actor, argument, change)))
  },
})

export const networkLog = command({
  name: 'network log',
  summary: 'Show whose certificates the network let in last, and whose it did not',
  argument: 'GROUP',
  options: {},
  examples: ['network log staff'],
  async run({ argument, withServices }) {
    const history = await withServices((services, actor) => services.networkHistory.ofGroup(actor, argument))
    const seen = history.sightings.map(({ certificate, lastAcceptedAt, accepted, vlan, ssid, networkServer }) => [
      moment(lastAcceptedAt),
      certificate.subject,
      vlan ?? '',
      [networkServer, ssid].filter(Boolean).join(' '),
      String(accepted),
    ])
    const refused = history.refusals.map(({ certificate, lastAt, reason, serial, ssid, networkServer, count }) => [
      moment(lastAt),
      certificate?.subject ?? serial ?? 'others',
      reason.replaceAll('_', ' '),
      [networkServer, ssid].filter(Boolean).join(' '),
      String(count),
    ])
    const text = [
      table(['LET IN', 'CERTIFICATE', 'VLAN', 'WHERE', 'TIMES'], seen, 'The network has let in nobody yet.'),
      table(['KEPT OUT', 'CERTIFICATE', 'WHY', 'WHERE', 'TIMES'], refused, 'The network has kept out nobody yet.'),
    ].join('\n\n')
    return { json: history, text }
  },
})

export const radiusConfig = command({
  name: 'radius config',
  summary: 'Write the configuration of a FreeRADIUS server into a folder',
  details: 'README in that folder says what to do with it. It holds no secret.',
  options: {
    group: { value: 'SLUG', description: 'A group to let in; may be given again', required: true, repeats: true },
    out: { value: 'FOLDER', description: 'Where to write; files of the same name are replaced', required: true },
    'no-rest': { description: 'Do not ask this portal at each login' },
    'no-crl': { description: 'Do not look into revocation lists' },
    ocsp: { description: 'Ask the OCSP responder at each login' },
    'accept-on-outage': { description: 'Let devices in when revocation lists are stale or the responder is away' },
  },
  examples: ['radius config --group staff --group students --out ./freeradius'],
  async run({ options, withServices }) {
    const checks = { rest: !options['no-rest'], crl: !options['no-crl'], ocsp: options.ocsp }
    const onOutage = options['accept-on-outage'] ? ('accept' as const) : CONFIGURATION_DEFAULTS.onOutage
    const files = await withServices((services, actor) =>
      services.radiusConfiguration.files(actor, { groups: options.group, checks, onOutage }),
    )
    for (const { path, text, mode } of files) {
      await mkdir(dirname(join(options.out, path)), { recursive: true })
      await writeFile(join(options.out, path), text, { mode })
    }
    const paths = files.map(({ path }) => path)
    return {
      json: { files: paths },
      text: [...paths, '', `Read ${join(options.out, 'latchkey/README')} next.`].join('\n'),
    }
  },
})

function windowOf(text: string): TimeWindow {
  const window = parseWindow(text)
  if (window !== null) return window
  throw new UsageFault('--window takes days and times such as mon-fri=08:00-18:00 or sat,sun=10:00-16:00.')
}

function answer(access: NetworkAccessView) {
  const { group, enabled, vlan, filterId, class: name, sessionTimeoutSeconds, ssids, networkServers, windows } = access
  const hours = windows.map(windowText)
  const text = facts([
    ['Group', group.name],
    ['Network access', enabled ? 'on' : 'off'],
    ['VLAN', vlan ?? 'none'],
    ...(filterId === null ? [] : ([['Filter-Id', filterId]] as const)),
    ...(name === null ? [] : ([['Class', name]] as const)),
    ['Session', sessionTimeoutSeconds === null ? 'no end' : `${sessionTimeoutSeconds} s`],
    ['Wireless networks', ssids.length === 0 ? 'any' : ssids.join(', ')],
    ['Access points', networkServers.length === 0 ? 'any' : networkServers.join(', ')],
    ['Hours', hours.length === 0 ? 'always' : `${hours.join(' ')} (${access.timeZone})`],
  ])
  return { json: access, text }
}
