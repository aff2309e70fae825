/** Events of webhooks in words. */
import type { WebhookEvent } from '@/lib/services/event-webhook-types'

export const EVENT_NAMES: Record<WebhookEvent, { title: string; when: string }> = {
  'certificate.issued': { title: 'Certificate issued', when: 'To a device, by whatever policy.' },
  'certificate.revoked': { title: 'Certificate revoked', when: 'For good, or put on hold.' },
  'connector.credential_expiring': { title: 'Credential expiring', when: 'What we present to an MDM is about to end.' },
  'device.action_braked': {
    title: 'Brake pulled',
    when: 'More devices of an MDM than it lets pass would lose certificates.',
  },
  'device.renewal_overdue': { title: 'Renewal overdue', when: 'A device should have renewed and did not ask.' },
}
