/** latchkey rollover: the next issuer of a group. */
import type { IssuerKey } from '@/lib/services/groups'
import type { RolloverView } from '@/lib/services/rollover'
import { CommandFault, command, given } from './command'
import { facts, moment } from './text'

const GROUP = { value: 'SLUG', description: 'The group', required: true } as const

export const showRollover = command({
  name: 'rollover show',
  summary: 'Show the present and the next issuer of a group',
  argument: 'SLUG',
  options: {},
  examples: ['rollover show staff'],
  async run({ argument, withServices }) {
    return answer(await withServices((services, actor) => services.rollover.get(actor, argument)))
  },
})

export const stageRollover = command({
  name: 'rollover stage',
  summary: 'Make the next issuer of a group and announce it to devices',
  details: 'Takes some seconds: keys are made. Endpoints keep their URLs; devices move as they renew.',
  options: {
    group: GROUP,
    at: { value: 'TIME', description: 'When it takes over, such as 2027-01-10T08:00:00Z', required: true },
    'issuer-key': {
      value: 'KIND',
      description: 'Its key; like the present one unless given',
      choices: ['rsa3072', 'rsa4096', 'p256', 'p384'],
    },
    issuer: { value: 'SLUG', description: 'An issuer that came from elsewhere and has no group yet' },
  },
  examples: ['rollover stage --group staff --at 2027-01-10T08:00:00Z'],
  async run({ options, withServices }) {
    const issuerKey = options['issuer-key'] as IssuerKey | undefined
    const request = { activatesAt: timeOf(options.at), ...given({ issuerKey, issuer: options.issuer }) }
    return answer(await withServices((services, actor) => services.rollover.stage(actor, options.group, request)))
  },
})

export const cancelRollover = command({
  name: 'rollover cancel',
  summary: 'Give up the next issuer of a group; its certificate is revoked',
  argument: 'SLUG',
  options: {},
  examples: ['rollover cancel staff'],
  async run({ argument, withServices }) {
    return answer(await withServices((services, actor) => services.rollover.cancel(actor, argument)))
  },
})

function timeOf(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new CommandFault('usage', `"${text}" is no time. Example: 2027-01-10T08:00:00Z`)
  return time
}

function answer(rollover: RolloverView) {
  const { current, next, devices } = rollover
  const text = facts([
    ['Present issuer', current.subject],
    ['Next issuer', next === null ? 'none staged' : (next.issuer?.subject ?? 'being made')],
    ...(next === null ? [] : ([['Takes over', moment(next.activatesAt)]] as const)),
    ['Devices moved', `${devices.moved} of ${devices.total}`],
  ])
  return { json: rollover, text }
}
