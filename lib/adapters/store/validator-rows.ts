/** A validator as its row has it. */
import type { Validator } from '@/lib/services/validators'
import type { Prisma } from './generated/client'

export const VALIDATOR = {
  id: true,
  name: true,
  kind: true,
  connectorId: true,
  dialect: true,
  url: true,
  secretSealed: true,
  authorizationKind: true,
  authorizationSealed: true,
  timeoutMs: true,
  sendCsr: true,
  askOnRenewal: true,
  notify: true,
  notifyBeforeAnswer: true,
  allowedHosts: true,
  disabledAt: true,
  failures: true,
} as const

/** Check constraints hold the texts to the words of Validator. */
export function validatorOf(row: Prisma.ValidatorGetPayload<{ select: typeof VALIDATOR }>): Validator {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as Validator['kind'],
    connectorId: row.connectorId,
    dialect: row.dialect as Validator['dialect'],
    url: row.url,
    secretSealed: row.secretSealed,
    authorizationKind: row.authorizationKind as Validator['authorizationKind'],
    authorizationSealed: row.authorizationSealed,
    timeoutMs: row.timeoutMs,
    sendCsr: row.sendCsr as Validator['sendCsr'],
    askOnRenewal: row.askOnRenewal,
    notify: row.notify,
    notifyBeforeAnswer: row.notifyBeforeAnswer,
    allowedHosts: row.allowedHosts,
    disabled: row.disabledAt !== null,
    failures: row.failures,
  }
}
