/** The OCSP responder (RFC 6960, RFC 9919, RFC 9654): who is asked for whom, what is kept, and what is signed anew. */
import { isRefusal, Refusal } from '@/lib/errors'
import { DerError } from '@/lib/pki/der'
import {
  assembleOcspResponse,
  buildResponseData,
  encodeCertIds,
  type OcspError,
  ocspError,
  type SingleResponse,
} from '@/lib/pki/ocsp'
import { type CertId, type OcspRequest, onlyCertId, parseOcspRequest } from '@/lib/pki/ocsp-request'
import { wholeSeconds } from '@/lib/pki/time'
import { type KeptAnswer, keptAnswer, keptAnswers, type SignedAnswer, signedAnswer } from './kept-answers'
import { createDirectory, type OcspAuthority, type OcspAuthorityRecord } from './ocsp-directory'
import { certStatus, type RecordedStatus, validityMs } from './ocsp-status'
import type { Signer } from './signer'

export type OcspAnswer =
  | SignedAnswer
  /** For this request alone: it repeats a nonce, or answers for several certificates. */
  | { kind: 'single'; body: Uint8Array }
  /** Unsigned: malformedRequest or unauthorized. */
  | { kind: 'error'; body: Uint8Array }

export interface OcspService {
  /**
   * Answers a request at an authority's own address, or at the common one (null), where the CertIDs say whose certificates
   * they are. At once when the answer is kept. Refusal `unavailable` when database, signer or responder are.
   */
  answer(slug: string | null, request: Uint8Array): OcspAnswer | Promise<OcspAnswer>
  /**
   * What changed, as far as the database was read at `readAt` (see `elapsed`). What is kept is trusted for a few seconds
   * after each such word, and not at all before the first.
   */
  changed(changes: readonly StatusChange[], readAt: number): void
}

/** A certificate whose revocation changed; with no serial, the authority itself or its responder. */
export interface StatusChange {
  authorityId: string
  serial: string | null
}

export interface OcspStore {
  /** Those that have their certificate, each with its newest signed responder that has begun. */
  authorities(now: Date): Promise<OcspAuthorityRecord[]>
  /** Null for a serial that is not on record as issued by this authority. */
  status(authorityId: string, serial: string): Promise<RecordedStatus | null>
}

export interface OcspDeps {
  store: OcspStore
  signer: Pick<Signer, 'signOcspResponse'>
  clock: () => Date
  /** Milliseconds that never run backwards. */
  elapsed: () => number
}

/** The bound for when no word comes: an answer that may have changed is then looked up again. */
const TRUSTED_MS = 5_000
/** Beyond these, one statement more would cost others theirs. */
const MOST_SIGNING = 512
/** Forgetting a certificate's answers takes microseconds; above so many at once, all are forgotten. */
const MOST_FORGOTTEN = 500
const ATTEMPTS = 3

const ERRORS = {
  malformedRequest: { kind: 'error', body: ocspError('malformedRequest') },
  unauthorized: { kind: 'error', body: ocspError('unauthorized') },
} as const satisfies Partial<Record<OcspError, OcspAnswer>>

