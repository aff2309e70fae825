/** What a group does when an MDM says something of a device, and what that would mean now. */
import { z } from 'zod'
import { slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { RevocationReason } from '@/app/api/v1/certificates/operations'
import { DEVICE_TRIGGERS } from '@/app/api/v1/devices/operations'

const trigger = z.enum(DEVICE_TRIGGERS)
const action = z
  .enum(['report', 'hold', 'revoke'])
  .meta({ description: 'hold ends by itself when the device is fine again; revoke is for good.' })

const DeviceRules = z
  .object({
    group: z.object({ slug: z.string(), name: z.string() }),
    rules: z.array(
      z.object({ trigger, action, reason: RevocationReason.meta({ description: 'Given where it revokes.' }) }),
    ),
  })
  .meta({ id: 'DeviceRules', description: 'One for each trigger.' })

const change = z.strictObject({
  rules: z
    .array(z.strictObject({ trigger, action, reason: RevocationReason.exactOptional() }))
    .max(DEVICE_TRIGGERS.length)
    .meta({ description: 'What is not named stays.' }),
})

const example: z.input<typeof DeviceRules> = {
  group: { slug: 'staff', name: 'Staff' },
  rules: [
    { trigger: 'removed', action: 'revoke', reason: 'cessationOfOperation' },
    { trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' },
    { trigger: 'unmanaged', action: 'revoke', reason: 'cessationOfOperation' },
    { trigger: 'noncompliant', action: 'hold', reason: 'cessationOfOperation' },
    { trigger: 'user_disabled', action: 'hold', reason: 'cessationOfOperation' },
    { trigger: 'not_entitled', action: 'report', reason: 'cessationOfOperation' },
  ],
}

const params = z.strictObject({ slug })

export const getDeviceRules = operation({
  id: 'getDeviceRules',
  method: 'GET',
  path: '/groups/{slug}/device-rules',
  tag: 'Devices',
  summary: 'Read the device rules of a group',
  description: 'What nobody has set is only reported.',
  access: 'device-rule:read',
  rate: 'read',
  params,
  answer: { status: 200, description: 'The rules.', schema: DeviceRules, example },
  refusals: ['not_found'],
})

export const changeDeviceRules = operation({
  id: 'changeDeviceRules',
  method: 'PATCH',
  path: '/groups/{slug}/device-rules',
  tag: 'Devices',
  summary: 'Change the device rules of a group',
  description: 'They hold from now on, and for what devices are already: try them with the dry run first.',
  access: 'device-rule:manage',
  rate: 'change',
  params,
  body: change,
  bodyExample: { rules: [{ trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' }] },
  answer: { status: 200, description: 'The rules as they are now.', schema: DeviceRules, example },
  refusals: ['not_found', 'invalid_input'],
})

export const tryDeviceRules = operation({
  id: 'tryDeviceRules',
  method: 'POST',
  path: '/groups/{slug}/device-rules/dry-run',
  tag: 'Devices',
  summary: 'See what device rules would do now',
  description: 'To the devices of the present inventory, and without doing it.',
  access: 'device-rule:read',
  rate: 'read',
  params,
  body: change,
  bodyExample: { rules: [{ trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' }] },
  answer: {
    status: 200,
    description: 'What would happen.',
    schema: z
      .object({
        effects: z.array(
          z.object({
            trigger,
            action,
            devices: z.number().int().meta({ description: 'That are so now, with a certificate that counts.' }),
            certificates: z.number().int().meta({ description: 'That would end by this rule alone.' }),
          }),
        ),
        total: z.object({ devices: z.number().int(), certificates: z.number().int(), releases: z.number().int() }),
        connectors: z.array(z.object({ name: z.string(), devices: z.number().int(), mostPerHour: z.number().int() })),
        samples: z.array(
          z.object({ id: z.string(), name: z.string(), trigger, action, certificates: z.number().int() }),
        ),
      })
      .meta({ id: 'DeviceRulesDryRun' }),
    example: {
      effects: [{ trigger: 'removed', action: 'revoke', devices: 2, certificates: 3 }],
      total: { devices: 2, certificates: 3, releases: 0 },
      connectors: [{ name: 'Jamf Pro', devices: 2, mostPerHour: 25 }],
      samples: [],
    },
  },
  refusals: ['not_found', 'invalid_input'],
})
