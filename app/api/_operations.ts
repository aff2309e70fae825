/** Every operation there is. A route that is not listed here fails its test; what is listed is in the OpenAPI document. */
import type { AnyOperation } from '@/app/api/_operation'
import { getActivity, listActivityEvents } from '@/app/api/v1/activity/operations'
import { createApiKey, listApiKeys, revokeApiKey } from '@/app/api/v1/api-keys/operations'
import { approveRequest, denyRequest, getApproval, listApprovals } from '@/app/api/v1/approvals/operations'
import {
  compareMoments,
  countPastCertificates,
  listComparedCertificates,
  listPastCertificates,
} from '@/app/api/v1/as-of/operations'
import { listAuditEvents, verifyAuditEvents } from '@/app/api/v1/audit-events/operations'
import {
  acceptAuthority,
  importAuthorityCrl,
  importRoot,
  listAuthorityRequests,
  requestAuthority,
  withdrawAuthority,
} from '@/app/api/v1/authorities/import-operations'
import { listAuthorities } from '@/app/api/v1/authorities/operations'
import {
  downloadCertificate,
  getCertificate,
  holdCertificate,
  listCertificates,
  releaseCertificate,
  revokeCertificate,
} from '@/app/api/v1/certificates/operations'
import { getProvenance } from '@/app/api/v1/certificates/provenance-operations'
import { getChallengeAlarm, listChallengeAlarms } from '@/app/api/v1/challenge-alarms/operations'
import {
  getChallenge,
  listChallenges,
  mintChallenge,
  reissueChallenge,
  revokeChallenge,
} from '@/app/api/v1/challenges/operations'
import { validateChallenge } from '@/app/api/v1/challenges/validate/operations'
import { acceptConnectorInventory, getConnectorInventory } from '@/app/api/v1/connectors/inventory-operations'
import {
  createConnector,
  getConnector,
  listConnectorCalls,
  listConnectors,
  rotateConnectorSecret,
  testConnector,
  updateConnector,
} from '@/app/api/v1/connectors/operations'
import { chooseDefaultEndpoint, getDefaultEndpoint } from '@/app/api/v1/default-endpoint/operations'
import {
  changeDeviceBrake,
  decideBraked,
  getDeviceBrake,
  listDeviceBrakes,
} from '@/app/api/v1/device-brakes/operations'
import { getDevice, listDevices, revokeDeviceChallenges } from '@/app/api/v1/devices/operations'
import {
  createPageAccount,
  getPageAccount,
  listPageAccounts,
  rotatePageSecret,
  updatePageAccount,
} from '@/app/api/v1/endpoints/[slug]/challenge-page-accounts/operations'
import { downloadEndpointProfile, listEndpointProfiles } from '@/app/api/v1/endpoints/[slug]/profiles/operations'
import { simulateRequest } from '@/app/api/v1/endpoints/[slug]/simulate/operations'
import {
  createStaticSecret,
  listStaticSecrets,
  revokeStaticSecret,
} from '@/app/api/v1/endpoints/[slug]/static-secrets/operations'
import {
  copyEndpoint,
  createEndpoint,
  getEndpoint,
  listEndpoints,
  updateEndpoint,
} from '@/app/api/v1/endpoints/operations'
import {
  createEventWebhook,
  listEventDeliveries,
  listEventWebhooks,
  removeEventWebhook,
  rotateEventWebhookSecret,
  testEventWebhook,
  updateEventWebhook,
} from '@/app/api/v1/event-webhooks/operations'
import { breakGlass, getBreakGlass, replaceIssuer } from '@/app/api/v1/groups/break-glass-operations'
import { changeDeviceRules, getDeviceRules, tryDeviceRules } from '@/app/api/v1/groups/device-rules-operations'
import {
  checkRadiusReadiness,
  downloadRadiusConfiguration,
  getNetworkAccess,
  listNetworkDecisions,
  updateNetworkAccess,
} from '@/app/api/v1/groups/network-operations'
import { createGroup, getGroup, listGroups } from '@/app/api/v1/groups/operations'
import { getGroupRetirement, retireGroup } from '@/app/api/v1/groups/retirement-operations'
import { cancelRollover, getRollover, rescheduleRollover, stageRollover } from '@/app/api/v1/groups/rollover-operations'
import { getTrustPage, switchTrustPage } from '@/app/api/v1/groups/trust-page-operations'
import { getMailServer, removeMailServer, setMailServer, testMailServer } from '@/app/api/v1/mail-server/operations'
import { getMe } from '@/app/api/v1/me/operations'
import { createMinter, getMinter, listMinters, updateMinter } from '@/app/api/v1/minters/operations'
import {
  addNoticeRecipient,
  listNoticeRecipients,
  removeNoticeRecipient,
  updateNoticeRecipient,
} from '@/app/api/v1/notice-recipients/operations'
import {
  getNoticeSettings,
  listNoticeDeliveries,
  listNotices,
  updateNoticeSettings,
} from '@/app/api/v1/notices/operations'
import { describeApi, describeApiInFull } from '@/app/api/v1/operations'
import { listOverdueRenewals } from '@/app/api/v1/overdue-renewals/operations'
import {
  getEndpointVersion,
  getGroupVersion,
  listEndpointVersions,
  listGroupVersions,
} from '@/app/api/v1/policy-version-operations'
import { acceptRisk, confirmSafekeeping, getPosture, withdrawRisk } from '@/app/api/v1/posture/operations'
import { authorizeAccess } from '@/app/api/v1/radius/authorize/operations'
import {
  createReceiver,
  getReceiver,
  listReceivers,
  rotateReceiverSecret,
  updateReceiver,
} from '@/app/api/v1/receivers/operations'
import { getRetention, setRetention } from '@/app/api/v1/retention/operations'
import {
  getBulkRevocation,
  listBulkRevocationCertificates,
  listBulkRevocations,
  revokeCertificates,
  stopBulkRevocation,
} from '@/app/api/v1/revocations/operations'
import { getTransaction, listTransactions } from '@/app/api/v1/transactions/operations'
import { createUser, listUsers, updateUser } from '@/app/api/v1/users/operations'
import {
  activateValidatorSecret,
  createValidator,
  getValidator,
  listValidators,
  rotateValidatorSecret,
  testValidator,
  updateValidator,
} from '@/app/api/v1/validators/operations'