export function createOcsp({ store, signer, clock, elapsed }: OcspDeps): OcspService {
  const kept = keptAnswers()
  const directory = createDirectory({ load: () => store.authorities(clock()), elapsed, isTrusted })
  /** By CertID: many who ask for the same certificate at once wait for one signature. */
  const signing = new Map<string, Promise<KeptAnswer>>()
  let underWay = 0
  /** Null until the first word: what was kept before is not known to be true since. */
  let trustedUntil: number | null = null

  function isTrusted(): boolean {
    return trustedUntil !== null && elapsed() < trustedUntil
  }

  function answer(slug: string | null, bytes: Uint8Array): OcspAnswer | Promise<OcspAnswer> {
    const usual = keptFor(slug, onlyCertId(bytes))
    if (usual !== undefined && clock().getTime() < usual.aheadFrom) return signedAnswer(usual)
    const request = requestIn(bytes)
    if (request === null) return ERRORS.malformedRequest
    const [certId] = request.certIds
    if (request.nonce !== null || request.certIds.length !== 1 || certId === undefined) return answerAnew(slug, request)
    const key = keyOf(certId.bytes)
    const found = keptFor(slug, certId.bytes)
    if (found === undefined) return answerOne(slug, certId, key)
    // Signed ahead: whoever asks next does not wait.
    if (clock().getTime() >= found.aheadFrom && !signing.has(key)) answerOne(found.slug, certId, key).catch(() => {})
    return signedAnswer(found)
  }

  /** What was answered before, while it is true. */
  function keptFor(slug: string | null, certId: Uint8Array | null): KeptAnswer | undefined {
    const found = certId === null ? undefined : kept.get(keyOf(certId))
    if (found === undefined || (slug !== null && slug !== found.slug)) return undefined
    const now = clock().getTime()
    if (now >= found.freshUntil || now < found.thisUpdate.getTime()) return undefined
    return found.final || isTrusted() ? found : undefined
  }

  async function answerOne(slug: string | null, certId: CertId, key: string): Promise<OcspAnswer> {
    const authority = await authorityOf(slug, [certId])
    if (authority === null) return ERRORS.unauthorized
    const running = signing.get(key) ?? signAndKeep(authority, certId, key)
    return signedAnswer(await running)
  }

  function signAndKeep(authority: OcspAuthority, certId: CertId, key: string): Promise<KeptAnswer> {
    const running = sign(authority, [certId], null).then((signed) => {
      const [single] = signed.responses
      if (single === undefined) throw new Error('an answer about nothing')
      const answered = keptAnswer(authority, single, signed)
      // Gone from there, it changed since it was read.
      if (signing.get(key) === running) kept.set(key, answered)
      return answered
    })
    signing.set(key, running)
    const forget = () => {
      if (signing.get(key) === running) signing.delete(key)
    }
    running.then(forget, forget)
    return running
  }

  async function answerAnew(slug: string | null, { certIds, nonce }: OcspRequest): Promise<OcspAnswer> {
    const authority = await authorityOf(slug, certIds)
    if (authority === null) return ERRORS.unauthorized
    return { kind: 'single', body: assembleOcspResponse(await sign(authority, certIds, nonce)) }
  }

  /** The one whose certificates they all are: a responder speaks for one authority (RFC 6960 §4.2.2.2). */
  async function authorityOf(slug: string | null, certIds: readonly CertId[]): Promise<OcspAuthority | null> {
    const byIssuer = await directory.get()
    const [first, ...others] = certIds.map(({ hash, issuer }) => (hash === null ? undefined : byIssuer.get(issuer)))
    if (first === undefined || others.some((other) => other !== first)) return null
    return slug === null || slug === first.slug ? first : null
  }

  async function sign(authority: OcspAuthority, certIds: readonly CertId[], nonce: Uint8Array | null) {
    if (underWay >= MOST_SIGNING) throw unavailable('overloaded')
    underWay += 1
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await signOnce(authority, certIds, nonce)
        } catch (error) {
          // Revoked or released between our look and the signer's.
          if (attempt === ATTEMPTS || !isRefusal(error) || error.reason !== 'status_differs') throw asOutage(error)
        }
      }
    } finally {
      underWay -= 1
    }
  }

  async function signOnce(authority: OcspAuthority, certIds: readonly CertId[], nonce: Uint8Array | null) {
    const { responder } = authority
    // Before the look: what changes during it happens after thisUpdate.
    const now = wholeSeconds(clock())
    if (responder === null || responder.notAfter <= now) throw unavailable('no_responder')
    const responses = await Promise.all(
      certIds.map((certId) => singleResponse(authority, certId, now, responder.notAfter)),
    )
    const tbs = buildResponseData({ responderKeyHash: responder.keyHash, producedAt: now, responses, nonce })
    const signature = await signer.signOcspResponse(responder.keyId, tbs)
    return { responses, tbs, signature, certificates: responder.certificates }
  }

  async function singleResponse(
    authority: OcspAuthority,
    { bytes, serial }: CertId,
    thisUpdate: Date,
    latest: Date,
  ): Promise<SingleResponse> {
    const status = certStatus(serial === null ? null : await store.status(authority.id, serial))
    const end = thisUpdate.getTime() + validityMs(status, authority.kind === 'root' ? 'authority' : 'device')
    return { certId: bytes, status, thisUpdate, nextUpdate: new Date(Math.min(end, latest.getTime())) }
  }

  function changed(changes: readonly StatusChange[], readAt: number): void {
    if (trustedUntil === null) forgetAll()
    trustedUntil = readAt + TRUSTED_MS
    if (changes.length === 0) return
    if (changes.some(({ serial }) => serial === null)) directory.forget()
    const certificates = changes.filter(({ serial }) => serial !== null)
    // An issuer's own revocation can change what is said of all its certificates.
    const many =
      certificates.length > MOST_FORGOTTEN || certificates.some(({ authorityId }) => !directory.isIssuer(authorityId))
    if (many) forgetAnswers()
    else for (const change of certificates) forget(change)
  }

  function forgetAll(): void {
    directory.forget()
    forgetAnswers()
  }

  function forgetAnswers(): void {
    kept.clear()
    signing.clear()
  }

  function forget({ authorityId, serial }: StatusChange): void {
    for (const issuer of directory.issuerKeys(authorityId)) {
      for (const certId of encodeCertIds(issuer, serial ?? '')) {
        kept.delete(keyOf(certId))
        signing.delete(keyOf(certId))
      }
    }
  }

  return { answer, changed }
}

function requestIn(bytes: Uint8Array): OcspRequest | null {
  try {
    return parseOcspRequest(bytes)
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function unavailable(reason: string): Refusal {
  return new Refusal('unavailable', 'The OCSP responder cannot answer right now: try again in a moment.', { reason })
}

/** Whatever the signer refuses is nothing that whoever asks could mend. */
function asOutage(error: unknown): unknown {
  return isRefusal(error) && error.code !== 'unavailable' ? unavailable(error.reason) : error
}
