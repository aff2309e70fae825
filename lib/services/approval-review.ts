/** What somebody should see before approving: where a request differs from what is usual, and what looks wrong. */
import { oidName } from '@/lib/pki/oid'
import type { ApprovalDetail, RequestedFields } from './approval-types'

/** Object identifiers by the names people know them by. */
export function readable(requested: RequestedFields): RequestedFields {
  const { extendedKeyUsage, extensions, dropped } = requested
  return {
    ...requested,
    extendedKeyUsage: extendedKeyUsage.map(oidName),
    extensions: extensions.map(oidName),
    dropped: dropped.map(oidName),
  }
}

/** From the profile of the endpoint: the certificate follows the profile, whatever was asked. */
export function differencesOf({ requested }: { requested: RequestedFields }): string[] {
  const { dropped } = readable(requested)
  return [
    ...(dropped.length > 0
      ? [`The certificate will not carry what the request asks for beside its names: ${dropped.join(', ')}.`]
      : []),
    ...(requested.wrongChallenge ? ['The request carries a challenge. It authorises nothing at this endpoint.'] : []),
    ...(/sha1/i.test(requested.signatureAlgorithm)
      ? ['The request is signed with SHA-1; the certificate will not be.']
      : []),
  ]
}

export function warningsOf(
  { subject, san, sourceIp, renews }: Pick<ApprovalDetail, 'subject' | 'san' | 'sourceIp' | 'renews'>,
  { certificates, transactions }: ApprovalDetail['history'],
): string[] {
  const sameKeyElsewhere = certificates.filter(({ sameKey, sameSubject }) => sameKey && !sameSubject)
  const revokedKey = certificates.some(({ sameKey, revokedAt }) => sameKey && revokedAt !== null)
  const inUse = certificates.filter(
    ({ id, sameKey, sameSubject, revokedAt }) => sameSubject && !sameKey && revokedAt === null && id !== renews?.id,
  )
  const denied = transactions.some(({ reason }) => reason === 'request_denied')
  const foreign = san.filter(({ type }) => type === 'upn' || type === 'email')
  return [
    ...(sameKeyElsewhere.length > 0
      ? [
          `The same key has a certificate under another name: ${sameKeyElsewhere.map((each) => each.subject).join('; ')}.`,
        ]
      : []),
    ...(revokedKey ? ['A certificate for the same key has been revoked.'] : []),
    ...(inUse.length > 0
      ? [
          'A certificate for the same name and another key is not revoked. Is this the same device, or another one that takes its name?',
        ]
      : []),
    ...(denied ? ['A request for the same name was denied before.'] : []),
    ...(subject === '' ? ['The request names no subject, only alternative names.'] : []),
    ...(foreign.length > 0 ? [`It asks to act for a person: ${foreign.map(({ value }) => value).join(', ')}.`] : []),
    ...(sourceIp === null ? ['The address it came from is not known.'] : []),
  ]
}
