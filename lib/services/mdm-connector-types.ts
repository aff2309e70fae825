/** Connectors to MDMs: what one is, what its kind must be able to do, and the record of every call to it and from it. */
import type { Json } from './audit'

/** `events`: any MDM that only tells us about its devices, by Standard Webhooks. */
export type MdmKind = 'intune' | 'jamf' | 'events'

/** Intune's protocol for third-party authorities knows no inventory: it vouches for requests and asks for revocations. */
export function tellsOfDevices(kind: MdmKind): boolean {
  return kind !== 'intune'
}

/** A connector as it is used. Its secrets are sealed: the signer opens them, for this row alone. */
export interface MdmConnector {
  id: string
  kind: MdmKind
  name: string
  /** Names it in its URL: /hooks/{slug}. */
  slug: string
  /** What its kind needs to know and is no secret; the kind's own parser reads it. */
  settings: Json
  /** What we present to it; null until somebody entered it. */
  credentialSealed: Uint8Array | null
  credentialExpiresAt: Date | null
  /** What it presents to us; the one before is believed until a date. */
  hookSecretSealed: Uint8Array | null
  previousHookSecretSealed: Uint8Array | null
  previousHookSecretUntil: Date | null
  /** What was learnt from it, such as where its services are; written by its kind alone. */
  state: Json
  disabled: boolean
}

/** One step of "test connection". The first that fails ends the test. */
export interface ConnectorCheck {
  /** Such as "Token for Microsoft Graph". */
  step: string
  ok: boolean
  /** What the other side called it, such as AADSTS7000215. */
  code: string | null
  /** What was found, for an administrator. */
  sentence: string
  /** What to do about it, and where; null when all is well. */
  advice: string | null
}

/** What lib/services/intune…, jamf… supply to the service that keeps connectors. */
export interface MdmKindDefinition {
  kind: MdmKind
  /**
   * Settings of its own from untrusted input, completed with defaults; `before` is null for a new one. Refusals:
   * invalid_input, naming the field.
   */
  checkedSettings(input: unknown, before: Json | null): { [key: string]: Json }
  /** Bytes to seal from what an administrator entered, at most 4 KiB. Null for a kind that presents nothing. */
  checkedCredential: ((input: unknown) => Uint8Array) | null
  /** Whether the credential must be entered anew, because it would go somewhere else with these settings. */
  credentialMoves(before: Json, after: Json): boolean
  /** Null for a kind that only listens. Asks and changes nothing. */
  test: ((connector: MdmConnector) => Promise<ConnectorCheck[]>) | null
}

/** One request, without its body and its secrets. */
export interface ConnectorCall {
  connectorId: string
  direction: 'out' | 'in'
  /** What it was for, such as validateRequest. */
  operation: string
  /** Host and path, never a query. */
  target: string | null
  status: number | null
  /** refused: it said no. failed: it said nothing that can be used. */
  outcome: 'success' | 'refused' | 'failed'
  /** Of the other side, or of ours (OutboundFault). */
  code: string | null
  /** At most 500 characters, masked. */
  detail: string | null
  milliseconds: number
  attempt: number
  /** By which the other side finds it in its own logs. */
  correlationId: string | null
  enrolmentTransactionId: string | null
}

export interface ConnectorCalls {
  /**
   * Writes it down, and what it says about the connector's health: last success, last failure, failures in a row, last
   * heard. Never throws: what cannot be recorded must not change what was decided.
   */
  note(call: ConnectorCall): Promise<void>
}

export interface MdmConnectorRows {
  connector(id: string): Promise<MdmConnector | null>
  connectorBySlug(slug: string): Promise<MdmConnector | null>
  /** Those that are enabled. */
  connectorsOf(kind: MdmKind): Promise<MdmConnector[]>
  /** Merges the members into `state`, in one statement; null removes one. */
  learn(id: string, state: { [key: string]: Json }): Promise<void>
}
