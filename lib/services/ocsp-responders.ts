/** OCSP responder certificates: made for each authority, and renewed at half their life, so that two overlap. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { drawOcspResponder, type NewOcspResponder, newOwnerId } from './authority-plan'
import { intentEvent, keyGeneratedEvent } from './certificate-events'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import type { Intents } from './intents'
import type { Signer } from './signer'

/** An authority without a responder that has half its life before it. */
export interface AuthorityInNeed {
  authority: SigningAuthority & { groupId: string | null }
  name: string
  organisation: string
}

export interface OcspResponderStore {
  /**
   * Authorities whose certificates may still be asked about and whose newest responder is past half its life, or not
   * there: those that issue, those that will, and retired and revoked ones until their last certificate has ended: silence
   * about a revoked issuer would let its certificates in wherever silence counts as good. Not those with one under way,
   * nor those whose own end leaves nothing to gain.
   */
  inNeed(now: Date): Promise<AuthorityInNeed[]>
  /** False when the authority has one under way already. */
  insert(responder: NewOcspResponder, intent: CertificateIntent, events: AuditEntry[]): Promise<boolean>
}

export interface OcspResponders {
  /** Returns how many were made. One that fails does not keep the others; the first error is thrown at the end. */
  renewEnding(actor: Actor): Promise<number>
}

export interface OcspRespondersDeps {
  store: OcspResponderStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  clock: () => Date
}

const RESPONDER_KEY = 'p256'

export function createOcspResponders({ store, signer, issuance, clock }: OcspRespondersDeps): OcspResponders {
  async function make(actor: Actor, inNeed: AuthorityInNeed): Promise<boolean> {
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'ocsp', algorithm: RESPONDER_KEY, ownerId: id })
    const { responder, intent } = drawOcspResponder({ ...inNeed, id, key, now: clock() })
    const inserted = await store.insert(responder, intent, [
      keyGeneratedEvent(actor, { ...key, algorithm: RESPONDER_KEY, purpose: 'ocsp' }),
      intentEvent(actor, intent, 'ocsp'),
    ])
    if (inserted) await issuance.finish(actor, intent.id)
    return inserted
  }

  return {
    async renewEnding(actor) {
      const results = []
      for (const each of await store.inNeed(clock())) results.push(...(await Promise.allSettled([make(actor, each)])))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      return results.filter((result) => result.status === 'fulfilled' && result.value).length
    },
  }
}

/** When its successor is due. */
export function renewsAt({ notBefore, notAfter }: { notBefore: Date; notAfter: Date }): Date {
  return new Date((notBefore.getTime() + notAfter.getTime()) / 2)
}
