/** latchkey static-secret: one password for many devices, within bounds. */
import { command, UsageFault, wholeNumber } from './command'
import { facts, moment, table } from './text'

export const createStaticSecret = command({
  name: 'static-secret create',
  summary: 'Create a static secret: weak, one password for many devices',
  details:
    'Only for networks that have nothing better. The value is made here and shown once. Devices may ask only for names\n' +
    'that fit the template, from the networks named, so many times in all and so many times an hour. Two secrets may be\n' +
    'active at a time, so that one can follow the other.',
  options: {
    endpoint: { value: 'SLUG', description: 'Endpoint at which it will hold', required: true },
    template: {
      value: 'TEMPLATE',
      description: 'Names that may be asked for, such as "CN=printer-*,O=Example; dns:*.example.com"',
      required: true,
    },
    from: {
      value: 'NETWORK',
      description: 'Address or CIDR block that may ask, such as 10.20.0.0/16; at least one',
      repeats: true,
    },
    'max-uses': { value: 'N', description: 'How many certificates in all, 1 to 100000', required: true },
    'per-hour': { value: 'N', description: 'How many an hour, 1 to 10000; 60 unless given' },
    days: { value: 'DAYS', description: 'Life, 1 to 365; 90 unless given' },
  },
  examples: [
    'static-secret create --endpoint printers --template "CN=printer-*,O=Example" --from 10.20.0.0/16 --max-uses 200',
  ],
  async run({ options, withServices }) {
    if (options.from.length === 0) throw new UsageFault('Give --from NETWORK at least once.')
    const request = {
      subjectTemplate: options.template,
      allowedAddresses: options.from,
      maxUses: wholeNumber('max-uses', options['max-uses'], 1, 100_000) ?? 1,
      perHour: wholeNumber('per-hour', options['per-hour'], 1, 10_000) ?? 60,
      expiresInDays: wholeNumber('days', options.days, 1, 365) ?? 90,
    }
    const { secret, view } = await withServices((services, actor) =>
      services.staticSecrets.create(actor, options.endpoint, request),
    )
    const text = facts([
      ['Secret', secret],
      ['Names', view.subjectTemplate],
      ['From', view.allowedAddresses.join(', ')],
      ['Uses', `${view.maxUses} in all, ${view.perHour} an hour`],
      ['Expires', moment(view.expiresAt)],
      ['Id', view.id],
    ])
    const everywhere = view.fromEverywhere
      ? '\nIt can be used from anywhere in the world: prefer to name your networks.'
      : ''
    return {
      json: { id: view.id, secret, expiresAt: view.expiresAt },
      text: `${text}\n\nKeep the secret now: it is not shown again. Whoever learns it can enrol within its bounds.${everywhere}`,
    }
  },
})

export const listStaticSecrets = command({
  name: 'static-secret list',
  summary: 'List the static secrets of an endpoint, without their values',
  argument: 'ENDPOINT',
  options: {},
  examples: ['static-secret list printers'],
  async run({ argument, withServices }) {
    const items = await withServices((services, actor) => services.staticSecrets.list(actor, argument))
    const rows = items.map((item) => [
      item.id,
      `${item.hint}...`,
      item.state,
      `${item.uses} of ${item.maxUses}`,
      item.subjectTemplate,
      item.allowedAddresses.join(', '),
      moment(item.expiresAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(
        ['ID', 'BEGINS', 'STATE', 'USES', 'NAMES', 'FROM', 'EXPIRES'],
        rows,
        'This endpoint has no static secrets. That is good.',
      ),
    }
  },
})

export const revokeStaticSecret = command({
  name: 'static-secret revoke',
  summary: 'Revoke a static secret, at once',
  argument: 'ID',
  options: { endpoint: { value: 'SLUG', description: 'Its endpoint', required: true } },
  examples: ['static-secret revoke 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b --endpoint printers'],
  async run({ argument, options, withServices }) {
    const { id, state, revokedAt, hint } = await withServices((services, actor) =>
      services.staticSecrets.revoke(actor, options.endpoint, argument),
    )
    return { json: { id, state, revokedAt }, text: `The static secret that begins with ${hint} is revoked.` }
  },
})