export const OPERATIONS: readonly AnyOperation[] = [
  listGroups,
  createGroup,
  getGroup,
  getNetworkAccess,
  updateNetworkAccess,
  listNetworkDecisions,
  checkRadiusReadiness,
  downloadRadiusConfiguration,
  authorizeAccess,
  getRollover,
  stageRollover,
  rescheduleRollover,
  cancelRollover,
  getBreakGlass,
  breakGlass,
  replaceIssuer,
  getTrustPage,
  switchTrustPage,
  listGroupVersions,
  getGroupVersion,
  listEndpoints,
  getEndpoint,
  updateEndpoint,
  listEndpointVersions,
  getEndpointVersion,
  listPageAccounts,
  createPageAccount,
  getPageAccount,
  updatePageAccount,
  rotatePageSecret,
  listEndpointProfiles,
  downloadEndpointProfile,
  listStaticSecrets,
  createStaticSecret,
  revokeStaticSecret,
  simulateRequest,
  createEndpoint,
  copyEndpoint,
  getDefaultEndpoint,
  chooseDefaultEndpoint,
  listChallenges,
  mintChallenge,
  getChallenge,
  revokeChallenge,
  listApprovals,
  getApproval,
  approveRequest,
  denyRequest,
  validateChallenge,
  reissueChallenge,
  listChallengeAlarms,
  getChallengeAlarm,
  listMinters,
  createMinter,
  getMinter,
  updateMinter,
  listCertificates,
  getCertificate,
  getProvenance,
  downloadCertificate,
  revokeCertificate,
  listEventWebhooks,
  createEventWebhook,
  updateEventWebhook,
  rotateEventWebhookSecret,
  removeEventWebhook,
  listEventDeliveries,
  testEventWebhook,
  listNotices,
  listNoticeDeliveries,
  getNoticeSettings,
  updateNoticeSettings,
  listNoticeRecipients,
  addNoticeRecipient,
  updateNoticeRecipient,
  removeNoticeRecipient,
  getMailServer,
  setMailServer,
  removeMailServer,
  testMailServer,
  listOverdueRenewals,
  listDeviceBrakes,
  getDeviceBrake,
  changeDeviceBrake,
  decideBraked,
  getDeviceRules,
  changeDeviceRules,
  tryDeviceRules,
  revokeDeviceChallenges,
  listDevices,
  getDevice,
  holdCertificate,
  releaseCertificate,
  listBulkRevocations,
  revokeCertificates,
  getBulkRevocation,
  listBulkRevocationCertificates,
  stopBulkRevocation,
  listTransactions,
  getTransaction,
  getGroupRetirement,
  retireGroup,
  getPosture,
  acceptRisk,
  withdrawRisk,
  confirmSafekeeping,
  getRetention,
  setRetention,
  listAuditEvents,
  verifyAuditEvents,
  listPastCertificates,
  countPastCertificates,
  compareMoments,
  listComparedCertificates,
  getActivity,
  listActivityEvents,
  listAuthorities,
  importRoot,
  listAuthorityRequests,
  requestAuthority,
  acceptAuthority,
  withdrawAuthority,
  importAuthorityCrl,
  listValidators,
  createValidator,
  getValidator,
  updateValidator,
  rotateValidatorSecret,
  activateValidatorSecret,
  testValidator,
  listConnectors,
  createConnector,
  getConnector,
  updateConnector,
  testConnector,
  rotateConnectorSecret,
  getConnectorInventory,
  acceptConnectorInventory,
  listConnectorCalls,
  listReceivers,
  createReceiver,
  getReceiver,
  updateReceiver,
  rotateReceiverSecret,
  getMe,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  listUsers,
  createUser,
  updateUser,
  describeApi,
  describeApiInFull,
]
