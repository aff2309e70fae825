/** A root's key as a file in a safe, and the root under which new issuers are made. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuthorityRecord } from './authorities'
import { fileRefused, findAuthority } from './authority-files'
import { authorityEvent } from './authority-import-events'
import type { AuthorityImportStore, AuthorityImports } from './authority-import-types'
import { fingerprint, sha256 } from './certificate-intent'
import { authorise } from './permissions'
import type { Signer } from './signer'

interface RootKeysDeps {
  store: AuthorityImportStore
  signer: Pick<Signer, 'sealedKey' | 'checkSealedKey' | 'dropKey' | 'restoreKey'>
  onCrlDue(): void
}

type RootKeys = Pick<AuthorityImports, 'chooseForNewIssuers' | 'sealedKey' | 'takeOffline' | 'bringBack'>

export function createRootKeys({ store, signer, onCrlDue }: RootKeysDeps): RootKeys {
  async function chooseForNewIssuers(actor: Actor, slug: string): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = findAuthority(await store.authorities(), slug)
    if (authority.kind !== 'root' || authority.status !== 'active')
      throw new Refusal('conflict', 'Only a root that is in use signs issuers.', { reason: 'not_a_root' })
    if (
      authority.keyId === null ||
      !(await store.chooseForNewIssuers(authority.id, [
        authorityEvent('ca.default_root_changed', actor, authority, {}),
      ]))
    )
      throw keyElsewhere(authority)
  }

  async function sealedKey(actor: Actor, slug: string): Promise<Uint8Array> {
    authorise(actor, 'authority:manage')
    const authority = findAuthority(await store.authorities(), slug)
    if (authority.kind !== 'root')
      throw new Refusal('conflict', "Only a root's key is taken offline: issuers sign every day.", {
        reason: 'not_a_root',
      })
    if (authority.keyId === null) throw keyElsewhere(authority)
    const sealed = await signer.sealedKey(authority.keyId)
    await store.record([authorityEvent('ca.key_sealed', actor, authority, { sha256: fingerprint(sha256(sealed)) })])
    return sealed
  }

  /** First nobody signs with it any more, then it is wiped: after a crash in between the same request finishes it. */
  async function takeOffline(actor: Actor, slug: string, sealed: Uint8Array): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = findAuthority(await store.authorities(), slug)
    const keyId = await keyIn(sealed, authority)
    if (authority.keyId !== null) {
      if (authority.keyId !== keyId) throw anotherKey(authority)
      if (
        !(await store.takeOffline(authority.id, keyId, [authorityEvent('ca.key_taken_offline', actor, authority, {})]))
      )
        throw new Refusal('conflict', 'Somebody else changed this authority just now. Look again.', {
          reason: 'changed',
        })
    } else if (authority.offlineKeyId !== keyId) throw anotherKey(authority)
    await signer.dropKey(sealed)
  }

  async function bringBack(actor: Actor, slug: string, sealed: Uint8Array): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = findAuthority(await store.authorities(), slug)
    if (authority.offlineKeyId === null)
      throw new Refusal('conflict', 'The key of this authority was not taken offline here.', { reason: 'not_offline' })
    if ((await keyIn(sealed, authority)) !== authority.offlineKeyId) throw anotherKey(authority)
    const { keyId } = await signer.restoreKey(sealed)
    if (!(await store.bringBack(authority.id, keyId, [authorityEvent('ca.key_brought_back', actor, authority, {})])))
      throw new Refusal('conflict', 'Somebody else changed this authority just now. Look again.', { reason: 'changed' })
    // Whoever took it offline at the same time may have wiped it in between; from here on nobody can.
    await signer.restoreKey(sealed)
    onCrlDue()
  }

  async function keyIn(sealed: Uint8Array, authority: AuthorityRecord): Promise<string> {
    if (sealed.length > MAX_SEALED_BYTES) throw anotherKey(authority)
    const { keyId, ownerId } = await signer.checkSealedKey(sealed).catch((error) => {
      throw isRefusal(error, 'invalid_input') ? fileRefused(error.reason, error.sentence) : error
    })
    if (ownerId !== authority.id) throw anotherKey(authority)
    return keyId
  }

  return { chooseForNewIssuers, sealedKey, takeOffline, bringBack }
}

const MAX_SEALED_BYTES = 16 * 1024

function keyElsewhere({ name }: { name: string }): Refusal {
  return new Refusal('conflict', `The key of ${name} is not here, so nothing is signed with it here.`, {
    reason: 'key_elsewhere',
  })
}

function anotherKey({ name }: { name: string }): Refusal {
  return fileRefused('another_key', `This is not the sealed key of ${name}.`)
}
