/** Every command there is. */
import { createApiKey, listApiKeys, revokeApiKey } from './api-key'
import { listAudit, verifyAudit } from './audit'
import { exportCertificate, listCertificates, revokeCertificate, showCertificate } from './certificate'
import { listChallenges, mintChallenge, revokeChallenge } from './challenge'
import type { Command } from './command'
import { disableEndpoint, enableEndpoint, listEndpoints, showEndpoint } from './endpoint'
import { copyEndpoint, createEndpoint, updateEndpoint } from './endpoint-changes'
import { enrol } from './enrol'
import { createGroup, listGroups, showGroup } from './group'
import { setup } from './setup'
import { createUser, disableUser, enableUser, listUsers, setPassword } from './user'

export const COMMANDS: readonly Command[] = [
  setup,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  createUser,
  listUsers,
  disableUser,
  enableUser,
  setPassword,
  createGroup,
  listGroups,
  showGroup,
  listEndpoints,
  showEndpoint,
  createEndpoint,
  copyEndpoint,
  updateEndpoint,
  enableEndpoint,
  disableEndpoint,
  mintChallenge,
  listChallenges,
  revokeChallenge,
  enrol,
  listCertificates,
  showCertificate,
  exportCertificate,
  revokeCertificate,
  verifyAudit,
  listAudit,
]
