/** What relying parties fetch: CRLs and CA certificates. No actor: it is public. */
import type { RevokedColumns } from '@/lib/pki/crl'
import type { AuditEntry } from './audit'
import { sha256 } from './certificate-intent'
import { createPublication, type PublicationDeps } from './crl-publication'
import { keepNewest } from './kept-status'
import type { KeyAlgorithm } from './signer'

export interface StatusService {
  /**
   * The newest CRL of an authority, or of one of its shards; null for what there is not. At most a second old, if another
   * instance published.
   */
  crl(slug: string, shard?: number | null): Promise<ServedCrl | null>
  /** The certificate of an authority, or null. */
  caCertificate(slug: string): Promise<{ der: Uint8Array; sha256: string } | null>
  /** Builds and stores a CRL where one is due; one instance at a time per list. Returns how many. */
  publishDueCrls(): Promise<number>
}

export interface PublishedCrl {
  der: Uint8Array
  number: string
  thisUpdate: Date
  nextUpdate: Date
  sha256: string
}

export interface ServedCrl extends PublishedCrl {
  /** Until its nextUpdate; 0 for a list that is past it, which is better than none and raises an alarm. */
  secondsLeft: number
}

/** A CRL that this instance may build now; its number is taken. */
export interface DueCrl {
  authority: {
    id: string
    kind: 'root' | 'issuer'
    slug: string
    name: string
    keyAlgorithm: KeyAlgorithm
    subjectDer: Uint8Array
    subjectKeyId: Uint8Array
  }
  /** Null for the whole list. */
  shard: { number: number; url: string } | null
  number: bigint
  /** As it was when the claim was taken; anything later is not surely on this CRL. */
  dueSince: Date | null
  previousThisUpdate: Date | null
}

export interface NewCrl {
  authorityId: string
  /** Null for the whole list. */
  shard: number | null
  number: bigint
  thisUpdate: Date
  nextUpdate: Date
  entries: number
  der: Uint8Array
  sha256: Uint8Array
}

/** Some thousand revoked certificates. */
export interface RevokedPage extends RevokedColumns {
  /** The shard that each names; 0 for none. */
  readonly shards: Int32Array
}

export interface StatusStore {
  crl(
    slug: string,
    shard: number | null,
  ): Promise<{ der: Uint8Array; number: bigint; thisUpdate: Date; nextUpdate: Date; sha256: Uint8Array } | null>
  /** What tells the newest CRL from others, without its bytes. */
  crlHead(slug: string, shard: number | null): Promise<{ number: bigint; sha256: Uint8Array } | null>
  caCertificate(slug: string): Promise<Uint8Array | null>
  /**
   * One conditional update: takes the next list that is due (or was published before the moment given for its kind) and
   * nobody builds, whole lists before shards, holds it until `until`, and takes its next number. A whole list of which
   * `burst.lists` were published within the last seconds waits; those of a clock that was ahead do not count. A shard that is closed and whose certificates have all
   * ended gets one more list and then none. Null when there is nothing to do.
   */
  claimDue(request: {
    now: Date
    until: Date
    publishedBefore: Record<'root' | 'issuer' | 'shard', Date>
    burst: { lists: number; seconds: number; entriesPerSecond: number; mostSeconds: number }
  }): Promise<DueCrl | null>
  /**
   * Revoked certificates of an authority, or of one of its shards, in the order of their serials' octets. What expired
   * before the previous CRL has been on one after its end and is left out (RFC 5280 §3.3).
   */
  revoked(
    authorityId: string,
    scope: { shard: number | null; previousThisUpdate: Date | null },
  ): AsyncIterable<RevokedPage>
  /**
   * Stores the CRL, lets the list go, and calls it no longer due unless that moved since the claim. With a whole list,
   * the shards whose entries differ from what they were become due.
   */
  publish(
    crl: NewCrl,
    dueSince: Date | null,
    contents: { number: number; content: string }[],
    events: AuditEntry[],
  ): Promise<void>
  /** Lets the list go, to be tried again after `retryAt`. */
  fail(authorityId: string, shard: number | null, retryAt: Date, events: AuditEntry[]): Promise<void>
}

export type StatusDeps = Omit<PublicationDeps, 'published'>

export function createStatus({ store, signer, clock }: StatusDeps): StatusService {
  const crls = keepNewest<PublishedCrl>(clock, async (key, kept) => {
    const [slug = '', shard] = key.split('/')
    const scope = shard === undefined ? null : Number(shard)
    const head = await store.crlHead(slug, scope)
    if (head === null) return null
    if (kept?.number === head.number.toString() && kept.sha256 === hex(head.sha256)) return kept
    const crl = await store.crl(slug, scope)
    return crl && { ...crl, number: crl.number.toString(), sha256: hex(crl.sha256) }
  })
  // A thousand bytes: asking whether it changed would cost as much as reading it.
  const caCertificates = keepNewest<{ der: Uint8Array; sha256: string }>(clock, async (slug) => {
    const der = await store.caCertificate(slug)
    return der && { der, sha256: hex(sha256(der)) }
  })
  const { publishDueCrls } = createPublication({
    store,
    signer,
    clock,
    published: (slug, shard) => crls.forget(keyOf(slug, shard)),
  })

  return {
    publishDueCrls,
    async crl(slug, shard = null) {
      const crl = await crls.get(keyOf(slug, shard))
      if (crl === null) return null
      const left = Math.floor((crl.nextUpdate.getTime() - clock().getTime()) / 1000)
      return { ...crl, secondsLeft: Math.max(0, left) }
    },
    caCertificate: caCertificates.get,
  }
}

function keyOf(slug: string, shard: number | null): string {
  return shard === null ? slug : `${slug}/${shard}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
