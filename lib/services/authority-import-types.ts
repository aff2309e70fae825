/** Authorities that come from elsewhere: what is asked, what is kept, and what the store promises. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { AuthorityRecord } from './authorities'
import type { CertificateIntent } from './certificate-intent'
import type { RevocationReason } from './certificates'
import type { OpenShard } from './crl-shards'
import type { AuthorityView, IssuerKey } from './groups'
import type { NewCrl } from './status'

/** An issuer that waits for its certificate. */
export interface AuthorityRequestView {
  id: string
  name: string
  subject: string
  keyAlgorithm: IssuerKey
  csrPem: string
  createdAt: Date
  createdBy: string
}

export interface AuthorityImports {
  /** Requests that wait for a certificate, oldest first. */
  requests(actor: Actor): Promise<AuthorityRequestView[]>
  getRequest(actor: Actor, id: string): Promise<AuthorityRequestView>
  /** A root whose key is elsewhere: PEM or DER. */
  importRoot(actor: Actor, file: Uint8Array): Promise<AuthorityView>
  /** Makes a key and the request for its certificate, which somebody else signs. Takes seconds for RSA. */
  createRequest(actor: Actor, request: { name: string; issuerKey?: IssuerKey }): Promise<AuthorityRequestView>
  withdrawRequest(actor: Actor, id: string): Promise<void>
  /** The certificate for a request, alone or with its root, PEM or DER. */
  acceptCertificate(actor: Actor, requestId: string, file: Uint8Array): Promise<AuthorityView>
  /** A root or an issuer with its key. The password is wiped. */
  importPkcs12(actor: Actor, file: Uint8Array, password: Uint8Array): Promise<AuthorityView>
  /** The newest list of a root whose key is elsewhere. Issuers that it names are revoked here too. */
  importCrl(actor: Actor, slug: string, file: Uint8Array): Promise<{ number: string; revoked: string[] }>
  /** The root under which new groups get their issuer; null before set-up. */
  rootOfNewIssuers(actor: Actor): Promise<string | null>
  /** New groups get their issuer under this root. */
  chooseForNewIssuers(actor: Actor, slug: string): Promise<void>
  /** A root's key as a file that opens under this installation's KEK alone. */
  sealedKey(actor: Actor, slug: string): Promise<Uint8Array>
  /** Wipes the root's key here. Whoever asks shows the sealed file, so that nobody is left without. */
  takeOffline(actor: Actor, slug: string, sealed: Uint8Array): Promise<void>
  bringBack(actor: Actor, slug: string, sealed: Uint8Array): Promise<void>
}

export interface AuthorityRequest {
  id: string
  name: string
  subjectDer: Uint8Array
  keyId: string
  keyAlgorithm: IssuerKey
  spkiSha256: Uint8Array
  csr: Uint8Array
  createdAt: Date
  createdBy: string
}

/** An authority with the certificate that it came with. */
export interface ImportedAuthority {
  authority: Pick<
    AuthorityRecord,
    | 'id'
    | 'kind'
    | 'slug'
    | 'name'
    | 'parentId'
    | 'keyId'
    | 'keyAlgorithm'
    | 'subjectDer'
    | 'subjectKeyId'
    | 'certificateId'
    | 'notBefore'
    | 'notAfter'
    | 'createdAt'
  > & { origin: 'imported' | 'requested'; crlShard?: OpenShard }
  certificate: Omit<CertificateIntent, 'tbs'> & { der: Uint8Array; fingerprintSha256: Uint8Array }
}

export interface RevokedIssuer {
  authorityId: string
  certificateId: string
  at: Date
  reason: RevocationReason
}

/** Which list of a root was looked at; the number is null where there was none. */
export interface RootList {
  rootId: string
  number: bigint | null
}

/**
 * key_replaced: another import of the same file has put its own row in the place of this key's. list_replaced: its root has
 * another list now.
 */
export type InsertOutcome = 'inserted' | 'known' | 'slug_taken' | 'request_ended' | 'key_replaced' | 'list_replaced'

export interface AuthorityImportStore {
  /** Root first, then issuers by name. */
  authorities(): Promise<AuthorityRecord[]>
  slugs(): Promise<Set<string>>
  organisation(): Promise<{ name: string; rootId: string } | null>
  requests(): Promise<AuthorityRequest[]>
  insertRequest(request: AuthorityRequest, events: AuditEntry[]): Promise<void>
  /** False when it ended already. */
  withdrawRequest(id: string, at: Date, events: AuditEntry[]): Promise<boolean>
  /**
   * In one transaction: authorities with their certificates, in this order, and the request that is answered ends. `known`
   * when a certificate, a name or a key is here already; `slug_taken` when only an address is. No other list of the root
   * of `rootList` comes in meanwhile.
   */
  insert(
    imported: ImportedAuthority[],
    request: { id: string; at: Date } | null,
    events: AuditEntry[],
    rootList: RootList | null,
  ): Promise<InsertOutcome>
  /**
   * In one transaction: the list becomes the authority's newest, if its number is above all before; the issuers that it names
   * are revoked and their endpoints switched off; the list is not due any more if it names every revocation on record.
   * `changed` when it has an issuer that is not among `looked`, so that nobody asked whether the list names it.
   */
  importCrl(
    crl: NewCrl,
    { revoked, looked, complete }: { revoked: RevokedIssuer[]; looked: readonly string[]; complete: boolean },
    events: AuditEntry[],
  ): Promise<'imported' | 'older' | 'changed'>
  /** DER of the whole list of this authority with the highest number; null before the first. */
  newestList(authorityId: string): Promise<Uint8Array | null>
  /** Serials of revoked certificates of this authority that have not ended. */
  revokedSerials(authorityId: string, now: Date): Promise<string[]>
  /** False unless it is an active root whose key is here. */
  chooseForNewIssuers(authorityId: string, events: AuditEntry[]): Promise<boolean>
  /** key → offline key. False unless this is the key of a root that is here. */
  takeOffline(authorityId: string, keyId: string, events: AuditEntry[]): Promise<boolean>
  bringBack(authorityId: string, keyId: string, events: AuditEntry[]): Promise<boolean>
  record(events: AuditEntry[]): Promise<void>
}
