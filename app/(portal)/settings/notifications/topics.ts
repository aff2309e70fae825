/** Kinds of notices in words. */
import type { ExpiryTopic, NoticeTopic } from '@/lib/services/notice-types'

export const TOPIC_NAMES: Record<NoticeTopic, { title: string; when: string }> = {
  'authority-expiry': { title: 'Authorities that end', when: 'The root and the issuers of groups.' },
  'registration-authority-expiry': {
    title: 'Registration authorities that end',
    when: 'Latchkey renews them by itself thirty days before; a notice after that means that it did not.',
  },
  'connector-expiry': { title: 'Credentials of connectors that end', when: 'What we present to an MDM.' },
  'static-secret-expiry': { title: 'Static secrets that end', when: 'Shared passwords of endpoints.' },
  'api-key-expiry': { title: 'API keys that end', when: 'Of programs and RADIUS servers.' },
  'enrolment-failures': { title: 'Enrolments that fail', when: 'More at one endpoint than the threshold below.' },
  'connector-failures': { title: 'Connectors that fail', when: 'More calls in a row than the threshold below.' },
}

export const EXPIRY_LABELS: Record<ExpiryTopic, string> = {
  'authority-expiry': 'Authorities',
  'registration-authority-expiry': 'Registration authorities',
  'connector-expiry': 'Credentials of connectors',
  'static-secret-expiry': 'Static secrets',
  'api-key-expiry': 'API keys',
}
