/** The second half of every issuance: intents are signed and recorded as issued, or given up after a crash. */
import { isRefusal, Refusal } from '@/lib/errors'
import { spkiOf, tbsOf, verifyCertificateSignature } from '@/lib/pki/certificate'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { failedEvent, issuedEvents, reconciledEvent, releasedEvent } from './certificate-events'
import { type CertificateIntent, sha256 } from './certificate-intent'
import type { IssuedCertificate } from './issuance'
import type { Signer } from './signer'

/** A certificate row as the second half needs it, whatever became of it. */
export interface StoredIntent extends Omit<CertificateIntent, 'tbs' | 'subjectDer' | 'commonName' | 'keyAlgorithm'> {
  state: 'intent' | 'issued' | 'abandoned'
  /** Null once the signed certificate is stored. */
  tbs: Uint8Array | null
  der: Uint8Array | null
  /** Who signs, as the trail names it. */
  authority: { slug: string; name: string }
  /** Certificate of the authority that signs; null while it has none, as for a root's own. */
  authorityDer: Uint8Array | null
  profile: string
  /** The authority whose own certificate this is. */
  certifies: { id: string; name: string } | null
}

export type RecordOutcome =
  | { outcome: 'recorded' }
  /** Another worker was faster; this is what it stored, or null if it was given up meanwhile. */
  | { outcome: 'already'; der: Uint8Array | null }
  /** The challenge is no longer reserved, so the certificate may not be released. Nothing was changed. */
  | { outcome: 'challenge_gone' }

export interface IntentStore {
  find(certificateId: string): Promise<StoredIntent | null>
  /** Ids of intents made before the moment; those that sign others come first. */
  overdue(before: Date, limit: number): Promise<string[]>
  /**
   * In one transaction: intent → issued, and for a leaf challenge reserved → consumed and the enrolment transactions →
   * issued; for an authority or RA its certificate takes effect (older RAs of the endpoint retire). The conditions ride
   * in the updates.
   */
  recordIssued(request: {
    intent: StoredIntent
    der: Uint8Array
    fingerprintSha256: Uint8Array
    enrolmentTransactionIds: string[]
    at: Date
    events: AuditEntry[]
  }): Promise<RecordOutcome>
  /** An attempt that found its certificate issued already: its enrolment transaction is finished with it. */
  finishTransaction(enrolmentTransactionId: string, certificateId: string, at: Date): Promise<void>
  /**
   * In one transaction: intent → abandoned, its challenge back to pending (or expired, if it is past its end) and free
   * for another certificate, its enrolment transaction failed. False when the intent was finished meanwhile.
   */
  abandon(request: {
    certificateId: string
    reason: string
    at: Date
    events(challenge: { id: string; state: 'pending' | 'expired' } | null): AuditEntry[]
  }): Promise<boolean>
  record(events: AuditEntry[]): Promise<void>
}

/** Hears of a certificate that is signed and verified and is being recorded: it may not leave before that is done. */
export type Signed = (der: Uint8Array) => void

export interface Intents {
  /** Signs and records an intent that the caller has just recorded. Null if it was abandoned meanwhile. */
  finish(
    actor: Actor,
    intent: StoredIntent | string,
    enrolmentTransactionId?: string,
    signed?: Signed,
  ): Promise<IssuedCertificate | null>
  /** The same for an intent that a crash left behind: the trail says that it was found. */
  complete(actor: Actor, certificateId: string): Promise<IssuedCertificate | null>
  /** Completes overdue intents, or gives up leaves that failed for too long. Throws at the end if any failed. */
  reconcile(actor: Actor): Promise<{ completed: number; abandoned: number }>
}

export interface IntentDeps {
  store: IntentStore
  signer: Signer
  clock: () => Date
  /** Called between any two steps, for the tests that kill the process there. */
  checkpoint?: (step: 'intent-recorded' | 'signed' | 'recorded') => Promise<void>
}

/** A worker that is still busy with an intent is done by then. */
export const OVERDUE_AFTER_MS = 30_000
export const ABANDON_AFTER_MS = 3_600_000
const BATCH = 100

