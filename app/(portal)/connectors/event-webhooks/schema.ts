/** What the forms about event webhooks may say. What an address may be is the service's to say. */
import { z } from 'zod'
import { WEBHOOK_EVENTS } from '@/lib/services/event-webhook-types'

const settings = {
  name: z.string().trim().min(1, 'Give it a name.').max(100),
  url: z.string().trim().min(1, 'Write an address that begins with https://.').max(2_000),
  events: z.array(z.enum(WEBHOOK_EVENTS), { error: 'Choose at least one event.' }).min(1, 'Choose at least one event.'),
  allowedHosts: z
    .string()
    .max(5_000)
    .transform((text) => text.split(/[\s,]+/).filter((host) => host !== '')),
}
const id = z.uuid()

export const NewEventWebhookSchema = z.strictObject(settings)
export const EventWebhookSchema = z.strictObject({ id })
export const PauseEventWebhookSchema = z.strictObject({
  id,
  paused: z.enum(['true', 'false']).transform((it) => it === 'true'),
})
