/** Tries and sets what a group does when an MDM says something of a device. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { DeviceRulesSchema } from './schema'

export const tryDeviceRules = action('device-rule:read', DeviceRulesSchema, async (actor, { group, rules }) =>
  server().deviceRules.dryRun(actor, group, rules),
)

export const saveDeviceRules = action('device-rule:manage', DeviceRulesSchema, async (actor, { group, rules }) => {
  await server().deviceRules.change(actor, group, rules)
  refresh()
  return null
})
