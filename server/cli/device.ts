/** latchkey device: devices that MDMs know, rules and brakes about them, and what should have been renewed. */

import { type DeviceRuleChange, RULE_REASONS, type RuleAction } from '@/lib/services/device-rules'
import { TRIGGERS } from '@/lib/services/device-state'
import type { DeviceTrigger } from '@/lib/services/device-types'
import type { DeviceFilter } from '@/lib/services/devices'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, UsageFault, wholeNumber } from './command'
import { facts, moment, table } from './text'

export const listDevices = command({
  name: 'device list',
  summary: 'List devices: those that MDMs know, then names that belong to none',
  options: {
    search: {
      value: 'TEXT',
      description: 'Part of the name, serial number, user, model or subject, or the whole of an id',
    },
    state: { value: 'STATE', description: 'Only those that are so', choices: DEVICE_STATES },
    connector: { value: 'SLUG', description: 'Only those of this MDM' },
    group: { value: 'SLUG', description: 'Only those to which this group issued' },
    ...PAGE_OPTIONS,
  },
  examples: ['device list --state removed', 'device list --search C02EXAMPLE01 --json'],
  async run({ options, withServices }) {
    const { search, connector, group } = options
    const filter: DeviceFilter = given({ search, connector, group, state: options.state as DeviceFilter['state'] })
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.devices.list(actor, filter, page))
    const rows = found.items.map(({ key, name, mdm, status, certificates }) => [
      mdm?.id ?? key,
      name,
      mdm?.management ?? '-',
      mdm?.compliance ?? '-',
      status ?? 'none',
      String(certificates),
    ])
    const text = table(['ID', 'NAME', 'MDM', 'COMPLIANCE', 'CERTIFICATE', 'COUNT'], rows, 'There are no such devices.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const showDevice = command({
  name: 'device show',
  summary: 'Show everything known of a device',
  argument: 'ID',
  options: {},
  examples: ['device show 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b'],
  async run({ argument, withServices }) {
    const device = await withServices((services, actor) => services.devices.get(actor, argument))
    const { mdm } = device
    const text = facts([
      ['Name', device.name],
      ['Status', device.effective.sentence],
      ...(mdm === null
        ? []
        : ([
            ['MDM', mdm.connector?.name ?? 'none'],
            ['Id in the MDM', mdm.externalId ?? 'none'],
            ['Serial number', mdm.serial ?? 'none'],
            ['UDID', mdm.udid ?? 'none'],
            ['User', mdm.userName ?? mdm.userEmail ?? 'none'],
            ['Management', mdm.management],
            ['Compliance', mdm.compliance],
            ['Last seen', moment(mdm.lastSeenAt)],
          ] as [string, string][])),
      ['Certificates', device.certificates.map(({ serial, status }) => `${serial} ${status}`).join(', ') || 'none'],
    ])
    const events = device.events.map(({ at, sentence }) => [moment(at), sentence])
    return { json: device, text: events.length === 0 ? text : `${text}\n\n${table(['TIME', 'EVENT'], events, '')}` }
  },
})

export const revokeDeviceChallenges = command({
  name: 'device revoke-challenges',
  summary: 'Revoke the challenges that wait for a device',
  argument: 'ID',
  options: {},
  examples: ['device revoke-challenges 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b'],
  async run({ argument, withServices }) {
    const revoked = await withServices((services, actor) => services.devices.revokeChallenges(actor, argument))
    return { json: { revoked }, text: `${revoked} revoked.` }
  },
})

export const listOverdue = command({
  name: 'device overdue',
  summary: 'List devices that should have renewed their certificate',
  options: {
    group: { value: 'SLUG', description: 'Only those of this group' },
    search: { value: 'TEXT', description: 'Part of the subject, name or serial number' },
    ...PAGE_OPTIONS,
  },
  examples: ['device overdue --group staff'],
  async run({ options, withServices }) {
    const { group, search } = options
    const page = pageFrom(options)
    const found = await withServices((services, actor) =>
      services.overdueRenewals.list(actor, given({ group, search }), page),
    )
    const rows = found.items.map(({ certificate, device, group: of }) => [
      certificate.serial,
      device?.name ?? certificate.subject,
      of?.slug ?? '-',
      moment(certificate.notAfter),
    ])
    const text = table(['SERIAL', 'DEVICE', 'GROUP', 'ENDS'], rows, 'All of them are in time.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const showDeviceRules = command({
  name: 'device rules',
  summary: 'Show what a group does when an MDM says something of a device',
  argument: 'GROUP',
  options: {},
  examples: ['device rules staff'],
  async run({ argument, withServices }) {
    const view = await withServices((services, actor) => services.deviceRules.get(actor, argument))
    return { json: view, text: rulesText(view.rules) }
  },
})

export const setDeviceRules = command({
  name: 'device set-rules',
  summary: 'Change what a group does when an MDM says something of a device',
  details: `TRIGGER is one of ${TRIGGERS.join(', ')}; ACTION is report, hold or revoke. Try it with --dry-run first.`,
  argument: 'GROUP',
  options: {
    rule: { value: 'TRIGGER=ACTION[:REASON]', description: 'Such as wiped=revoke:keyCompromise', repeats: true },
    'dry-run': { description: 'Show what would happen now, and do nothing' },
  },
  examples: ['device set-rules staff --rule removed=revoke --rule noncompliant=hold --dry-run'],
  async run({ argument, options, withServices }) {
    const change = options.rule.map(ruleOf)
    if (change.length === 0) throw new UsageFault('Give at least one --rule.')
    if (options['dry-run']) {
      const tried = await withServices((services, actor) => services.deviceRules.dryRun(actor, argument, change))
      const { devices, certificates, releases } = tried.total
      const text = `${certificates} certificates of ${devices} devices would end now, ${releases} holds would be released.`
      return { json: tried, text }
    }
    const view = await withServices((services, actor) => services.deviceRules.change(actor, argument, change))
    return { json: view, text: rulesText(view.rules) }
  },
})

export const listBrakes = command({
  name: 'device brakes',
  summary: 'List the brakes of the MDMs, and how many devices wait behind them',
  options: {},
  examples: ['device brakes'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.deviceBrake.list(actor))
    const rows = items.map(({ connector, mostPerHour, waiting, pulledAt }) => [
      connector.slug,
      String(mostPerHour),
      String(waiting),
      moment(pulledAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['MDM', 'PER HOUR', 'WAITING', 'SINCE'], rows, 'No MDM is connected.'),
    }
  },
})

export const setBrake = command({
  name: 'device brake',
  summary: 'Decide about what waits behind the brake of an MDM, or change how much it lets pass',
  argument: 'MDM',
  options: {
    'per-hour': { value: 'NUMBER', description: 'Devices that may lose certificates within an hour' },
    'let-through': { description: 'Let everything that waits happen' },
    cancel: { description: 'Leave the certificates of what waits as they are' },
  },
  examples: ['device brake jamf --per-hour 50', 'device brake jamf --cancel'],
  async run({ argument, options, withServices }) {
    const mostPerHour = wholeNumber('per-hour', options['per-hour'], 0, 1_000_000)
    if (options['let-through'] && options.cancel) throw new UsageFault('Give --let-through or --cancel, not both.')
    const decision = options['let-through'] ? 'let_through' : options.cancel ? 'cancel' : undefined
    if (mostPerHour === undefined && decision === undefined)
      throw new UsageFault('Give --per-hour, --let-through or --cancel.')
    const done = await withServices(async (services, actor) => {
      if (mostPerHour !== undefined) await services.deviceBrake.change(actor, argument, { mostPerHour })
      if (decision !== undefined) return services.deviceBrake.decide(actor, argument, decision, 'all')
      return { devices: 0, brake: (await services.deviceBrake.braked(actor, argument)).brake }
    })
    const { brake, devices } = done
    return { json: done, text: `${devices} decided, ${brake.waiting} waiting, ${brake.mostPerHour} an hour.` }
  },
})

function rulesText(rules: readonly { trigger: string; action: string; reason: string }[]): string {
  const rows = rules.map(({ trigger, action, reason }) => [trigger, action, action === 'revoke' ? reason : '-'])
  return table(['WHEN', 'THEN', 'REASON'], rows, '')
}

function ruleOf(text: string): DeviceRuleChange {
  const [trigger = '', answer = ''] = text.split('=', 2)
  const [action = '', why] = answer.split(':', 2)
  const reason = RULE_REASONS.find((known) => known === why)
  const known = TRIGGERS.includes(trigger as DeviceTrigger) && ['report', 'hold', 'revoke'].includes(action)
  if (!known || (why !== undefined && reason === undefined))
    throw new UsageFault(`--rule takes TRIGGER=ACTION[:REASON], such as wiped=revoke:keyCompromise, not ${text}.`)
  return {
    trigger: trigger as DeviceTrigger,
    action: action as RuleAction,
    ...(reason === undefined ? {} : { reason }),
  }
}
