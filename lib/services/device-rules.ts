/** What a group does when an MDM says that a device is gone, unsafe or no longer entitled; and what that would mean now. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import type { RevocationReason } from './certificates'
import { TRIGGERS } from './device-state'
import type { DeviceTrigger } from './device-types'
import { authorise, authoriseGroup, authoriseInGroups, inGroups } from './permissions'

export type RuleAction = 'report' | 'hold' | 'revoke'

export interface DeviceRule {
  trigger: DeviceTrigger
  action: RuleAction
  /** Of the revocation, where it revokes. */
  reason: RevocationReason
}

export interface DeviceRulesView {
  group: { slug: string; name: string }
  /** One for each trigger, in their order. */
  rules: DeviceRule[]
}

export interface DeviceRulesDryRun {
  effects: {
    trigger: DeviceTrigger
    action: RuleAction
    /** That are so now, and have a certificate of the group which counts. */
    devices: number
    /** That would end by this rule alone. */
    certificates: number
  }[]
  /** All rules together; what two of them concern counts once. */
  total: { devices: number; certificates: number; releases: number }
  /** How many devices of each MDM would lose certificates, and where its brake stops. */
  connectors: { name: string; devices: number; mostPerHour: number }[]
  samples: { id: string; name: string; trigger: DeviceTrigger; action: RuleAction; certificates: number }[]
}

/** A group with devices of an MDM, and whether anything follows from what that says. */
export interface DeviceFollowing {
  group: { slug: string; name: string }
  follows: boolean
}

export interface DeviceRulesService {
  /** Of groups whose newest certificates are those of devices that an enabled connector tells of, by name. */
  following(actor: Actor): Promise<DeviceFollowing[]>
  /** Refusals of all that name a group: not_found. */
  get(actor: Actor, slug: string): Promise<DeviceRulesView>
  /** Refusals: invalid_input. Does nothing. */
  dryRun(actor: Actor, slug: string, change: readonly DeviceRuleChange[]): Promise<DeviceRulesDryRun>
  /** From now on, and for what devices are already. Refusals: invalid_input. */
  change(actor: Actor, slug: string, change: readonly DeviceRuleChange[]): Promise<DeviceRulesView>
}

export interface DeviceRuleChange {
  trigger: DeviceTrigger
  action: RuleAction
  reason?: RevocationReason
}

export interface DeviceRuleRecord {
  group: { id: string; slug: string; name: string }
  /** Those that were ever set. */
  rules: DeviceRule[]
}

export interface DeviceRuleStore {
  /** Looks at so many of the newest certificates of each group. */
  following(newest: number): Promise<DeviceFollowing[]>
  get(slug: string): Promise<DeviceRuleRecord | null>
  dryRun(
    groupId: string,
    rules: readonly DeviceRule[],
    at: Date,
    samples: number,
  ): Promise<Omit<DeviceRulesDryRun, 'effects'> & { effects: Omit<DeviceRulesDryRun['effects'][number], 'action'>[] }>
  /** In one transaction with the events, and with what the rules answer about devices as they are. False: no such group. */
  change(
    slug: string,
    at: Date,
    decide: (before: DeviceRuleRecord) => { after: DeviceRule[]; events: AuditEntry[] },
  ): Promise<boolean>
}

/** RFC 5280 reasons that a rule may give; a hold is an action of its own. */
export const RULE_REASONS: readonly RevocationReason[] = [
  'cessationOfOperation',
  'privilegeWithdrawn',
  'affiliationChanged',
  'keyCompromise',
  'superseded',
  'unspecified',
]
const ACTIONS: readonly RuleAction[] = ['report', 'hold', 'revoke']
const SAMPLES = 8
/** Of each group: enough to tell, however many certificates it has. */
const NEWEST = 200

