/** The record of every call to a connector and from it: masked on its way in, and never in the way of what was decided. */
import { type HealthChange, healthChange } from './mdm-connector-health'
import type { ConnectorCall, ConnectorCalls } from './mdm-connector-types'

export interface CallView extends ConnectorCall {
  id: string
  at: Date
}

export interface CallFilter {
  outcome?: ConnectorCall['outcome']
  operation?: string
}

export interface CallStore {
  /** The call and what it says about the health of its connector, in one statement. */
  add(call: ConnectorCall & { id: string }, health: HealthChange): Promise<void>
}

export interface ConnectorCallsDependencies {
  store: CallStore
  log(level: 'error', event: string, facts: Record<string, string | number | null>): void
}

const MOST = { operation: 100, target: 500, code: 100, detail: 500, correlationId: 200 }

export function createConnectorCalls({ store, log }: ConnectorCallsDependencies): ConnectorCalls {
  return {
    async note(call) {
      try {
        const { milliseconds, attempt } = call
        await store.add(
          {
            ...call,
            id: crypto.randomUUID(),
            operation: text(call.operation, MOST.operation) ?? '',
            target: text(targetOf(call.target), MOST.target),
            code: text(call.code, MOST.code),
            detail: text(call.detail, MOST.detail),
            correlationId: text(call.correlationId, MOST.correlationId),
            milliseconds: Math.min(Math.max(0, Math.round(milliseconds)), 2 ** 31 - 1),
            attempt: Math.max(1, Math.trunc(attempt)),
          },
          healthChange(call),
        )
      } catch (error) {
        log('error', 'connector.call_unrecorded', {
          connector: call.connectorId,
          operation: call.operation,
          error: error instanceof Error ? error.name : 'unknown',
        })
      }
    },
  }
}

/** Host and path, whatever came with them. */
function targetOf(target: string | null): string | null {
  return (
    target
      ?.replace(/^[a-z]+:\/\//i, '')
      .replace(/^[^/?#]*@/, '')
      .replace(/[?#].*$/s, '') ?? null
  )
}

function text(value: string | null, most: number): string | null {
  return value === null ? null : masked(value.replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')).slice(0, most)
}

const SCHEME = /\b(bearer|basic|digest|negotiate)\s+[^\s,;]+/gi
const NAMED =
  /\b((?:client_?|hook_?|access_?|refresh_?|id_?|api_?)?(?:secret|token|password|passwd|challenge|assertion|key))(["']?\s*[:=]\s*["']?)[^\s"'&,;}]+/gi
const TOKEN = /whsec_[A-Za-z0-9+/=]+|\beyJ[\w-]+\.[\w.-]+/g
/** Challenges, secrets and tokens have letters and digits, and no UUID's form. */
const LONG = /[A-Za-z0-9+/_~-]{24,}={0,2}/g
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

/** Without anything that looks like a secret: what other systems write into their errors is not ours to choose. */
export function masked(value: string): string {
  return value
    .replace(SCHEME, '$1 …')
    .replace(TOKEN, '…')
    .replace(NAMED, '$1$2…')
    .replace(LONG, (run) => (isSecretive(run) ? '…' : run))
}

function isSecretive(run: string): boolean {
  const rest = run.replaceAll(UUID, '')
  return (
    rest.length >= 24 && rest.split('/').some((part) => part.length >= 24 && /\d/.test(part) && /[A-Za-z]/.test(part))
  )
}
