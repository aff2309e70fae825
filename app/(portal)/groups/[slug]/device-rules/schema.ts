/** What the form about a group's device rules may say: an answer and a reason for each trigger. */
import { z } from 'zod'
import type { DeviceRuleChange } from '@/lib/services/device-rules'

const action = z.enum(['report', 'hold', 'revoke'])
const reason = z
  .enum([
    'cessationOfOperation',
    'privilegeWithdrawn',
    'affiliationChanged',
    'keyCompromise',
    'superseded',
    'unspecified',
  ])
  .exactOptional()

const TRIGGERS = ['removed', 'wiped', 'unmanaged', 'noncompliant', 'user_disabled', 'not_entitled'] as const

export const DeviceRulesSchema = z
  .strictObject({
    group: z.string().min(1).max(100),
    removed: action,
    wiped: action,
    unmanaged: action,
    noncompliant: action,
    user_disabled: action,
    not_entitled: action,
    removed_reason: reason,
    wiped_reason: reason,
    unmanaged_reason: reason,
    noncompliant_reason: reason,
    user_disabled_reason: reason,
    not_entitled_reason: reason,
  })
  .transform(({ group, ...form }) => ({
    group,
    rules: TRIGGERS.map((trigger): DeviceRuleChange => {
      const why = form[`${trigger}_reason`]
      return { trigger, action: form[trigger], ...(why === undefined ? {} : { reason: why }) }
    }),
  }))
