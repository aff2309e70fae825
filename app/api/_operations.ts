/** Every operation there is. A route that is not listed here fails its test; what is listed is in the OpenAPI document. */
import type { AnyOperation } from '@/app/api/_operation'
import { createApiKey, listApiKeys, revokeApiKey } from '@/app/api/v1/api-keys/operations'
import { listAuditEvents, verifyAuditEvents } from '@/app/api/v1/audit-events/operations'
import { listAuthorities } from '@/app/api/v1/authorities/operations'
import {
  downloadCertificate,
  getCertificate,
  listCertificates,
  revokeCertificate,
} from '@/app/api/v1/certificates/operations'
import { getChallenge, listChallenges, mintChallenge, revokeChallenge } from '@/app/api/v1/challenges/operations'
import {
  copyEndpoint,
  createEndpoint,
  getEndpoint,
  listEndpoints,
  updateEndpoint,
} from '@/app/api/v1/endpoints/operations'
import { createGroup, getGroup, listGroups } from '@/app/api/v1/groups/operations'
import { getMe } from '@/app/api/v1/me/operations'
import { describeApi, describeApiInFull } from '@/app/api/v1/operations'
import { listTransactions } from '@/app/api/v1/transactions/operations'
import { createUser, listUsers } from '@/app/api/v1/users/operations'

export const OPERATIONS: readonly AnyOperation[] = [
  listGroups,
  createGroup,
  getGroup,
  listEndpoints,
  getEndpoint,
  updateEndpoint,
  createEndpoint,
  copyEndpoint,
  listChallenges,
  mintChallenge,
  getChallenge,
  revokeChallenge,
  listCertificates,
  getCertificate,
  downloadCertificate,
  revokeCertificate,
  listTransactions,
  listAuditEvents,
  verifyAuditEvents,
  listAuthorities,
  getMe,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  listUsers,
  createUser,
  describeApi,
  describeApiInFull,
]
