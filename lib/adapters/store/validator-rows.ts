/** A validator as its row has it. */
import type { Validator } from '@/lib/services/validators'
import type { Prisma } from './generated/client'

export const VALIDATOR = {
  id: true,
  name: true,
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
  const { disabledAt, ...rest } = row
  return {
    ...rest,
    dialect: row.dialect as Validator['dialect'],
    authorizationKind: row.authorizationKind as Validator['authorizationKind'],
    sendCsr: row.sendCsr as Validator['sendCsr'],
    disabled: disabledAt !== null,
  }
}
