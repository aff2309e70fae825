/** One PKIOperation while it is being answered: what is known of the device, and how its reply is sealed. */
import { Refusal } from '@/lib/errors'
import type { Csr } from '@/lib/pki/csr'
import { nameToText } from '@/lib/pki/name'
import type { ClientFamily } from '@/lib/scep/client-catalogue'
import { recognise } from '@/lib/scep/client-recognition'
import {
  type Cipher,
  type FailureContext,
  type MessageFacts,
  type PkiMessage,
  type ReplyContext,
  replyDigest,
} from '@/lib/scep/message'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { fingerprint, sha256 } from './certificate-intent'
import { ENROLMENT_CAUSES, type EnrolmentRefusal } from './enrolment-refusals'
import type { ExchangeTrace } from './exchange-trace'
import type { PreparedEndpoint, RegistrationAuthority } from './scep-endpoints'
import type { ScepRequest } from './scep-enrolment'
import type { Signer } from './signer'

export interface Exchange {
  request: ScepRequest
  requestId: string
  /** Whom the limits count: address or network. */
  source: string
  startedAt: Date
  endpoint: PreparedEndpoint
  current: RegistrationAuthority
  actor: Actor
  trace: ExchangeTrace
  /** Which client it seems to be. Nothing is decided by it. */
  client: ClientFamily | null
}

/** A request that was opened: its CSR holds the only key that may be certified. */
export interface OpenedRequest {
  csr: Csr
  cipher: Cipher
  csrSha256: Uint8Array
  spkiSha256: Uint8Array
  signerSpkiSha256: Uint8Array
  subject: string
}

export function openedRequest(message: PkiMessage, csr: Csr, cipher: Cipher): OpenedRequest {
  return {
    csr,
    cipher,
    csrSha256: sha256(csr.der),
    spkiSha256: sha256(csr.spki),
    signerSpkiSha256: sha256(message.signer.spki),
    subject: readableName(csr.subjectDer),
  }
}

/** Whoever has hung up, or has waited so long that it tries again: a certificate signed now would be one too many. */
export function refuseIfLate(exchange: Exchange, now: Date, deadlineMilliseconds: number): void {
  if (!isLate(exchange, now, deadlineMilliseconds)) return
  throw new Refusal('unavailable', 'The device no longer waits for its certificate.', {
    reason: 'too_late',
    retryAfterSeconds: 5,
  })
}

export function isLate({ request, startedAt }: Exchange, now: Date, deadlineMilliseconds: number): boolean {
  return now.getTime() - startedAt.getTime() > deadlineMilliseconds || request.gone?.() === true
}

/** Nobody is signed in on this side: a device is who its challenge says, and that is recorded as the object. */
export function deviceActor(request: ScepRequest, requestId: string): Actor {
  const userAgent = request.userAgent === null ? null : request.userAgent.slice(0, 200)
  return { type: 'device', id: null, name: 'device', role: null, via: 'scep', ip: request.ip, userAgent, requestId }
}

/** From what it sent so far; the cipher is known only once the envelope is read. */
export function recogniseClient(exchange: Exchange, message: PkiMessage | null, cipher: Cipher | null = null): void {
  const { method, userAgent, path = null, query, contentType = null } = exchange.request
  const client = recognise({
    ...{ method, userAgent, path, query, contentType, cipher },
    ...(message && { digest: message.digest, transactionId: message.transactionId, signer: message.signer }),
  })
  if (client === null || client === exchange.client) return
  exchange.client = client
  exchange.trace.note('client.recognised', { client })
}

export function namedAfter(actor: Actor, subject: string): Actor {
  return { ...actor, name: subject === '' ? actor.name : subject.slice(0, 200) }
}

export function failureContext(
  signer: Pick<Signer, 'signScepReply'>,
  exchange: Exchange,
  facts: MessageFacts,
): FailureContext {
  const digest = replyDigest(facts.digest, exchange.endpoint.allowSha1)
  return {
    transactionId: facts.transactionId,
    transactionIdTag: facts.transactionIdTag,
    recipientNonce: facts.senderNonce,
    digest,
    ra: { certificateDer: exchange.current.certificateDer },
    sign: (signedAttributes) => signer.signScepReply(exchange.current.keyId, digest, signedAttributes),
  }
}

/** To the certificate that signed the request and to no other: an attacker could have appended one (scep.md §3.8). */
export function replyContext(
  signer: Pick<Signer, 'signScepReply'>,
  exchange: Exchange,
  message: PkiMessage,
  cipher: Cipher,
): ReplyContext {
  const { issuerDer, serial, spki } = message.signer
  return { ...failureContext(signer, exchange, message), cipher, signer: { issuerDer, serial, spki } }
}

/** The event of a refusal, whatever step it came from. */
export function refusalEvent(
  exchange: Exchange,
  facts: MessageFacts | null,
  opened: OpenedRequest | null,
  refusal: EnrolmentRefusal,
): AuditEntry {
  return {
    type: ENROLMENT_CAUSES[refusal.reason].event,
    outcome: 'denied',
    reason: refusal.reason,
    actor: opened === null ? exchange.actor : namedAfter(exchange.actor, opened.subject),
    object: refusal.object ?? { type: 'endpoint', id: exchange.endpoint.id, name: exchange.endpoint.slug },
    ...(facts === null ? {} : { transactionId: transactionIdText(facts.transactionId) }),
    data: {
      ...place(exchange),
      ...(facts === null ? {} : { messageType: facts.messageType }),
      ...csrData(opened),
      detail: refusal.detail,
      ...refusal.data,
    },
  }
}

/** The same certificate in a new CertRep. */
export function resentEvent(
  exchange: Exchange,
  facts: MessageFacts,
  certificate: { id: string; name: string; serial: string },
): AuditEntry {
  return {
    type: 'scep.retransmission',
    outcome: 'success',
    actor: namedAfter(exchange.actor, certificate.name),
    object: { type: 'certificate', id: certificate.id, name: certificate.name },
    transactionId: transactionIdText(facts.transactionId),
    data: { ...place(exchange), messageType: facts.messageType, serial: certificate.serial },
  }
}

/** The same refusal again; its cause is not looked into twice. */
export function refusedAgainEvent(
  exchange: Exchange,
  facts: MessageFacts,
  opened: OpenedRequest,
  refusal: EnrolmentRefusal,
): AuditEntry {
  return {
    type: 'scep.retransmission',
    outcome: 'denied',
    reason: refusal.reason,
    actor: namedAfter(exchange.actor, opened.subject),
    object: { type: 'endpoint', id: exchange.endpoint.id, name: exchange.endpoint.slug },
    transactionId: transactionIdText(facts.transactionId),
    data: { ...place(exchange), messageType: facts.messageType, ...csrData(opened) },
  }
}

function place({ endpoint }: Exchange): { [key: string]: Json } {
  return { endpoint: endpoint.slug, group: endpoint.groupSlug }
}

function csrData(opened: OpenedRequest | null): { [key: string]: Json } {
  if (opened === null) return {}
  return {
    subject: opened.subject,
    csrSha256: fingerprint(opened.csrSha256),
    spkiSha256: fingerprint(opened.spkiSha256),
  }
}

/** Most clients send hex or base64; what is not plain text is shown as hex. */
export function transactionIdText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  return /^[\x20-\x7e]{1,255}$/.test(text) ? text : `hex:${Buffer.from(bytes).toString('hex')}`.slice(0, 512)
}

function readableName(subjectDer: Uint8Array): string {
  try {
    return nameToText(subjectDer).slice(0, 1_000)
  } catch {
    return '(unreadable)'
  }
}
