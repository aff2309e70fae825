/**
 * Who signs configuration profiles: a certificate under the root, so that a device that trusts it shows a profile as
 * verified. Its key signs property lists and nothing else. It is renewed at half its life: once the signer has ended, a
 * profile counts as unsigned.
 */
import { Refusal } from '@/lib/errors'
import { profileAttributes } from '@/lib/pki/signed-attributes'
import { wholeSeconds } from '@/lib/pki/time'
import { encodeSignedData, ownIdentity } from '@/lib/scep/message'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { drawProfileSigner, type NewProfileSigner, newOwnerId } from './authority-plan'
import { intentEvent, keyGeneratedEvent } from './certificate-events'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import type { Intents } from './intents'
import type { Signer } from './signer'
import type { Urls } from './urls'

/** The root, where the newest certificate is past half its life, or not there. */
export interface RootInNeed {
  root: SigningAuthority
  organisation: string
}

export interface ProfileSignerStore {
  /** Null when there is a fresh one, or one under way. */
  inNeed(now: Date): Promise<RootInNeed | null>
  /** False when one is under way already. */
  insert(signer: NewProfileSigner, intent: CertificateIntent, events: AuditEntry[]): Promise<boolean>
  /** The newest that is valid. */
  current(now: Date): Promise<{ keyId: string; certificateDer: Uint8Array } | null>
}

export interface ProfileSigners {
  /** True when one was made. */
  renewEnding(actor: Actor): Promise<boolean>
  /**
   * Signs property lists: CMS SignedData, DER, with the property list and the certificate inside. Refusals: unavailable,
   * while there is none that could.
   */
  ready(): Promise<(propertyList: Uint8Array) => Promise<Uint8Array>>
}

export interface ProfileSignersDeps {
  store: ProfileSignerStore
  signer: Pick<Signer, 'generateKey' | 'signProfile'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
}

/** Apple has always read RSA. */
const PROFILE_KEY = 'rsa3072'

export function createProfileSigners({ store, signer, issuance, urls, clock }: ProfileSignersDeps): ProfileSigners {
  return {
    async renewEnding(actor) {
      const inNeed = await store.inNeed(clock())
      if (inNeed === null) return false
      const id = newOwnerId()
      const key = await signer.generateKey({ purpose: 'profile', algorithm: PROFILE_KEY, ownerId: id })
      const { profileSigner, intent } = drawProfileSigner({ ...inNeed, id, key, urls, now: clock() })
      const inserted = await store.insert(profileSigner, intent, [
        keyGeneratedEvent(actor, { ...key, algorithm: PROFILE_KEY, purpose: 'profile' }),
        intentEvent(actor, intent, 'profile'),
      ])
      if (inserted) await issuance.finish(actor, intent.id)
      return inserted
    },

    async ready() {
      const current = await store.current(clock())
      if (current === null)
        throw new Refusal('unavailable', 'The certificate that signs profiles is being made: try again in a minute.', {
          reason: 'no_profile_signer',
        })
      return async (propertyList) => {
        const signedAt = wholeSeconds(clock())
        const signature = await signer.signProfile(current.keyId, signedAt, propertyList)
        return encodeSignedData({
          content: propertyList,
          digest: 'sha256',
          certificate: ownIdentity(current.certificateDer),
          signedAttributes: profileAttributes(propertyList, signedAt),
          signature,
        })
      }
    },
  }
}