export function createDeviceRules({ store, clock }: { store: DeviceRuleStore; clock: () => Date }): DeviceRulesService {
  async function existing(slug: string): Promise<DeviceRuleRecord> {
    const record = await store.get(slug)
    if (record === null) throw unknownGroup()
    return record
  }

  return {
    async following(actor) {
      authoriseInGroups(actor, 'device-rule:read')
      return (await store.following(NEWEST)).filter(({ group }) => inGroups(actor, group.slug))
    },

    async get(actor, slug) {
      authoriseGroup(actor, 'device-rule:read', slug)
      return viewOf(await existing(slug))
    },

    async dryRun(actor, slug, change) {
      authoriseGroup(actor, 'device-rule:read', slug)
      const record = await existing(slug)
      const rules = withChange(allRules(record.rules), checkedChange(change))
      const found = await store.dryRun(record.group.id, rules, clock(), SAMPLES)
      const effects = rules.map(({ trigger, action }) => {
        const { devices = 0, certificates = 0 } = found.effects.find((effect) => effect.trigger === trigger) ?? {}
        return { trigger, action, devices, certificates }
      })
      return { ...found, effects }
    },

    async change(actor, slug, change) {
      authorise(actor, 'device-rule:manage')
      const wish = checkedChange(change)
      const known = await store.change(slug, clock(), (record) => {
        const before = allRules(record.rules)
        const after = withChange(before, wish)
        return { after, events: changeEvents(actor, record.group, before, after) }
      })
      if (!known) throw unknownGroup()
      return viewOf(await existing(slug))
    },
  }
}

/** What nobody has set is reported only. */
export function allRules(rules: readonly DeviceRule[]): DeviceRule[] {
  return TRIGGERS.map(
    (trigger) =>
      rules.find((rule) => rule.trigger === trigger) ?? { trigger, action: 'report', reason: 'cessationOfOperation' },
  )
}

function viewOf({ group: { slug, name }, rules }: DeviceRuleRecord): DeviceRulesView {
  return { group: { slug, name }, rules: allRules(rules) }
}

function withChange(rules: DeviceRule[], change: readonly DeviceRuleChange[]): DeviceRule[] {
  return rules.map((rule) => ({ ...rule, ...change.find(({ trigger }) => trigger === rule.trigger) }))
}

function checkedChange(change: readonly DeviceRuleChange[]): DeviceRuleChange[] {
  const seen = new Set<string>()
  return change.map(({ trigger, action, reason }) => {
    if (!TRIGGERS.includes(trigger)) refuse('trigger', `A trigger is one of ${TRIGGERS.join(', ')}.`)
    if (seen.has(trigger)) refuse('trigger', 'There is one rule for each trigger.')
    seen.add(trigger)
    if (!ACTIONS.includes(action)) refuse('action', `An action is one of ${ACTIONS.join(', ')}.`)
    if (reason !== undefined && !RULE_REASONS.includes(reason))
      refuse('reason', `The reason of a rule is one of ${RULE_REASONS.join(', ')}.`)
    return { trigger, action, ...(reason === undefined ? {} : { reason }) }
  })
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

/** No event when nothing changes. */
function changeEvents(
  actor: Actor,
  group: DeviceRuleRecord['group'],
  before: DeviceRule[],
  after: DeviceRule[],
): AuditEntry[] {
  const fields = after.filter((rule, index) => said(rule) !== said(before[index])).map(({ trigger }) => trigger)
  if (fields.length === 0) return []
  const values = (rules: DeviceRule[]): { [key: string]: Json } =>
    Object.fromEntries(
      rules.filter(({ trigger }) => fields.includes(trigger)).map((rule) => [rule.trigger, said(rule)]),
    )
  return [
    {
      type: 'device.rules_changed',
      outcome: 'success',
      actor,
      object: { type: 'group', id: group.id, name: group.name },
      change: { fields, before: values(before), after: values(after) },
    },
  ]
}

function said(rule: DeviceRule | undefined): string {
  if (rule === undefined) return 'report'
  return rule.action === 'revoke' ? `revoke (${rule.reason})` : rule.action
}

function unknownGroup(): Refusal {
  return new Refusal('not_found', 'There is no such group.')
}
