/** Certification authorities: making the root at set-up, and how root and issuers are shown. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { drawRoot, type MadeKey, type NewAuthority, newOwnerId } from './authority-plan'
import { intentEvent, keyGeneratedEvent } from './certificate-events'
import { type CertificateIntent, sha256 } from './certificate-intent'
import type { AuthorityView } from './groups'
import type { Intents } from './intents'
import { renewsAt } from './ocsp-responders'
import type { KeyPurpose, Signer } from './signer'
import type { Urls } from './urls'

export type AuthorityOrigin = 'made' | 'imported' | 'requested'

/** An authority row with its newest CRL. */
export interface AuthorityRecord
  extends Omit<NewAuthority, 'status' | 'activatesAt' | 'replacesId' | 'crlShard' | 'keyId'> {
  /** Null while its key is elsewhere: then nothing is signed under it here. */
  keyId: string | null
  /** The key that was taken offline. */
  offlineKeyId: string | null
  /** Requested: its key was made here, its certificate signed elsewhere. */
  origin: AuthorityOrigin
  /** Null until its certificate is signed. */
  certificateDer: Uint8Array | null
  status: 'active' | 'staged' | 'retired' | 'revoked'
  crl: { number: bigint; thisUpdate: Date; nextUpdate: Date; entries: number } | null
  activatesAt: Date | null
  replacesId: string | null
  /** Since when a revocation, or the first list, waits to be published. */
  crlDueSince: Date | null
  /** The newest signed one. */
  ocspResponder: { certificateId: string; notBefore: Date; notAfter: Date } | null
}

export interface AuthorityStore {
  root(): Promise<AuthorityRecord | null>
  /** False when there is a root already: there is one, whoever was first. */
  insertRoot(authority: NewAuthority, intent: CertificateIntent, events: AuditEntry[]): Promise<boolean>
}

export interface Authorities {
  /**
   * Makes the organisation's root, or completes and returns the one that is there: a set-up that was interrupted goes
   * on where it stopped. Called by set-up alone, before anybody holds a role, so it asks for no permission.
   */
  createRoot(actor: Actor, request: { organisation: string; key: 'p384' | 'rsa4096' }): Promise<AuthorityView>
}

export interface AuthoritiesDeps {
  store: AuthorityStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
}

export function createAuthorities({ store, signer, issuance, urls, clock }: AuthoritiesDeps): Authorities {
  async function createRoot(actor: Actor, request: { organisation: string; key: 'p384' | 'rsa4096' }) {
    const root = (await store.root()) ?? (await insertRoot(actor, request))
    if (root.certificateDer === null) await issuance.finish(actor, root.certificateId)
    return authorityView(existing(await store.root()), urls)
  }

  async function insertRoot(
    actor: Actor,
    { organisation, key: algorithm }: { organisation: string; key: 'p384' | 'rsa4096' },
  ) {
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'root', algorithm, ownerId: id })
    const { authority, intent } = drawRoot({ id, organisation, algorithm, key, now: clock() })
    await store.insertRoot(authority, intent, authorityEvents(actor, authority, intent, key))
    return existing(await store.root())
  }

  return { createRoot }
}

/** The trail of an authority that is asked for: whose key, which subject, what will be signed. */
export function authorityEvents(
  actor: Actor,
  authority: NewAuthority,
  intent: CertificateIntent,
  key: MadeKey,
): AuditEntry[] {
  const purpose: KeyPurpose = authority.kind
  const requested: AuditEntry = {
    type: 'ca.create.requested',
    outcome: 'pending',
    reason: 'to_be_signed',
    actor,
    object: { type: 'ca', id: authority.id, name: authority.name },
    data: {
      kind: authority.kind,
      subject: intent.subject,
      keyAlg: authority.keyAlgorithm,
      provider: 'software',
      notAfter: authority.notAfter.toISOString(),
    },
  }
  return [
    requested,
    keyGeneratedEvent(actor, { ...key, algorithm: authority.keyAlgorithm, purpose }),
    intentEvent(actor, intent, authority.kind),
  ]
}

/** Only for an authority that has its certificate. */
export function authorityView(authority: AuthorityRecord, urls: Urls): AuthorityView {
  if (authority.certificateDer === null) {
    throw new Refusal('unavailable', 'This authority is still being made. Try again in a minute.', {
      reason: 'authority_not_ready',
    })
  }
  const der = authority.certificateDer
  const { crl, ocspResponder } = authority
  return {
    id: authority.id,
    kind: authority.kind,
    status: authority.status,
    slug: authority.slug,
    name: authority.name,
    parentId: authority.parentId,
    groupId: authority.groupId,
    origin: authority.origin,
    key: authority.keyId !== null ? 'here' : authority.offlineKeyId !== null ? 'offline' : 'elsewhere',
    activatesAt: authority.status === 'staged' ? authority.activatesAt : null,
    replacesId: authority.replacesId,
    listDueSince: authority.crlDueSince,
    keyAlgorithm: authority.keyAlgorithm,
    subject: nameToText(authority.subjectDer),
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    serial: parseCertificate(der).serial,
    ...fingerprints(der),
    certificateId: authority.certificateId,
    certificatePem: toPem(der),
    crlUrl: urls.crlUrl(authority.slug),
    caUrl: urls.caUrl(authority.slug),
    ocspUrl: urls.ocspUrl(authority.slug),
    ocspResponder: ocspResponder && { ...ocspResponder, renewsAt: renewsAt(ocspResponder) },
    crl: crl && { ...crl, number: crl.number.toString() },
  }
}

/** SHA-1 and MD5 are what some clients show; they prove nothing by themselves. */
export function fingerprints(der: Uint8Array) {
  return {
    fingerprintSha256: Buffer.from(sha256(der)).toString('hex'),
    fingerprintSha1: createHash('sha1').update(der).digest('hex'),
    fingerprintMd5: createHash('md5').update(der).digest('hex'),
  }
}

function existing(root: AuthorityRecord | null): AuthorityRecord {
  if (root === null) throw new Error('the root that was just made is not there')
  return root
}
