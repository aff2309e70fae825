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
  'notice.expiry': {
    title: 'Something ends',
    when: 'An authority, a registration authority, a credential, a static secret or an API key reached a threshold.',
  },
  'notice.failures': {
    title: 'Much fails',
    when: 'More enrolments of an endpoint or calls to a connector fail than the threshold.',
  },
  'device.renewal_overdue': { title: 'Renewal overdue', when: 'A device should have renewed and did not ask.' },
}
