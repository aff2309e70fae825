/** What another server sends us by webhook, in step-ca's format: questions about challenges, and what became of them. */
import { createHash } from 'node:crypto'
import { parseCertificate } from '@/lib/pki/certificate'
import { DerError } from '@/lib/pki/der'
import { nameToText } from '@/lib/pki/name'
import type { RequestOrigin } from './access-types'
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import { sha256 } from './certificate-intent'
import { type ChallengeValidation, csrIdentity, type ValidationAnswer } from './challenge-validation'
import type { Signer } from './signer'
import { objectOf, parseObject } from './validator-verdict'
import { signedBySmallstep } from './webhook-signature'

/** A receiver as its messages are checked. */
export interface Receiver {
  id: string
  name: string
  endpoint: { id: string; slug: string }
  secretSealed: Uint8Array
  /** Null once its time is over. */
  previousSecretSealed: Uint8Array | null
  renewBySubject: boolean
}

export interface ReceiverMessage {
  webhookId: string | null
  signature: string | null
  /** As they came, before anything was parsed. */
  body: Uint8Array
}

/** `null` is a message that nobody vouches for: 401, without a word of why. */
export type WebhookAnswer = {
  allow: boolean
  data?: { [key: string]: Json }
  error?: { code: string; message: string }
}

export interface HeldRequest {
  endpointId: string
  transactionId: string
  csrIdentity: Uint8Array
}

export interface ReceiverStore {
  /** Null for an unknown one, and for one that is disabled. */
  receiver(id: string): Promise<Receiver | null>
  /** The answer that these very bytes had. */
  answered(receiverId: string, requestSha256: Uint8Array): Promise<WebhookAnswer | null>
  /** Keeps an answer, or returns the one that was kept before. */
  keep(
    answer: WebhookAnswer,
    request: {
      receiverId: string
      requestSha256: Uint8Array
      challengeId: string | null
      transactionId: string | null
      csrSha256: Uint8Array | null
    },
  ): Promise<WebhookAnswer>
  /** reserved → consumed, with the certificate that the other server made. */
  issuedElsewhere(
    held: HeldRequest,
    certificate: IssuedElsewhere,
    event: (challenge: { id: string; subject: string }) => AuditEntry,
  ): Promise<boolean>
  /** reserved → pending, or expired: the other server could not issue. */
  failedElsewhere(
    held: HeldRequest,
    detail: string,
    event: (challenge: { id: string; subject: string }) => AuditEntry,
  ): Promise<boolean>
}

export interface IssuedElsewhere {
  serial: string
  subject: string
  notAfter: string
  sha256: string
  spkiSha256: Uint8Array
}

export interface ReceiversService {
  /** Null when the message is not to be believed. Throws Refusal unavailable when nobody could decide. */
  receive(origin: RequestOrigin, message: ReceiverMessage): Promise<WebhookAnswer | null>
}

