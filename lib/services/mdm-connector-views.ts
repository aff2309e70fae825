/** Connectors to MDMs as administrators see and change them, and what that needs of a store. */
import type { Actor } from './actor'
import type { AuditEntry, Json, Page } from './audit'
import type { CallFilter, CallView } from './mdm-connector-calls'
import type { ConnectorHealth, ConnectorLight, RemainingStep } from './mdm-connector-health'
import type { ConnectorCheck, MdmConnector, MdmKind } from './mdm-connector-types'

export interface MdmConnectorView {
  id: string
  kind: MdmKind
  name: string
  slug: string
  settings: { [key: string]: Json }
  enabled: boolean
  light: ConnectorLight
  health: ConnectorHealth
  /** What an administrator still has to do. */
  remaining: RemainingStep[]
  /** Whether there is a credential, never which. */
  hasCredential: boolean
  credentialExpiresAt: Date | null
  /** Where its MDM posts to; null for a kind that never calls us. */
  hookUrl: string | null
  /** Until when the hook secret before the present one is still believed. */
  previousHookSecretUntil: Date | null
  createdBy: string
  createdAt: Date
  updatedAt: Date
}

/** A row as administrators see it; what its credentials are stays with the store. */
export interface MdmConnectorRecord extends MdmConnector {
  health: ConnectorHealth
  createdBy: string
  createdAt: Date
  updatedAt: Date
}

export interface NewMdmConnectorRow {
  id: string
  kind: MdmKind
  name: string
  slug: string
  settings: { [key: string]: Json }
  credentialSealed: Uint8Array | null
  credentialExpiresAt: Date | null
  hookSecretSealed: Uint8Array | null
  createdBy: string
}

export interface MdmConnectorChangeRow {
  name: string
  settings: { [key: string]: Json }
  /** Undefined leaves it, null forgets it. */
  credentialSealed?: Uint8Array | null
  credentialExpiresAt: Date | null
  enabled: boolean
}

export interface MdmConnectorStore {
  /** By name. */
  list(): Promise<MdmConnectorRecord[]>
  bySlug(slug: string): Promise<MdmConnectorRecord | null>
  /** False when the slug is taken. */
  add(row: NewMdmConnectorRow, events: AuditEntry[]): Promise<boolean>
  /**
   * Only while its settings and its credential are still those that the change was decided on: a credential entered
   * meanwhile must not go to an address that somebody else just wrote. False otherwise.
   */
  change(before: MdmConnectorRecord, change: MdmConnectorChangeRow, events: AuditEntry[]): Promise<boolean>
  /** The present secret stays good for so many hours. False for an unknown connector. */
  replaceHookSecret(id: string, sealed: Uint8Array, graceHours: number, events: AuditEntry[]): Promise<boolean>
  /** Newest first, keyset paging. */
  calls(connectorId: string, filter: CallFilter, page: { cursor?: string; limit: number }): Promise<Page<CallView>>
  /** Those that occur, for a filter. */
  operations(connectorId: string): Promise<string[]>
}

export interface NewMdmConnector {
  kind: string
  name: string
  slug: string
  settings?: unknown
  /** As the kind reads it. */
  credential?: unknown
  credentialExpiresAt?: Date | null | undefined
}

export interface MdmConnectorChange {
  name?: string | undefined
  /** Members that stay away stay as they are. */
  settings?: unknown
  credential?: unknown
  credentialExpiresAt?: Date | null | undefined
  enabled?: boolean | undefined
}

export interface MdmConnectorsService {
  /** The kinds that can be added. */
  kinds(): MdmKind[]
  list(actor: Actor): Promise<MdmConnectorView[]>
  /** By slug, as everywhere below. Refusals: not_found. */
  get(actor: Actor, slug: string): Promise<MdmConnectorView>
  /** The hook secret is in this answer only; null for a kind that never calls us. Refusals: invalid_input, conflict (slug). */
  create(actor: Actor, connector: NewMdmConnector): Promise<{ view: MdmConnectorView; hookSecret: string | null }>
  /**
   * Settings that would send the credential somewhere else forget it, unless a new one comes with them. Refusals: not_found,
   * invalid_input, conflict (changed meanwhile).
   */
  change(actor: Actor, slug: string, change: MdmConnectorChange): Promise<MdmConnectorView>
  /** The secret before is believed for a day, so that the MDM can be changed without a gap. */
  rotateHookSecret(actor: Actor, slug: string): Promise<{ view: MdmConnectorView; hookSecret: string }>
  /** Asks and changes nothing. Refusals: conflict, for a kind that only listens. */
  test(actor: Actor, slug: string): Promise<{ works: boolean; checks: ConnectorCheck[] }>
  calls(
    actor: Actor,
    slug: string,
    filter: CallFilter,
    page: { cursor?: string; limit?: number },
  ): Promise<Page<CallView>>
  operations(actor: Actor, slug: string): Promise<string[]>
  /** Those whose credential expires within 30 days or has expired, and that are enabled. */
  expiring(actor: Actor): Promise<MdmConnectorView[]>
}
