/** What relying parties fetch: CRLs and CA certificates. No actor: it is public. */
import { Refusal } from '@/lib/errors'
import { signatureAlgorithmFor } from '@/lib/pki/certificate'
import { buildTbsCertList, parseCrlHeader, type RevokedEntry } from '@/lib/pki/crl'
import { type Actor, systemActor } from './actor'
import type { AuditEntry } from './audit'
import { fingerprint, sha256, wholeSeconds } from './certificate-intent'
import { keepNewest } from './kept-status'
import type { KeyAlgorithm, Signer } from './signer'

export interface StatusService {
  /** The newest CRL of an authority, or null for an unknown slug. At most a second old, if another instance published. */
  crl(slug: string): Promise<PublishedCrl | null>
  /** The certificate of an authority, or null. */
  caCertificate(slug: string): Promise<{ der: Uint8Array; sha256: string } | null>
  /** Builds and stores a CRL where one is due; one instance at a time per authority. Returns how many. */
  publishDueCrls(): Promise<number>
}

export interface PublishedCrl {
  der: Uint8Array
  number: string
  thisUpdate: Date
  nextUpdate: Date
  sha256: string
}

/** An authority whose CRL this instance may build now; its number is taken. */
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
  number: bigint
  /** As it was when the claim was taken; anything later is not surely on this CRL. */
  dueSince: Date | null
  previousThisUpdate: Date | null
}

export interface NewCrl {
  authorityId: string
  number: bigint
  thisUpdate: Date
  nextUpdate: Date
  entries: number
  der: Uint8Array
  sha256: Uint8Array
}

export interface StatusStore {
  crl(
    slug: string,
  ): Promise<{ der: Uint8Array; number: bigint; thisUpdate: Date; nextUpdate: Date; sha256: Uint8Array } | null>
  /** What tells the newest CRL from others, without its bytes. */
  crlHead(slug: string): Promise<{ number: bigint; sha256: Uint8Array } | null>
  caCertificate(slug: string): Promise<Uint8Array | null>
  /**
   * One conditional update: takes the next authority whose CRL is due (or was published before the moment given for its
   * kind) and nobody builds, holds it until `until`, and takes its next number. Null when there is none.
   */
  claimDue(request: {
    now: Date
    until: Date
    publishedBefore: Record<'root' | 'issuer', Date>
  }): Promise<DueCrl | null>
  /**
   * Revoked certificates of an authority by serial, after the one given. What expired before the previous CRL has been
   * on one after its end and is left out (RFC 5280 §3.3).
   */
  revoked(
    authorityId: string,
    page: { after: string; limit: number; previousThisUpdate: Date | null },
  ): Promise<RevokedEntry[]>
  /** Stores the CRL, lets the authority go, and calls it no longer due unless that moved since the claim. */
  publish(crl: NewCrl, dueSince: Date | null, events: AuditEntry[]): Promise<void>
  /** Lets the authority go, to be tried again after `retryAt`. */
  fail(authorityId: string, retryAt: Date, events: AuditEntry[]): Promise<void>
}

export interface StatusDeps {
  store: StatusStore
  signer: Pick<Signer, 'signCrl'>
  clock: () => Date
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long a CRL may be believed, and when the next one comes although nothing was revoked: long before. */
const SCHEDULE = {
  root: { lifeMs: 180 * DAY_MS, renewMs: 30 * DAY_MS },
  issuer: { lifeMs: 7 * DAY_MS, renewMs: 12 * HOUR_MS },
} as const
const CLAIM_MS = 60_000
const RETRY_MS = 30_000
const PAGE = 5_000

export function createStatus({ store, signer, clock }: StatusDeps): StatusService {
  const crls = keepNewest<PublishedCrl>(clock, async (slug, kept) => {
    const head = await store.crlHead(slug)
    if (head === null) return null
    if (kept?.number === head.number.toString() && kept.sha256 === hex(head.sha256)) return kept
    const crl = await store.crl(slug)
    return crl && { ...crl, number: crl.number.toString(), sha256: hex(crl.sha256) }
  })
  // A thousand bytes: asking whether it changed would cost as much as reading it.
  const caCertificates = keepNewest<{ der: Uint8Array; sha256: string }>(clock, async (slug) => {
    const der = await store.caCertificate(slug)
    return der && { der, sha256: hex(sha256(der)) }
  })

  async function publishDueCrls(): Promise<number> {
    const actor = systemActor('job', 'CRL publisher')
    let published = 0
    let failure: unknown
    for (let due = await claim(); due !== null; due = await claim()) {
      try {
        await publish(actor, due)
        published += 1
      } catch (error) {
        failure ??= error
        await store.fail(due.authority.id, new Date(clock().getTime() + RETRY_MS), [failedEvent(actor, due, error)])
      }
    }
    if (failure !== undefined) throw failure
    return published
  }

  function claim(): Promise<DueCrl | null> {
    const now = clock()
    const ago = (ms: number) => new Date(now.getTime() - ms)
    return store.claimDue({
      now,
      until: new Date(now.getTime() + CLAIM_MS),
      publishedBefore: { root: ago(SCHEDULE.root.renewMs), issuer: ago(SCHEDULE.issuer.renewMs) },
    })
  }

  async function publish(actor: Actor, due: DueCrl): Promise<void> {
    const { authority, number } = due
    const thisUpdate = wholeSeconds(clock())
    const nextUpdate = new Date(thisUpdate.getTime() + SCHEDULE[authority.kind].lifeMs)
    const entries = await allRevoked(due)
    const tbs = buildTbsCertList({
      issuerDer: authority.subjectDer,
      authorityKeyId: authority.subjectKeyId,
      number,
      thisUpdate,
      nextUpdate,
      signature: signatureAlgorithmFor(authority.keyAlgorithm),
      entries,
    })
    const der = await signer.signCrl(authority.id, tbs)
    if (parseCrlHeader(der).number !== number) throw new Error('the signer answered with another CRL')
    const crl = {
      authorityId: authority.id,
      number,
      thisUpdate,
      nextUpdate,
      entries: entries.length,
      der,
      sha256: sha256(der),
    }
    await store.publish(crl, due.dueSince, [publishedEvent(actor, authority, crl)])
    crls.forget(authority.slug)
  }

  async function allRevoked({ authority, previousThisUpdate }: DueCrl): Promise<RevokedEntry[]> {
    const entries: RevokedEntry[] = []
    for (;;) {
      const page = await store.revoked(authority.id, {
        after: entries.at(-1)?.serial ?? '',
        limit: PAGE,
        previousThisUpdate,
      })
      entries.push(...page)
      if (page.length < PAGE) return entries
    }
  }

  return {
    publishDueCrls,
    crl: crls.get,
    caCertificate: caCertificates.get,
  }
}

function publishedEvent(actor: Actor, authority: DueCrl['authority'], crl: NewCrl): AuditEntry {
  return {
    type: 'crl.published',
    outcome: 'success',
    actor,
    object: { type: 'crl', id: authority.id, name: authority.name },
    data: {
      number: crl.number.toString(),
      entries: crl.entries,
      thisUpdate: crl.thisUpdate.toISOString(),
      nextUpdate: crl.nextUpdate.toISOString(),
      sha256: fingerprint(crl.sha256),
    },
  }
}

function failedEvent(actor: Actor, { authority, number }: DueCrl, error: unknown): AuditEntry {
  return {
    type: 'crl.publish_failed',
    outcome: 'error',
    reason: error instanceof Refusal ? error.reason : 'internal',
    actor,
    object: { type: 'crl', id: authority.id, name: authority.name },
    data: { number: number.toString() },
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
