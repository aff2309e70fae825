/** Every command there is. */
import { createApiKey, listApiKeys, revokeApiKey } from './api-key'
import { approveRequest, denyRequest, listApprovals } from './approval'
import { exportAudit, listAudit, reportAudit, verifyAudit } from './audit'
import {
  acceptAuthority,
  bringKeyBack,
  chooseRoot,
  importAuthorityCrl,
  importPkcs12,
  importRoot,
  listAuthorities,
  listAuthorityRequests,
  requestAuthority,
  sealKey,
  takeKeyOffline,
  withdrawAuthority,
} from './authority'
import { recordBackup, showBackup } from './backup'
import { drillBreakGlass, replaceIssuer, revokeIssuer, showBreakGlass } from './break-glass'
import {
  exportCertificate,
  holdCertificate,
  listCertificates,
  releaseCertificate,
  revokeCertificate,
  showCertificate,
} from './certificate'
import { listChallenges, mintChallenge, reissueChallenge, revokeChallenge } from './challenge'
import { addPageAccount, listPageAccounts, rotatePageSecret, updatePageAccount } from './challenge-page'
import type { Command } from './command'
import {
  changeConnector,
  createConnector,
  listConnectorCalls,
  listConnectors,
  rotateConnectorSecret,
  showConnector,
  testConnector,
} from './connector'
import { acceptInventory, showInventory } from './connector-inventory'
import {
  listBrakes,
  listDevices,
  listOverdue,
  revokeDeviceChallenges,
  setBrake,
  setDeviceRules,
  showDevice,
  showDeviceRules,
} from './device'
import { defaultEndpoint, disableEndpoint, enableEndpoint, listEndpoints, showEndpoint } from './endpoint'
import { copyEndpoint, createEndpoint, updateEndpoint } from './endpoint-changes'
import { endpointProfile } from './endpoint-profile'
import { enrol } from './enrol'
import { createEventWebhook, listEventWebhooks, removeEventWebhook, testEventWebhook } from './event-webhook'
import { createGroup, listGroups, reopenGroup, retireGroup, showGroup, switchTrustPage } from './group'
import {
  auditActivity,
  auditAsOf,
  auditCompare,
  certificateProvenance,
  endpointVersions,
  groupVersions,
} from './history'
import { removeMailServer, setMailServer, showMailServer, testMailServer } from './mail-server'
import { addMinter, disableMinter, enableMinter, listMinters } from './minter'
import { networkLog, radiusConfig, setNetwork, showNetwork } from './network'
import {
  addNoticeRecipient,
  listNoticeDeliveries,
  listNoticeRecipients,
  listNotices,
  removeNoticeRecipient,
  setNoticeSettings,
  showNoticeSettings,
} from './notice'
import { acceptPostureRisk, checkKek, showPosture, withdrawPostureRisk } from './posture'
import { createReceiver, listReceivers } from './receiver'
import { listRevocations, showRevocation, startRevocation, stopRevocation } from './revocation'
import { cancelRollover, showRollover, stageRollover } from './rollover'
import { setup } from './setup'
import { simulate } from './simulate'
import { createStaticSecret, listStaticSecrets, revokeStaticSecret } from './static-secret'
import { listTransactions, showTransaction } from './transaction'
import { changeRole, createUser, disableUser, enableUser, listUsers, setPassword } from './user'
import { createValidator, listValidators, testValidator } from './validator'

export const COMMANDS: readonly Command[] = [
  setup,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  createUser,
  changeRole,
  listUsers,
  disableUser,
  enableUser,
  setPassword,
  createGroup,
  listGroups,
  showGroup,
  groupVersions,
  switchTrustPage,
  retireGroup,
  reopenGroup,
  showNetwork,
  setNetwork,
  networkLog,
  radiusConfig,
  listAuthorities,
  importRoot,
  importPkcs12,
  requestAuthority,
  listAuthorityRequests,
  acceptAuthority,
  withdrawAuthority,
  importAuthorityCrl,
  chooseRoot,
  sealKey,
  takeKeyOffline,
  bringKeyBack,
  showRollover,
  stageRollover,
  cancelRollover,
  showBreakGlass,
  drillBreakGlass,
  revokeIssuer,
  replaceIssuer,
  listEndpoints,
  showEndpoint,
  endpointVersions,
  createEndpoint,
  copyEndpoint,
  updateEndpoint,
  enableEndpoint,
  disableEndpoint,
  defaultEndpoint,
  endpointProfile,
  mintChallenge,
  listChallenges,
  revokeChallenge,
  addPageAccount,
  listPageAccounts,
  updatePageAccount,
  rotatePageSecret,
  createStaticSecret,
  listStaticSecrets,
  revokeStaticSecret,
  listApprovals,
  approveRequest,
  denyRequest,
  reissueChallenge,
  addMinter,
  listMinters,
  enableMinter,
  disableMinter,
  enrol,
  listDevices,
  showDevice,
  revokeDeviceChallenges,
  listOverdue,
  showDeviceRules,
  setDeviceRules,
  listBrakes,
  setBrake,
  listCertificates,
  showCertificate,
  certificateProvenance,
  exportCertificate,
  revokeCertificate,
  holdCertificate,
  releaseCertificate,
  startRevocation,
  listRevocations,
  showRevocation,
  stopRevocation,
  listTransactions,
  showTransaction,
  simulate,
  createValidator,
  listValidators,
  testValidator,
  createConnector,
  listConnectors,
  showConnector,
  changeConnector,
  testConnector,
  rotateConnectorSecret,
  showInventory,
  acceptInventory,
  listConnectorCalls,
  createReceiver,
  listReceivers,
  createEventWebhook,
  listEventWebhooks,
  removeEventWebhook,
  showPosture,
  acceptPostureRisk,
  withdrawPostureRisk,
  checkKek,
  testEventWebhook,
  listNotices,
  listNoticeDeliveries,
  showNoticeSettings,
  setNoticeSettings,
  addNoticeRecipient,
  listNoticeRecipients,
  removeNoticeRecipient,
  setMailServer,
  showMailServer,
  testMailServer,
  removeMailServer,
  verifyAudit,
  listAudit,
  auditAsOf,
  auditCompare,
  auditActivity,
  recordBackup,
  showBackup,
  exportAudit,
  reportAudit,
]
