/** The challenge page for device managements that know only Microsoft's NDES: its accounts, and who keeps them. */
import type { PageEncoding } from '@/lib/scep/ndes-page'
import type { AuditEntry } from './audit'

export const PAGE_ENCODINGS = ['utf-16le', 'utf-8'] as const satisfies readonly PageEncoding[]
/** How its challenges are written: products that ask for a length want the one or the other. */
export const PAGE_FORMATS = ['hex32', 'hex16'] as const
export type PageFormat = (typeof PAGE_FORMATS)[number]

export interface PageAccountSettings {
  /** Of the device management, for people. */
  name: string
  /** What it signs in as; unique at its endpoint. */
  user: string
  /** CIDR blocks. */
  allowedAddresses: string[]
  encoding: PageEncoding
  format: PageFormat
  ttlMinutes: number
  /** Unused challenges that may wait at a time. */
  mostPending: number
  /** Names that a device may ask for: the page learns nothing about it. */
  subjectTemplate: string
}

/** A row to be. */
export interface NewPageAccount extends PageAccountSettings {
  id: string
  endpointId: string
  secretHash: Uint8Array
  createdBy: string
}

export interface PageAccountTimes {
  createdAt: Date
  secretSince: Date
  previousSecretHash: Uint8Array | null
  previousSecretUntil: Date | null
  disabledAt: Date | null
  lastUsedAt: Date | null
  lastRefusal: PageRefusal | null
  lastRefusedAt: Date | null
}

/** Why an account that proved who it is got no challenge. */
export type PageRefusal =
  | 'address_not_allowed'
  | 'account_disabled'
  | 'endpoint_disabled'
  | 'endpoint_not_dynamic'
  | 'too_fast'
  | 'challenge_quota'

export interface StoredPageAccount extends PageAccountSettings {
  id: string
  enabled: boolean
  /** Of its challenges, how many wait. */
  pending: number
  secretSince: Date
  /** Until when the secret before the present one is still believed; null when it is over. */
  previousSecretUntil: Date | null
  createdBy: string
  createdAt: Date
  lastUsedAt: Date | null
  lastRefusal: { reason: PageRefusal; at: Date } | null
}

/** What the page knows of the account that somebody presents. */
export interface PresentedAccount
  extends Pick<
    PageAccountSettings,
    'name' | 'allowedAddresses' | 'encoding' | 'format' | 'ttlMinutes' | 'subjectTemplate'
  > {
  id: string
  enabled: boolean
  secretHash: Uint8Array
  /** Null once its time is over. */
  previousSecretHash: Uint8Array | null
}

export interface PageEndpoint {
  id: string
  slug: string
  groupSlug: string
  enabled: boolean
  policy: string
  /** Of its issuer; null while that has none. */
  issuerDer: Uint8Array | null
}

export interface ChallengePageStore {
  /** '' is the default endpoint. */
  endpoint(slug: string): Promise<PageEndpoint | null>
  /** By name. */
  list(endpointId: string): Promise<StoredPageAccount[]>
  /** Of two who take one name at the same moment, one gets it. */
  add(account: NewPageAccount, most: number, created: AuditEntry): Promise<'added' | 'user_taken' | 'full'>
  /**
   * What `decide` makes of the account, with its event, in one transaction that nobody else's change comes between. No
   * event, nothing changed. False for an unknown account.
   */
  change(
    endpointId: string,
    id: string,
    decide: (before: PageAccountSettings & { enabled: boolean }) => PageAccountChange,
  ): Promise<'changed' | 'unknown' | 'user_taken'>
  /** The present secret becomes the one before, for so many hours; with none, it is over at once. */
  replaceSecret(
    endpointId: string,
    id: string,
    secretHash: Uint8Array,
    graceHours: number,
    replaced: AuditEntry,
  ): Promise<boolean>
  presented(endpointId: string, user: string): Promise<PresentedAccount | null>
  /** Remembers the last refusal of an account that proved who it is. */
  refused(id: string, reason: PageRefusal): Promise<void>
}

export interface PageAccountChange {
  after: PageAccountSettings & { enabled: boolean }
  event: AuditEntry | null
}