export function createIntents({ store, signer, clock, checkpoint = async () => {} }: IntentDeps): Intents {
  async function finish(
    actor: Actor,
    given: StoredIntent | string,
    enrolmentTransactionId?: string,
    signed: Signed = () => {},
  ) {
    const intent = typeof given === 'string' ? await existing(given) : given
    try {
      return await signAndRecord(actor, intent, [], enrolmentTransactionId, signed)
    } catch (error) {
      if (!isRefusal(error, 'unavailable')) throw error
      await store.record([failedEvent(actor, intent, error.reason)])
      throw error
    }
  }

  async function complete(actor: Actor, certificateId: string) {
    const intent = await existing(certificateId)
    return signAndRecord(actor, intent, [reconciledEvent(actor, intent, 'completed')])
  }

  async function signAndRecord(
    actor: Actor,
    intent: StoredIntent,
    more: AuditEntry[],
    enrolmentTransactionId?: string,
    told: Signed = () => {},
  ) {
    const attempts = new Set(
      [intent.enrolmentTransactionId, enrolmentTransactionId ?? null].filter((id) => id !== null),
    )
    if (intent.state === 'abandoned') return null
    if (intent.der !== null) return alreadyIssued(intent, intent.der, enrolmentTransactionId)

    const signed = await sign(intent)
    if (signed.by === 'another') return signed.der && alreadyIssued(intent, signed.der, enrolmentTransactionId)
    await checkpoint('signed')
    told(signed.der)

    const fingerprintSha256 = sha256(signed.der)
    const recorded = await store.recordIssued({
      intent,
      der: signed.der,
      fingerprintSha256,
      enrolmentTransactionIds: [...attempts],
      at: clock(),
      events: [...issuedEvents(actor, intent, fingerprintSha256), ...more],
    })
    await checkpoint('recorded')
    switch (recorded.outcome) {
      case 'recorded':
        return { id: intent.id, serial: intent.serial, der: signed.der }
      case 'already':
        return recorded.der && alreadyIssued(intent, recorded.der, enrolmentTransactionId)
      case 'challenge_gone':
        await abandon(actor, intent, 'challenge_not_reserved')
        throw new Refusal('conflict', 'The challenge was revoked while its certificate was being made.', {
          reason: 'challenge_not_reserved',
        })
    }
  }

  /** Security contract §5.4: the signature is verified and the bytes are compared before anything leaves. */
  async function sign(
    intent: StoredIntent,
  ): Promise<{ by: 'us'; der: Uint8Array } | { by: 'another'; der: Uint8Array | null }> {
    if (intent.kind !== 'root' && intent.authorityDer === null)
      throw unavailable('issuer_not_ready', 'its authority has no certificate yet')
    let der: Uint8Array
    try {
      der = await signer.signCertificate(intent.id)
    } catch (error) {
      // The signer refuses what is no longer an intent: then a concurrent worker has finished it.
      const current = await store.find(intent.id)
      if (current !== null && current.state !== 'intent') return { by: 'another', der: current.der }
      throw isRefusal(error, 'unavailable') ? error : unavailable('signer_failed', messageOf(error))
    }
    // What these bytes say was looked into when they were drawn up.
    if (!sameBytes(sha256(tbsOf(der)), intent.tbsSha256))
      throw unavailable('signer_deviated', 'other bytes were signed')
    const issuerSpki = spkiOf(intent.authorityDer ?? der)
    if (!verifyCertificateSignature(der, issuerSpki))
      throw unavailable('signature_invalid', 'the signature does not verify')
    return { by: 'us', der }
  }

  async function alreadyIssued(intent: StoredIntent, der: Uint8Array, enrolmentTransactionId?: string) {
    if (enrolmentTransactionId !== undefined) await store.finishTransaction(enrolmentTransactionId, intent.id, clock())
    return { id: intent.id, serial: intent.serial, der }
  }

  async function abandon(actor: Actor, intent: StoredIntent, reason: string): Promise<boolean> {
    return store.abandon({
      certificateId: intent.id,
      reason,
      at: clock(),
      events: (challenge) => [
        reconciledEvent(actor, intent, 'burnt', reason),
        ...(challenge ? [releasedEvent(actor, challenge, intent, reason)] : []),
      ],
    })
  }

  async function reconcile(actor: Actor) {
    const now = clock()
    const tally = { completed: 0, abandoned: 0 }
    const failures: string[] = []
    for (const id of await store.overdue(new Date(now.getTime() - OVERDUE_AFTER_MS), BATCH)) {
      const intent = await existing(id)
      try {
        await complete(actor, id)
        tally.completed += 1
      } catch (error) {
        // An authority or RA is never given up: its group could not be completed any more.
        const tooLate = intent.kind === 'leaf' && now.getTime() - intent.createdAt.getTime() > ABANDON_AFTER_MS
        if (isRefusal(error, 'conflict')) tally.abandoned += 1
        else if (tooLate && (await abandon(actor, intent, 'gave_up'))) tally.abandoned += 1
        else failures.push(`${intent.kind} ${intent.serial}: ${messageOf(error)}`)
      }
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} intents could not be completed: ${failures.join('; ')}`)
    return tally
  }

  async function existing(certificateId: string): Promise<StoredIntent> {
    const intent = await store.find(certificateId)
    if (intent === null) throw new Refusal('not_found', 'There is no such certificate.')
    return intent
  }

  return { finish, complete, reconcile }
}

function unavailable(reason: string, detail: string): Refusal {
  return new Refusal('unavailable', 'The certificate could not be signed. Try again in a minute.', { reason, detail })
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
