/** What the form about a group's network access may say. The rules are the service's. */
import { z } from 'zod'
import { parseWindow } from '@/lib/services/access-windows'
import { ACCESS_DEFAULTS } from '@/lib/services/network-access'
import { accessFaults, normalisedAccess } from '@/lib/services/network-access-rules'

const lines = z
  .string()
  .max(20_000)
  .transform((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

const sent = z.strictObject({
  group: z.string().min(1).max(100),
  enabled: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
  vlan: z.string().max(100),
  filterId: z.string().max(300),
  class: z.string().max(300),
  sessionTimeoutSeconds: z.string().trim().max(100),
  ssids: lines,
  networkServers: lines,
  timeZone: z.string().trim().max(64),
  windows: lines,
})

/** Whatever is wrong is said at once: what cannot be read here beside what the service would refuse. */
export const NetworkAccessSchema = sent.transform(
  ({ group, windows: texts, sessionTimeoutSeconds, ...rest }, context) => {
    const said = new Set<string>()
    const say = (field: string, message: string) => {
      if (said.has(field)) return
      said.add(field)
      context.addIssue({ code: 'custom', message, path: [field] })
    }
    const unreadable = texts.find((text) => parseWindow(text) === null)
    if (unreadable !== undefined)
      say('windows', `"${unreadable.slice(0, 60)}" is no window. Write mon-fri=08:00-18:00.`)
    const isNumber = /^\d{0,6}$/.test(sessionTimeoutSeconds)
    if (!isNumber) say('sessionTimeoutSeconds', 'Give whole seconds.')
    const change = {
      ...rest,
      sessionTimeoutSeconds: isNumber && sessionTimeoutSeconds !== '' ? Number(sessionTimeoutSeconds) : null,
      windows: texts.map((text) => parseWindow(text)).filter((window) => window !== null),
    }
    const faults = accessFaults({ ...ACCESS_DEFAULTS, ...normalisedAccess(change) })
    for (const [field, sentence] of Object.entries(faults)) say(field, sentence)
    return { group, ...change }
  },
)
