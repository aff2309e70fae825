/** RFC 5280 §5.3.1 in words a person can choose by. */
import type { RevocationReason } from '@/lib/services/certificates'

export const REASONS: Record<RevocationReason, { title: string; when: string }> = {
  unspecified: {
    title: 'Unspecified',
    when: 'None of the others fits, or you would rather not say. Relying parties see no reason. An earlier certificate of the device can still be renewed.',
  },
  keyCompromise: {
    title: 'Key compromise',
    when: 'The private key was or may have been stolen or copied, or the device was lost.',
  },
  cACompromise: { title: 'CA compromise', when: 'The key of the authority itself is no longer trustworthy.' },
  affiliationChanged: {
    title: 'Affiliation changed',
    when: 'The person left or moved, or the name in the certificate is no longer right.',
  },
  superseded: { title: 'Superseded', when: 'A newer certificate has taken its place.' },
  cessationOfOperation: {
    title: 'Cessation of operation',
    when: 'The device was retired and needs no certificate any more.',
  },
  certificateHold: { title: 'On hold', when: 'Suspended for now.' },
  privilegeWithdrawn: {
    title: 'Privilege withdrawn',
    when: 'What the certificate allowed is no longer allowed, although nothing was stolen.',
  },
  aACompromise: {
    title: 'Attribute authority compromise',
    when: 'The authority behind its attributes is no longer trustworthy.',
  },
}

/**
 * What the portal offers for a device, most frequent first. The compromise of an authority is not a device's reason, and
 * a hold is left out until it can be lifted again.
 */
export const OFFERED_REASONS = [
  'cessationOfOperation',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'privilegeWithdrawn',
  'unspecified',
] as const satisfies readonly RevocationReason[]
