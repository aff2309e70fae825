/** Renewing registration authorities before they end: the new one answers, the old one still opens old envelopes. */
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { drawRegistrationAuthority, type MadeKey, type NewRegistrationAuthority, newOwnerId } from './authority-plan'
import { intentEvent, keyGeneratedEvent } from './certificate-events'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import type { Intents } from './intents'
import type { Signer } from './signer'
import type { Urls } from './urls'

/** An endpoint whose RA ends soon, with what a new one is drawn up from. */
export interface EndpointInNeed {
  endpointId: string
  group: { id: string; name: string }
  organisation: string
  issuer: SigningAuthority
}

export interface RegistrationAuthorityStore {
  /**
   * Endpoints whose answering RA ends before the moment, have no new one under way, and can still get one that lasts
   * longer: an RA never outlives its issuer.
   */
  endingBefore(moment: Date): Promise<EndpointInNeed[]>
  /** False when the endpoint has a new one under way already, or its issuer is not the one that issues any more. */
  insert(
    registrationAuthority: NewRegistrationAuthority,
    intent: CertificateIntent,
    events: AuditEntry[],
  ): Promise<boolean>
}

export interface RegistrationAuthorities {
  /** Returns how many were renewed. One that fails does not keep the others; the first error is thrown at the end. */
  renewEnding(actor: Actor): Promise<number>
}

export interface RegistrationAuthoritiesDeps {
  store: RegistrationAuthorityStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
}

/** Long enough for devices that cache what GetCACert returned. */
export const RENEW_BEFORE_END_MS = 30 * 86_400_000
export const RA_KEY = 'rsa2048'

export function createRegistrationAuthorities(deps: RegistrationAuthoritiesDeps): RegistrationAuthorities {
  const { store, signer, issuance, urls, clock } = deps

  async function renew(actor: Actor, endpoint: EndpointInNeed): Promise<boolean> {
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'ra', algorithm: RA_KEY, ownerId: id })
    const { registrationAuthority, intent } = drawRegistrationAuthority({ ...endpoint, id, key, urls, now: clock() })
    const inserted = await store.insert(registrationAuthority, intent, registrationAuthorityEvents(actor, intent, key))
    if (inserted) await issuance.finish(actor, intent.id)
    return inserted
  }

  async function renewEnding(actor: Actor): Promise<number> {
    const inNeed = await store.endingBefore(new Date(clock().getTime() + RENEW_BEFORE_END_MS))
    const results = []
    for (const endpoint of inNeed) results.push(...(await Promise.allSettled([renew(actor, endpoint)])))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return results.filter((result) => result.status === 'fulfilled' && result.value).length
  }

  return { renewEnding }
}

export function registrationAuthorityEvents(actor: Actor, intent: CertificateIntent, key: MadeKey): AuditEntry[] {
  return [keyGeneratedEvent(actor, { ...key, algorithm: RA_KEY, purpose: 'ra' }), intentEvent(actor, intent, 'ra')]
}
