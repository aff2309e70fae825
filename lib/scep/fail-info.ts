/** Why a device is refused, in the protocol's few words (RFC 8894 §3.2.1.4). */
import type { ErrorCode } from '@/lib/errors'

export type FailInfo = 'badAlg' | 'badMessageCheck' | 'badRequest' | 'badTime' | 'badCertId'

export const FAIL_INFO_NUMBER: Readonly<Record<FailInfo, number>> = {
  badAlg: 0,
  badMessageCheck: 1,
  badRequest: 2,
  badTime: 3,
  badCertId: 4,
}

/** A device learns the class of failure, no more: unknown, spent and expired challenges look alike. */
export const FAIL_INFO: Readonly<Record<ErrorCode, FailInfo>> = {
  unauthenticated: 'badRequest',
  forbidden: 'badRequest',
  not_found: 'badCertId',
  invalid_input: 'badRequest',
  conflict: 'badRequest',
  rate_limited: 'badRequest',
  setup_required: 'badRequest',
  link_refused: 'badRequest',
  challenge_refused: 'badRequest',
  csr_rejected: 'badRequest',
  policy_refused: 'badRequest',
  unavailable: 'badRequest',
}

/** The only texts that ever leave as failInfoText: never an exception's, never one that tells an attacker more. */
export const FAIL_TEXT = {
  algorithm: 'algorithm not supported',
  signature: 'message signature invalid',
  unprocessable: 'request could not be processed',
  operation: 'operation not permitted',
  denied: 'request denied',
  expired: 'request expired',
  challenge: 'challenge rejected',
  policy: 'request not permitted by policy',
  clock: 'clock skew too large',
  noMatch: 'no matching certificate',
} as const

export type FailText = (typeof FAIL_TEXT)[keyof typeof FAIL_TEXT]
