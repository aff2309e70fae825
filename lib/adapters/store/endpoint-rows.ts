/** The settings of an endpoint as its row has them. */
import type { EndpointSettings } from '@/lib/services/endpoint-settings'
import type { Prisma } from './generated/client'

export const ENDPOINT_SETTINGS = {
  includeRoot: true,
  allowSha1: true,
  allow3des: true,
  allowDes: true,
  scepIdentity: true,
  caCertificates: true,
  replyCertificates: true,
  signerKeyPolicy: true,
  trustedProxySigners: true,
  renewal: true,
  renewalByPkcsReq: true,
  renewalWindowDays: true,
  renewalChallenge: true,
  supersedeAfterHours: true,
  challengeFormat: true,
  revokeOnSecondKey: true,
  approvalsRequired: true,
  pendingTtlHours: true,
  approveWrongChallenge: true,
  validatorId: true,
} as const satisfies Record<keyof EndpointSettings, true>

/** Check constraints hold the texts to the words of EndpointSettings. */
export function endpointSettings(
  row: Prisma.EndpointGetPayload<{ select: typeof ENDPOINT_SETTINGS }>,
): EndpointSettings {
  return {
    ...row,
    scepIdentity: row.scepIdentity as EndpointSettings['scepIdentity'],
    caCertificates: row.caCertificates as EndpointSettings['caCertificates'],
    replyCertificates: row.replyCertificates as EndpointSettings['replyCertificates'],
    signerKeyPolicy: row.signerKeyPolicy as EndpointSettings['signerKeyPolicy'],
    renewalChallenge: row.renewalChallenge as EndpointSettings['renewalChallenge'],
    challengeFormat: row.challengeFormat as EndpointSettings['challengeFormat'],
  }
}
