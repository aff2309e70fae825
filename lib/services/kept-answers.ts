/** Signed OCSP answers in memory, by the CertID that they answer. */
import { createHash } from 'node:crypto'
import { assembleOcspResponse, type CertStatus, type SingleResponse } from '@/lib/pki/ocsp'
import { isFinal } from './ocsp-status'

/** As it leaves; `etag` is the SHA-256 of the body, quoted. */
export interface SignedAnswer {
  kind: 'signed'
  body: Uint8Array
  thisUpdate: Date
  nextUpdate: Date
  /** Seconds that a cache may hold it. */
  maxAge: number
  etag: string
}

/** Half a kilobyte each: the responder's certificate, which is most of an answer, is shared. */
export interface KeptAnswer {
  authorityId: string
  slug: string
  /** The body up to the certificates, which end it. */
  front: Uint8Array
  certificates: Uint8Array
  thisUpdate: Date
  nextUpdate: Date
  maxAge: number
  etag: string
  /** Milliseconds: asked for after the first, it is signed anew beside; after the second, before it is answered. */
  aheadFrom: number
  freshUntil: number
  /** Nothing can change it any more. */
  final: boolean
  /** About a serial that nobody was given. */
  unknown: boolean
}

/** A certificate that is being issued is not announced: what is unknown is looked up again soon. */
const UNKNOWN_MS = 2_000
const UNKNOWN_MAX_AGE = 60
const MOST = 200_000
/** Anybody can ask for serials that nobody has, long ones too: they must neither fill the memory nor drive out the others. */
const MOST_UNKNOWN = 2_000

export interface KeptAnswers {
  get(certId: string): KeptAnswer | undefined
  set(certId: string, answer: KeptAnswer): void
  delete(certId: string): void
  clear(): void
}

/** The oldest go first: none is of use for longer than half its life anyway. */
export function keptAnswers(most = { known: MOST, unknown: MOST_UNKNOWN }): KeptAnswers {
  const known = new Map<string, KeptAnswer>()
  const unknown = new Map<string, KeptAnswer>()

  function forget(certId: string): void {
    known.delete(certId)
    unknown.delete(certId)
  }

  function keep(answers: Map<string, KeptAnswer>, limit: number, certId: string, answer: KeptAnswer): void {
    forget(certId)
    answers.set(certId, answer)
    const [oldest] = answers.keys()
    if (answers.size > limit && oldest !== undefined) answers.delete(oldest)
  }

  return {
    get: (certId) => known.get(certId) ?? unknown.get(certId),
    set: (certId, answer) =>
      answer.unknown ? keep(unknown, most.unknown, certId, answer) : keep(known, most.known, certId, answer),
    delete: forget,
    clear() {
      known.clear()
      unknown.clear()
    },
  }
}

export function keptAnswer(
  authority: { id: string; slug: string },
  single: SingleResponse,
  parts: { tbs: Uint8Array; signature: Uint8Array; certificates: Uint8Array },
): KeptAnswer {
  const { status, thisUpdate, nextUpdate } = single
  const body = assembleOcspResponse(parts)
  const begin = thisUpdate.getTime()
  const life = nextUpdate.getTime() - begin
  return {
    authorityId: authority.id,
    slug: authority.slug,
    front: Buffer.from(body.subarray(0, body.length - parts.certificates.length)),
    certificates: parts.certificates,
    thisUpdate,
    nextUpdate,
    maxAge: maxAgeOf(status, life),
    etag: `"${createHash('sha256').update(body).digest('hex')}"`,
    aheadFrom: begin + Math.floor(life * 0.4),
    freshUntil: begin + (status.status === 'unknown' ? UNKNOWN_MS : Math.floor(life / 2)),
    final: isFinal(status),
    unknown: status.status === 'unknown',
  }
}

/** Half its life: together with the half that it may lie here it never outlasts nextUpdate. */
export function maxAgeOf(status: CertStatus, lifeMs: number): number {
  const half = Math.floor(lifeMs / 2_000)
  return status.status === 'unknown' ? Math.min(UNKNOWN_MAX_AGE, half) : half
}

export function signedAnswer(kept: KeptAnswer): SignedAnswer {
  const { front, certificates, thisUpdate, nextUpdate, maxAge, etag } = kept
  const body = Buffer.concat([front, certificates], front.length + certificates.length)
  return { kind: 'signed', body, thisUpdate, nextUpdate, maxAge, etag }
}
