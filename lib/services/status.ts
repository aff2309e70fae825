/** What relying parties fetch: CRLs and CA certificates. No actor: it is public. */

export interface StatusService {
  /** The newest CRL of an authority, or null for an unknown slug. */
  crl(slug: string): Promise<{ der: Uint8Array; number: string; thisUpdate: Date; nextUpdate: Date; sha256: string } | null>
  /** The certificate of an authority, or null. */
  caCertificate(slug: string): Promise<{ der: Uint8Array; sha256: string } | null>
  /** Builds and stores a new CRL where one is due or soon stale; one instance at a time per authority. Returns how many. */
  publishDueCrls(): Promise<number>
}
