/** Connecting any MDM that can post an event. */
import type { KindGuide } from './kinds'

export const EVENTS_GUIDE: KindGuide = {
  kind: 'events',
  title: 'Any other MDM, by events',
  description:
    'Your MDM, or a script of yours, posts what happened to a device or a user. Signed by Standard Webhooks.',
  name: '',
  slug: '',
  fields: [],
  advanced: [],
  credential: null,
  steps: [],
  remains: [],
  afterwards: [
    'Let your MDM post to the hook URL, signed with the hook secret (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature).',
    'Events are device.removed, device.wiped, device.unmanaged, device.noncompliant, device.compliant, device.enrolled, user.disabled and user.enabled. Others are taken and mean nothing.',
    'Name a device by id, serial or udid, a user by id, name or email.',
    'Events bring no challenges. Let your MDM mint them by the API with a key that is limited to one endpoint (Settings, API keys), or sign them itself (Settings, Minters).',
  ],
}
