/** How a connector is, as one light, and what an administrator still has to do for it. */
import type { MdmKind } from './mdm-connector-types'

export type ConnectorLight =
  | 'never-used'
  | 'well'
  | 'failing'
  | 'credential-expiring'
  | 'credential-expired'
  | 'disabled'

/** credential: none was entered. contact: it was never reached nor heard. */
export type RemainingStep = 'credential' | 'contact' | 'heard'

export interface ConnectorHealth {
  /** In a row. */
  failures: number
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
  /** When it last called us with good credentials. */
  lastHeardAt: Date | null
}

interface Facts {
  kind: MdmKind
  enabled: boolean
  health: ConnectorHealth
  hasCredential: boolean
  credentialExpiresAt: Date | null
  hasHookSecret: boolean
}

export const EXPIRY_WARNING_DAYS = 30
const DAY_MS = 86_400_000

/** When a warning of this expiry is due. */
export function expiresSoon(expiresAt: Date | null, now: Date): boolean {
  return expiresAt !== null && expiresAt.getTime() - now.getTime() <= EXPIRY_WARNING_DAYS * DAY_MS
}

/** The worst thing first: what is expired fails soon if it does not yet. */
export function lightOf({ enabled, health, credentialExpiresAt }: Facts, now: Date): ConnectorLight {
  if (!enabled) return 'disabled'
  if (credentialExpiresAt !== null && credentialExpiresAt <= now) return 'credential-expired'
  if (health.failures > 0) return 'failing'
  if (expiresSoon(credentialExpiresAt, now)) return 'credential-expiring'
  return health.lastSuccessAt === null && health.lastHeardAt === null ? 'never-used' : 'well'
}

/** `presents`: whether its kind has a credential that we present. */
export function remainingOf({ kind, health, hasCredential, hasHookSecret }: Facts, presents: boolean): RemainingStep[] {
  const steps: RemainingStep[] = []
  if (presents && !hasCredential) steps.push('credential')
  if (kind !== 'events' && presents && health.lastSuccessAt === null) steps.push('contact')
  if (hasHookSecret && health.lastHeardAt === null) steps.push('heard')
  return steps
}

/** How a call changes what is known of the connector's health. */
export interface HealthChange {
  /** reset: it answered, whatever it said. */
  failures: 'reset' | 'more' | 'keep'
  success: boolean
  heard: boolean
}

/** Anybody may post to a hook with a wrong secret: that says nothing about the connector. */
export const UNAUTHENTICATED = 'unauthenticated'

/**
 * A refusal shows that the other side is up, unless it refuses our credential. What comes in changes when it was heard and,
 * as nothing else can, the health of one that only calls us.
 */
export function healthChange(call: {
  direction: 'out' | 'in'
  outcome: 'success' | 'refused' | 'failed'
  status: number | null
  code: string | null
}): HealthChange {
  const { direction, outcome, status, code } = call
  if (direction === 'in') return { failures: 'keep', success: false, heard: code !== UNAUTHENTICATED }
  if (outcome === 'success') return { failures: 'reset', success: true, heard: false }
  const counts = outcome === 'failed' || status === 401 || status === 403
  return { failures: counts ? 'more' : 'reset', success: false, heard: false }
}
