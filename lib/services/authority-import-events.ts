/** What the trail says of authorities from elsewhere. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { ImportedAuthority } from './authority-import-types'
import { fingerprint } from './certificate-intent'

export function importEvents(actor: Actor, { authority, certificate }: ImportedAuthority): AuditEntry[] {
  const imported = authorityEvent('ca.imported', actor, authority, {
    kind: authority.kind,
    origin: authority.origin,
    key: authority.keyId === null ? 'elsewhere' : 'here',
    subject: certificate.subject,
    serial: certificate.serial,
    keyAlg: authority.keyAlgorithm,
    notAfter: authority.notAfter.toISOString(),
    fingerprint: fingerprint(certificate.fingerprintSha256),
    spkiSha256: fingerprint(certificate.spkiSha256),
    ...(authority.parentId === null ? {} : { parentId: authority.parentId }),
  })
  if (authority.keyId === null || authority.origin === 'requested') return [imported]
  const key: AuditEntry = {
    type: 'key.imported',
    outcome: 'success',
    actor,
    object: { type: 'key', id: authority.keyId },
    data: {
      provider: 'software',
      alg: authority.keyAlgorithm,
      purpose: authority.kind,
      spkiSha256: fingerprint(certificate.spkiSha256),
    },
  }
  return [key, imported]
}

export function authorityEvent(
  type: AuditEntry['type'],
  actor: Actor,
  authority: { id: string; name: string },
  data: NonNullable<AuditEntry['data']>,
): AuditEntry {
  return { type, outcome: 'success', actor, object: { type: 'ca', id: authority.id, name: authority.name }, data }
}