export interface ReceiversDependencies {
  store: ReceiverStore
  validation: Pick<ChallengeValidation, 'validateFor' | 'renewFor'>
  signer: Pick<Signer, 'open'>
  limit(key: string, count: number, seconds: number): Promise<void>
  clock(): Date
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const CLOCKS_DIFFER_MS = 5 * 60_000
const PER_MINUTE = 1_200
const MAX_TRANSACTION_ID = 255
const NOTED: WebhookAnswer = { allow: true }

export function createReceivers({ store, validation, signer, limit, clock }: ReceiversDependencies): ReceiversService {
  return {
    async receive(origin, { webhookId, signature, body }) {
      const id = webhookId?.toLowerCase() ?? ''
      const receiver = UUID.test(id) ? await store.receiver(id) : null
      if (receiver === null || !signedBySmallstep(signature, body, await secretsOf(receiver))) return null
      await limit(`receiver:${receiver.id}`, PER_MINUTE, 60)
      const question = parseQuestion(body)
      if (question === null) return refusal('malformed', 'This is not a webhook about a SCEP request.')
      if (Math.abs(clock().getTime() - question.at.getTime()) > CLOCKS_DIFFER_MS)
        return refusal('stale', 'The time of the message is more than five minutes from ours.')
      const requestSha256 = new Uint8Array(createHash('sha256').update(body).digest())
      const before = await store.answered(receiver.id, requestSha256)
      if (before !== null) return before
      const { answer, challengeId } = await decide(actorOf(receiver, origin), receiver, question)
      const { transactionId, csr } = question
      const csrSha256 = csr === null ? null : sha256(csr)
      return store.keep(answer, { receiverId: receiver.id, requestSha256, challengeId, transactionId, csrSha256 })
    },
  }

  async function secretsOf(receiver: Receiver): Promise<Uint8Array[]> {
    const { id, secretSealed, previousSecretSealed } = receiver
    return Promise.all(
      [secretSealed, previousSecretSealed]
        .filter((sealed) => sealed !== null)
        .map((sealed) => signer.open('receiver', id, sealed)),
    )
  }

  async function decide(actor: Actor, receiver: Receiver, question: Question) {
    const nothing = { challengeId: null }
    const { csr, challenge, transactionId } = question
    if (csr === null || transactionId === null)
      return { ...nothing, answer: refusal('malformed', 'Request and transaction id are needed.') }
    const asker = { kind: 'receiver', id: receiver.id, name: receiver.name } as const
    const request = { endpoint: receiver.endpoint.slug, csr, transactionId }
    switch (question.kind) {
      case 'question': {
        const verdict =
          challenge === null && receiver.renewBySubject
            ? await validation.renewFor(actor, asker, request)
            : await validation.validateFor(actor, asker, { ...request, challenge: challenge ?? undefined })
        return { challengeId: verdict.challenge?.id ?? null, answer: webhookAnswer(verdict) }
      }
      case 'notification': {
        const held = {
          endpointId: receiver.endpoint.id,
          transactionId,
          csrIdentity: csrIdentity(asker, csr),
        }
        await learn(actor, receiver, held, question)
        return { ...nothing, answer: NOTED }
      }
    }
  }

  async function learn(actor: Actor, receiver: Receiver, held: HeldRequest, { certificate, error }: Question) {
    const issued = certificate === null ? null : issuedElsewhere(certificate)
    const about = { actor, transactionId: held.transactionId }
    const data = { endpoint: receiver.endpoint.slug, receiver: receiver.name }
    if (issued === null) {
      await store.failedElsewhere(held, error ?? 'no certificate', ({ id, subject }) => ({
        type: 'challenge.released',
        outcome: 'success',
        ...about,
        object: { type: 'challenge', id, name: subject },
        data: { ...data, why: 'failed_elsewhere', detail: error ?? '' },
      }))
      return
    }
    const { spkiSha256: _, ...known } = issued
    await store.issuedElsewhere(held, issued, ({ id, subject }) => ({
      type: 'challenge.consumed',
      outcome: 'success',
      ...about,
      object: { type: 'challenge', id, name: subject },
      data: { ...data, issuedElsewhere: known },
    }))
  }
}

interface Question {
  kind: 'question' | 'notification'
  at: Date
  challenge: string | null
  transactionId: string | null
  csr: Uint8Array | null
  certificate: Uint8Array | null
  error: string | null
}

/**
 * Only the DER counts: what the sender read out of it is not looked at (webhooks.md §3, 4). A missing member, null and
 * an empty text are the same. Of the kinds of messages, a notification alone has no provisionerName.
 */
function parseQuestion(body: Uint8Array): Question | null {
  const object = parseObject(body)
  const at = new Date(textOf(object?.timestamp) ?? '')
  if (object === null || Number.isNaN(at.getTime())) return null
  const challenge = textOf(object.scepChallenge)
  const transactionId = textOf(object.scepTransactionID)
  return {
    kind: challenge !== null || textOf(object.provisionerName) !== null ? 'question' : 'notification',
    at,
    challenge,
    transactionId: transactionId !== null && transactionId.length <= MAX_TRANSACTION_ID ? transactionId : null,
    csr: derOf(objectOf(object.x509CertificateRequest)?.raw),
    certificate: derOf(objectOf(object.x509Certificate)?.raw),
    error: textOf(object.scepErrorDescription)?.slice(0, 300) ?? null,
  }
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function derOf(value: Json | undefined): Uint8Array | null {
  const text = textOf(value)
  return text !== null && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : null
}

function issuedElsewhere(der: Uint8Array): IssuedElsewhere | null {
  try {
    const { serial, subjectDer, notAfter, spki } = parseCertificate(der)
    return {
      serial,
      subject: nameToText(subjectDer).slice(0, 1_000),
      notAfter: notAfter.toISOString(),
      sha256: Buffer.from(sha256(der)).toString('hex'),
      spkiSha256: sha256(spki),
    }
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}

function webhookAnswer({ allow, reason, explanation, challenge }: ValidationAnswer): WebhookAnswer {
  if (!allow) return refusal(reason ?? 'challenge_unknown', explanation ?? '')
  return { allow, ...(challenge === null ? {} : { data: { challengeId: challenge.id, subject: challenge.subject } }) }
}

function refusal(code: string, message: string): WebhookAnswer {
  return { allow: false, error: { code, message } }
}

function actorOf({ id, name }: Receiver, origin: RequestOrigin): Actor {
  return { type: 'service', id, name, role: null, via: 'api', ...origin }
}
