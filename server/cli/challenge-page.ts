/** latchkey challenge-page: accounts of device managements that know only Microsoft's NDES. */
import type { PageAccountView } from '@/lib/services/challenge-page-accounts'
import { PAGE_ENCODINGS, PAGE_FORMATS } from '@/lib/services/challenge-page-types'
import { command, given, UsageFault, wholeNumber } from './command'
import { facts, moment, table } from './text'

const ENDPOINT = { value: 'SLUG', description: 'Its endpoint', required: true } as const
const SETTINGS = {
  user: { value: 'USER', description: 'What it signs in as; made from the name unless given' },
  from: { value: 'NETWORK', description: 'Address or CIDR block it may come from', repeats: true },
  'from-anywhere': { description: 'It may come from anywhere' },
  encoding: { value: 'ENCODING', description: 'utf-16le as NDES (default), or utf-8', choices: PAGE_ENCODINGS },
  format: { value: 'FORMAT', description: 'hex32 (default) or hex16', choices: PAGE_FORMATS },
  ttl: { value: 'MINUTES', description: 'Life of a challenge, 5 to 1440; 60 unless given' },
  'most-pending': { value: 'N', description: 'Unused challenges at a time, 1 to 1000' },
} as const

export const addPageAccount = command({
  name: 'challenge-page add',
  summary: 'Add an account for a device management that knows only NDES',
  details:
    'It fetches a challenge by HTTP Basic over TLS from the URL that is shown. The secret is made here and shown once.\n' +
    'The page learns nothing about the device, so say which names may be asked for.',
  options: {
    endpoint: { ...ENDPOINT, description: 'Endpoint at which it mints' },
    name: { value: 'NAME', description: 'The device management, such as "Workspace ONE"', required: true },
    template: {
      value: 'TEMPLATE',
      description: 'Names its devices may ask for, such as "CN=laptop-*,O=Example; dns:*.example.com"',
      required: true,
    },
    ...SETTINGS,
  },
  examples: [
    'challenge-page add --endpoint staff --name "Workspace ONE" --template "CN=laptop-*,O=Example" --from 192.0.2.0/24',
  ],
  async run({ options, withServices }) {
    if (options.from.length === 0 && !options['from-anywhere'])
      throw new UsageFault('Give --from NETWORK at least once, or --from-anywhere.')
    const request = { name: options.name, subjectTemplate: options.template, ...settingsOf(options) }
    const { secret, view } = await withServices((services, actor) =>
      services.challengePageAccounts.create(actor, options.endpoint, request),
    )
    return {
      json: { id: view.id, url: view.url, user: view.user, secret, scepUrl: view.scepUrl },
      text: withSecret(view, secret),
    }
  },
})

export const listPageAccounts = command({
  name: 'challenge-page list',
  summary: 'List the accounts of a challenge page, without their secrets',
  argument: 'ENDPOINT',
  options: {},
  examples: ['challenge-page list staff'],
  async run({ argument, withServices }) {
    const items = await withServices((services, actor) => services.challengePageAccounts.list(actor, argument))
    const rows = items.map((item) => [
      item.id,
      item.name,
      item.user,
      item.enabled ? 'on' : 'off',
      `${item.pending} of ${item.mostPending}`,
      item.allowedAddresses.join(', '),
      item.lastUsedAt === null ? 'never' : moment(item.lastUsedAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(
        ['ID', 'NAME', 'USER', 'STATE', 'UNUSED', 'FROM', 'LAST USED'],
        rows,
        'No device management fetches challenges at this endpoint.',
      ),
    }
  },
})

export const updatePageAccount = command({
  name: 'challenge-page update',
  summary: 'Change an account of a challenge page, or switch it off',
  argument: 'ID',
  options: {
    endpoint: ENDPOINT,
    name: { value: 'NAME', description: 'The device management' },
    template: { value: 'TEMPLATE', description: 'Names its devices may ask for' },
    enabled: { value: 'on|off', description: 'Let it fetch challenges', choices: ['on', 'off'] },
    ...SETTINGS,
  },
  examples: ['challenge-page update 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b --endpoint staff --enabled off'],
  async run({ argument, options, withServices }) {
    const { name, template: subjectTemplate, enabled } = options
    const update = {
      ...settingsOf(options),
      ...given({ name, subjectTemplate, enabled: enabled === undefined ? undefined : enabled === 'on' }),
    }
    const view = await withServices((services, actor) =>
      services.challengePageAccounts.update(actor, options.endpoint, argument, update),
    )
    return { json: view, text: described(view) }
  },
})

export const rotatePageSecret = command({
  name: 'challenge-page rotate',
  summary: 'Replace the secret of an account of a challenge page',
  details: 'The secret before is believed for a day more, so that the device management can be changed without a gap.',
  argument: 'ID',
  options: {
    endpoint: ENDPOINT,
    'grace-hours': { value: 'HOURS', description: 'How long the old one holds, 0 to 168; 24 unless given' },
  },
  examples: ['challenge-page rotate 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b --endpoint staff --grace-hours 0'],
  async run({ argument, options, withServices }) {
    const graceHours = wholeNumber('grace-hours', options['grace-hours'], 0, 168)
    const { secret, view } = await withServices((services, actor) =>
      services.challengePageAccounts.rotate(actor, options.endpoint, argument, graceHours),
    )
    return {
      json: { id: view.id, user: view.user, secret, previousSecretUntil: view.previousSecretUntil },
      text: withSecret(view, secret),
    }
  },
})

interface SettingOptions {
  user?: string | undefined
  from: string[]
  'from-anywhere'?: boolean | undefined
  encoding?: string | undefined
  format?: string | undefined
  ttl?: string | undefined
  'most-pending'?: string | undefined
}

function settingsOf(options: SettingOptions) {
  const { user, from, encoding, format } = options
  return given({
    user,
    allowedAddresses: from.length === 0 ? undefined : from,
    anyAddress: options['from-anywhere'] ? true : undefined,
    encoding: PAGE_ENCODINGS.find((each) => each === encoding),
    format: PAGE_FORMATS.find((each) => each === format),
    ttlMinutes: wholeNumber('ttl', options.ttl, 5, 1_440),
    mostPending: wholeNumber('most-pending', options['most-pending'], 1, 1_000),
  })
}

function withSecret(view: PageAccountView, secret: string): string {
  const everywhere = view.fromEverywhere
    ? '\nIt can be used from anywhere in the world: prefer to name your networks.'
    : ''
  return `${facts([['Secret', secret]])}\n${described(view)}\n\nKeep the secret now: it is not shown again.${everywhere}`
}

function described(view: PageAccountView): string {
  return facts([
    ['URL', view.url],
    ['User', view.user],
    ['SCEP URL', view.scepUrl],
    ['State', view.enabled ? 'on' : 'off'],
    ['Names', view.subjectTemplate],
    ['From', view.allowedAddresses.join(', ')],
    ['Page', `${view.encoding}, ${view.format === 'hex32' ? 32 : 16} characters, ${view.ttlMinutes} minutes`],
    ['Unused', `${view.pending} of ${view.mostPending}`],
    ['Id', view.id],
  ])
}
