/** What the form about a group's network access may say. Whether a VLAN is one is the service's to say. */
import { z } from 'zod'
import { parseWindow, type TimeWindow } from '@/lib/services/access-windows'

const lines = z
  .string()
  .max(20_000)
  .transform((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

const windows = lines.transform((texts, context): TimeWindow[] =>
  texts.map((text) => {
    const window = parseWindow(text)
    if (window !== null) return window
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 60)}" is no window. Write mon-fri=08:00-18:00.` })
    return z.NEVER
  }),
)

const seconds = z
  .string()
  .trim()
  .regex(/^\d{0,6}$/, 'Give whole seconds.')
  .transform((text) => (text === '' ? null : Number(text)))

export const NetworkAccessSchema = z.strictObject({
  group: z.string().min(1).max(100),
  enabled: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
  vlan: z.string().max(100),
  filterId: z.string().max(300),
  class: z.string().max(300),
  sessionTimeoutSeconds: seconds,
  ssids: lines,
  networkServers: lines,
  timeZone: z.string().trim().max(64),
  windows,
})
