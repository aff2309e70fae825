/** RFC 5280 §5.3.1 in words a person can choose by. */
import type { SkipCause } from '@/lib/services/bulk-revocation-types'
import type { RevocationReason } from '@/lib/services/certificates'
import type { RevocationAction } from '@/lib/services/revocation'

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
  certificateHold: {
    title: 'On hold',
    when: 'Suspended for now, such as while a device is missing. The only one that can be undone: release it later, or revoke it for good.',
  },
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
 * a hold is an action of its own where many are changed as one.
 */
export const OFFERED_REASONS = [
  'cessationOfOperation',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'privilegeWithdrawn',
  'unspecified',
] as const satisfies readonly RevocationReason[]

/** For one certificate, where a hold is one choice among the others. */
export const REASONS_FOR_ONE = [...OFFERED_REASONS, 'certificateHold'] as const satisfies readonly RevocationReason[]

/** For the issuer of a group; the words are of an authority, not of a device. */
export const ISSUER_REASON_CHOICES = [
  ['cACompromise', 'CA compromise', 'Its key was or may have been stolen, copied or used by somebody else.'],
  ['cessationOfOperation', 'Cessation of operation', 'The group and its issuer are given up.'],
  ['affiliationChanged', 'Affiliation changed', 'The name in its certificate is no longer right.'],
  ['superseded', 'Superseded', 'Another issuer has taken its place, and nothing it signed shall count any more.'],
  ['unspecified', 'Unspecified', 'None of the others fits, or you would rather not say.'],
] as const satisfies readonly (readonly [RevocationReason, string, string])[]

/** Why a certificate is left as it is. */
export const SKIP_CAUSES: Record<SkipCause, string> = {
  already_revoked: 'revoked already',
  on_hold: 'on hold already',
  not_on_hold: 'not on hold',
  expired: 'expired',
  issuer_revoked: 'its issuer is revoked',
}

export const ACTIONS: Record<RevocationAction, { title: string; verb: string; done: string }> = {
  revoke: { title: 'Revoke for good', verb: 'Revoke', done: 'revoked' },
  hold: { title: 'Put on hold', verb: 'Hold', done: 'put on hold' },
  release: { title: 'Release', verb: 'Release', done: 'released' },
}
