/** Authorities that come from elsewhere, and roots whose key is in a safe. Strict: what is doubtful does not come in. */
import { isRefusal, Refusal } from '@/lib/errors'
import { type CertificateInfo, parseCertificate, toPem } from '@/lib/pki/certificate'
import { CRL_LABELS } from '@/lib/pki/certificate-file'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import { nameToText } from '@/lib/pki/name'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { type AuthorityRecord, authorityView } from './authorities'
import {
  certificatesOf,
  checkAuthority,
  checkedCrl,
  checkSize,
  fileRefused,
  importedAuthority,
  isSelfIssued,
  nameOf,
  parsedCertificate,
  readFile,
  rootOf,
} from './authority-files'
import type {
  AuthorityImportStore,
  AuthorityImports,
  AuthorityRequest,
  AuthorityRequestView,
  ImportedAuthority,
  RevokedIssuer,
} from './authority-import-types'
import { authoritySubject, firstShard, newOwnerId } from './authority-plan'
import { keyGeneratedEvent } from './certificate-events'
import { fingerprint, sha256 } from './certificate-intent'
import type { RevocationReason } from './certificates'
import { checkedIssuerKey, checkedName, freeSlug, slugOf } from './group-plan'
import type { AuthorityView } from './groups'
import { authorise } from './permissions'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface AuthorityImportDeps {
  store: AuthorityImportStore
  signer: Pick<
    Signer,
    | 'generateKey'
    | 'readPkcs12'
    | 'importKey'
    | 'signAuthorityRequest'
    | 'sealedKey'
    | 'checkSealedKey'
    | 'dropKey'
    | 'restoreKey'
  >
  urls: Urls
  clock: () => Date
  /** Told when an authority needs its first list. */
  onCrlDue?: () => void
}

const SLUG_ATTEMPTS = 5

export function createAuthorityImports({
  store,
  signer,
  urls,
  clock,
  onCrlDue = () => {},
}: AuthorityImportDeps): AuthorityImports {
  async function importRoot(actor: Actor, file: Uint8Array): Promise<AuthorityView> {
    authorise(actor, 'authority:manage')
    await organisation()
    const [certificate, ...others] = certificatesOf(file)
    if (certificate === undefined || others.length > 0)
      throw fileRefused('many_certificates', 'Import one root at a time: this file holds several certificates.')
    const now = clock()
    checkAuthority(certificate, { kind: 'root', signsHere: false, now })
    const row = { kind: 'root', parentId: null, keyId: null, origin: 'imported', now } as const
    return insert(actor, [{ certificate, row: { ...row, id: newOwnerId() } }], null)
  }

  async function createRequest(
    actor: Actor,
    request: { name: string; issuerKey?: AuthorityRequest['keyAlgorithm'] },
  ): Promise<AuthorityRequestView> {
    authorise(actor, 'authority:manage')
    const { name: organisationName } = await organisation()
    const name = checkedName(request.name, 'authority')
    const keyAlgorithm = checkedIssuerKey(request.issuerKey ?? 'rsa3072')
    const subjectDer = authoritySubject(name, organisationName)
    await checkNameIsFree(subjectDer)
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'issuer', algorithm: keyAlgorithm, ownerId: id })
    const csr = await signer.signAuthorityRequest(key.keyId, subjectDer)
    const spkiSha256 = sha256(key.spki)
    const made = {
      ...{ id, name, subjectDer, keyAlgorithm, spkiSha256, csr },
      keyId: key.keyId,
      createdAt: clock(),
      createdBy: actor.name,
    }
    await store.insertRequest(made, [
      keyGeneratedEvent(actor, { ...key, algorithm: keyAlgorithm, purpose: 'issuer' }),
      event('ca.request.created', actor, made, {
        subject: nameToText(subjectDer),
        keyAlg: keyAlgorithm,
        spkiSha256: fingerprint(spkiSha256),
      }),
    ])
    return requestView(made)
  }

  async function withdrawRequest(actor: Actor, id: string): Promise<void> {
    authorise(actor, 'authority:manage')
    const request = await openRequest(id)
    const events = [event('ca.request.withdrawn', actor, request, {})]
    if (!(await store.withdrawRequest(id, clock(), events))) throw requestEnded()
  }

  async function acceptCertificate(actor: Actor, requestId: string, file: Uint8Array): Promise<AuthorityView> {
    authorise(actor, 'authority:manage')
    const request = await openRequest(requestId)
    const certificates = certificatesOf(file)
    const own = certificates.find(({ spki }) => same(sha256(spki), request.spkiSha256))
    if (own === undefined)
      throw fileRefused(
        'key_mismatch',
        'None of the certificates in this file is for the key of this request. Was it made for another request?',
      )
    const row = { id: request.id, keyId: request.keyId, origin: 'requested' } as const
    const rows = await issuerRows(own, certificates, row)
    return insert(actor, rows, { id: requestId, at: clock() })
  }

  /** The file is looked at first, and its key kept only when all of it may come in. */
  async function importPkcs12(actor: Actor, file: Uint8Array, password: Uint8Array): Promise<AuthorityView> {
    try {
      authorise(actor, 'authority:manage')
      await organisation()
      checkSize(file)
      const content = await pkcs12(() => signer.readPkcs12({ file, password }))
      const [own, ...others] = content.certificates.map(parsedCertificate)
      if (own === undefined) throw fileRefused('no_certificate', 'There is no certificate in this file.')
      const id = newOwnerId()
      const draft = { id, keyId: null, origin: 'imported' } as const
      const kind = isSelfIssued(own) ? 'root' : 'issuer'
      const rows = kind === 'root' ? [rootRow(own, draft)] : await issuerRows(own, others, draft)
      await checkNew(rows)
      const { keyId } = await pkcs12(() => signer.importKey({ purpose: kind, ownerId: id }, { file, password }))
      const kept = rows.map((each) => (each.row.id === id ? { ...each, row: { ...each.row, keyId } } : each))
      return await insert(actor, kept, null)
    } finally {
      password.fill(0)
    }
  }

  async function importCrl(actor: Actor, slug: string, file: Uint8Array) {
    authorise(actor, 'authority:manage')
    const all = await store.authorities()
    const authority = found(all, slug)
    if (authority.keyId !== null || authority.offlineKeyId !== null)
      throw new Refusal('conflict', 'The revocation list of this authority is made here, with its key.', {
        reason: 'key_is_here',
      })
    const [der, ...others] = readFile(file, CRL_LABELS)
    if (der === undefined || others.length > 0)
      throw fileRefused('crl_malformed', 'This file holds no revocation list, or several.')
    const now = clock()
    const crl = checkedCrl(der, parseCertificate(certificateOf(authority)), now)
    const listed = new Map(crl.entries.map((entry) => [entry.serial as string, entry]))
    const revoked = issuersOn(listed, all, authority)
    const missing = (await store.revokedSerials(authority.id, now)).filter((serial) => !listed.has(serial))
    const newCrl = {
      authorityId: authority.id,
      shard: null,
      number: crl.number,
      thisUpdate: crl.thisUpdate,
      nextUpdate: crl.nextUpdate,
      entries: crl.entries.length,
      der,
      sha256: sha256(der),
    }
    const outcome = await store.importCrl(
      newCrl,
      revoked.map(({ issuer: _, ...row }) => row),
      missing.length === 0,
      [
        event('ca.crl_imported', actor, authority, {
          number: crl.number.toString(),
          entries: crl.entries.length,
          thisUpdate: crl.thisUpdate.toISOString(),
          nextUpdate: crl.nextUpdate.toISOString(),
          sha256: fingerprint(newCrl.sha256),
        }),
        ...revoked.map(({ issuer, reason }) => event('ca.revoked', actor, issuer, { reasonCode: reason })),
      ],
    )
    if (outcome === 'older') {
      throw fileRefused('older_list', 'A list with this number or a higher one is here already. Make a newer one.')
    }
    onCrlDue()
    return { number: crl.number.toString(), revoked: revoked.map(({ issuer }) => issuer.name) }
  }

  async function chooseForNewIssuers(actor: Actor, slug: string): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = found(await store.authorities(), slug)
    if (authority.kind !== 'root' || authority.status !== 'active')
      throw new Refusal('conflict', 'Only a root that is in use signs issuers.', { reason: 'not_a_root' })
    if (
      authority.keyId === null ||
      !(await store.chooseForNewIssuers(authority.id, [event('ca.default_root_changed', actor, authority, {})]))
    )
      throw keyElsewhere(authority)
  }

  async function sealedKey(actor: Actor, slug: string): Promise<Uint8Array> {
    authorise(actor, 'authority:manage')
    const authority = found(await store.authorities(), slug)
    if (authority.kind !== 'root')
      throw new Refusal('conflict', "Only a root's key is taken offline: issuers sign every day.", {
        reason: 'not_a_root',
      })
    if (authority.keyId === null) throw keyElsewhere(authority)
    const sealed = await signer.sealedKey(authority.keyId)
    await store.record([event('ca.key_sealed', actor, authority, { sha256: fingerprint(sha256(sealed)) })])
    return sealed
  }

  /** First nobody signs with it any more, then it is wiped: after a crash in between the same request finishes it. */
  async function takeOffline(actor: Actor, slug: string, sealed: Uint8Array): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = found(await store.authorities(), slug)
    const keyId = await keyIn(sealed, authority)
    if (authority.keyId !== null) {
      if (authority.keyId !== keyId) throw anotherKey(authority)
      if (!(await store.takeOffline(authority.id, keyId, [event('ca.key_taken_offline', actor, authority, {})])))
        throw new Refusal('conflict', 'Somebody else changed this authority just now. Look again.', {
          reason: 'changed',
        })
    } else if (authority.offlineKeyId !== keyId) throw anotherKey(authority)
    await signer.dropKey(sealed)
  }

  async function bringBack(actor: Actor, slug: string, sealed: Uint8Array): Promise<void> {
    authorise(actor, 'authority:manage')
    const authority = found(await store.authorities(), slug)
    if (authority.offlineKeyId === null)
      throw new Refusal('conflict', 'The key of this authority was not taken offline here.', { reason: 'not_offline' })
    if ((await keyIn(sealed, authority)) !== authority.offlineKeyId) throw anotherKey(authority)
    const { keyId } = await signer.restoreKey(sealed)
    if (!(await store.bringBack(authority.id, keyId, [event('ca.key_brought_back', actor, authority, {})])))
      throw new Refusal('conflict', 'Somebody else changed this authority just now. Look again.', { reason: 'changed' })
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

  function rootRow(certificate: CertificateInfo, row: DraftIdentity): Draft {
    const now = clock()
    checkAuthority(certificate, { kind: 'root', signsHere: true, now })
    return { certificate, row: { ...row, kind: 'root', parentId: null, now } }
  }

  /** The issuer, and its root in front where that comes in with it. */
  async function issuerRows(own: CertificateInfo, inFile: CertificateInfo[], row: DraftIdentity): Promise<Draft[]> {
    const now = clock()
    checkAuthority(own, { kind: 'issuer', signsHere: true, now })
    const { certificate: root, record } = rootOf(own, { here: await store.authorities(), inFile })
    checkAuthority(root, { kind: 'root', signsHere: false, now })
    checkAuthority(own, { kind: 'issuer', root, signsHere: true, now })
    const issuer = (parentId: string): Draft => ({ certificate: own, row: { ...row, kind: 'issuer', parentId, now } })
    if (record !== null) return [issuer(record.id)]
    const id = newOwnerId()
    return [
      { certificate: root, row: { id, keyId: null, origin: 'imported', kind: 'root', parentId: null, now } },
      issuer(id),
    ]
  }

  /** Addresses are given out at the end: when another authority takes one first, they are chosen again. */
  async function insert(
    actor: Actor,
    drafts: Draft[],
    request: { id: string; at: Date } | null,
  ): Promise<AuthorityView> {
    await checkNew(drafts)
    for (let attempt = 0; attempt < SLUG_ATTEMPTS; attempt += 1) {
      const taken = await store.slugs()
      const rows = drafts.map(({ certificate, row }) => {
        const slug = freeSlug(slugOf(nameOf(certificate)), taken)
        taken.add(slug)
        const shard = row.keyId !== null && row.kind === 'issuer' ? firstShard(slug, urls) : {}
        return importedAuthority(certificate, { ...row, ...shard, slug })
      })
      const outcome = await store.insert(
        rows,
        request,
        rows.flatMap((each) => importEvents(actor, each)),
      )
      if (outcome === 'inserted') {
        onCrlDue()
        return view(await store.authorities(), rows.at(-1)?.authority.id)
      }
      if (outcome === 'known') throw known()
      if (outcome === 'request_ended') throw requestEnded()
    }
    throw new Refusal('conflict', 'Many authorities are being made at once. Try again.', { reason: 'slug_taken' })
  }

  /** A name means one authority (RFC 5280 §4.1.2.4), and so does a key. */
  async function checkNew(drafts: Draft[]): Promise<void> {
    const here = await store.authorities()
    for (const { certificate } of drafts) {
      const spki = Buffer.from(certificate.spki)
      if (
        here.some(({ certificateDer }) => certificateDer !== null && spki.equals(parseCertificate(certificateDer).spki))
      )
        throw known()
      if (here.some(({ subjectDer }) => same(subjectDer, certificate.subjectDer)))
        throw fileRefused(
          'name_known',
          `There is another authority named ${nameToText(certificate.subjectDer)} here. Two of one name cannot be told apart.`,
        )
    }
  }

  async function checkNameIsFree(subjectDer: Uint8Array): Promise<void> {
    const [here, requests] = await Promise.all([store.authorities(), store.requests()])
    if (![...here, ...requests].some((each) => same(each.subjectDer, subjectDer))) return
    const sentence = 'There is an authority or a request of this name already. Choose another name.'
    throw new Refusal('conflict', sentence, { reason: 'name_taken', fields: { name: sentence } })
  }

  async function openRequest(id: string): Promise<AuthorityRequest> {
    const request = (await store.requests()).find((each) => each.id === id)
    if (request === undefined)
      throw new Refusal('not_found', 'There is no such request, or it has ended.', { reason: 'request_unknown' })
    return request
  }

  async function organisation() {
    const organisation = await store.organisation()
    if (organisation === null) throw new Refusal('setup_required', 'Set up the organisation first.')
    return organisation
  }

  function view(all: AuthorityRecord[], id: string | undefined): AuthorityView {
    const authority = all.find((each) => each.id === id)
    if (authority === undefined) throw new Error('an authority that was just imported is not there')
    return authorityView(authority, urls)
  }

  return {
    async requests(actor) {
      authorise(actor, 'group:read')
      return (await store.requests()).map(requestView)
    },
    async getRequest(actor, id) {
      authorise(actor, 'group:read')
      return requestView(await openRequest(id))
    },
    async rootOfNewIssuers(actor) {
      authorise(actor, 'group:read')
      return (await store.organisation())?.rootId ?? null
    },
    ...{ importRoot, createRequest, withdrawRequest, acceptCertificate, importPkcs12, importCrl },
    ...{ chooseForNewIssuers, sealedKey, takeOffline, bringBack },
  }
}

const MAX_SEALED_BYTES = 16 * 1024

type DraftIdentity = { id: string; keyId: string | null; origin: 'imported' | 'requested' }

/** An authority that is checked and has no address yet. */
interface Draft {
  certificate: CertificateInfo
  row: DraftIdentity & { kind: 'root' | 'issuer'; parentId: string | null; now: Date }
}

/** Its refusals name the field that has to be looked at again. */
async function pkcs12<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isRefusal(error, 'invalid_input')) throw error
    const field = error.reason === 'pkcs12_password' ? 'password' : 'file'
    throw new Refusal('invalid_input', error.sentence, {
      reason: error.reason,
      detail: error.detail,
      fields: { [field]: error.sentence },
    })
  }
}

const REASONS = new Map<number, RevocationReason>(
  Object.entries(REVOCATION_REASON_NUMBER).map(([name, number]) => [number, name as RevocationReason]),
)

/** Issuers of ours that the list names and that nobody has revoked here yet. An issuer on hold issues nothing either. */
function issuersOn(
  listed: ReadonlyMap<string, { revokedAt: Date; reason: number }>,
  all: AuthorityRecord[],
  root: AuthorityRecord,
): (RevokedIssuer & { issuer: AuthorityRecord })[] {
  return all.flatMap((issuer) => {
    if (issuer.parentId !== root.id || issuer.certificateDer === null || issuer.status === 'revoked') return []
    const entry = listed.get(parseCertificate(issuer.certificateDer).serial)
    if (entry === undefined) return []
    const named = REASONS.get(entry.reason)
    const reason = named === undefined || named === 'certificateHold' ? 'unspecified' : named
    return [{ issuer, authorityId: issuer.id, certificateId: issuer.certificateId, at: entry.revokedAt, reason }]
  })
}

function requestView({
  spkiSha256: _,
  keyId: __,
  subjectDer,
  csr,
  ...request
}: AuthorityRequest): AuthorityRequestView {
  return { ...request, subject: nameToText(subjectDer), csrPem: toPem(csr, 'CERTIFICATE REQUEST') }
}

function importEvents(actor: Actor, { authority, certificate }: ImportedAuthority): AuditEntry[] {
  const imported = event('ca.imported', actor, authority, {
    kind: authority.kind,
    origin: authority.origin,
    key: authority.keyId === null ? 'elsewhere' : 'here',
    subject: certificate.subject,
    serial: certificate.serial,
    keyAlg: authority.keyAlgorithm,
    notAfter: authority.notAfter.toISOString(),
    fingerprint: fingerprint(certificate.fingerprintSha256),
    spkiSha256: fingerprint(certificate.spkiSha256),
    ...(authority.parentId === null ? {} : { parentId: authority.parentId }),
  })
  if (authority.keyId === null || authority.origin === 'requested') return [imported]
  const key: AuditEntry = {
    type: 'key.imported',
    outcome: 'success',
    actor,
    object: { type: 'key', id: authority.keyId },
    data: {
      provider: 'software',
      alg: authority.keyAlgorithm,
      purpose: authority.kind,
      spkiSha256: fingerprint(certificate.spkiSha256),
    },
  }
  return [key, imported]
}

function event(
  type: AuditEntry['type'],
  actor: Actor,
  authority: { id: string; name: string },
  data: NonNullable<AuditEntry['data']>,
): AuditEntry {
  return { type, outcome: 'success', actor, object: { type: 'ca', id: authority.id, name: authority.name }, data }
}

function found(all: AuthorityRecord[], slug: string): AuthorityRecord {
  const authority = all.find((each) => each.slug === slug && each.certificateDer !== null)
  if (authority === undefined)
    throw new Refusal('not_found', 'There is no such authority.', { reason: 'authority_unknown' })
  return authority
}

function certificateOf({ certificateDer }: AuthorityRecord): Uint8Array {
  if (certificateDer === null) throw new Error('an authority without a certificate')
  return certificateDer
}

function known(): Refusal {
  return fileRefused('known', 'This authority, or its key, is here already.')
}

function requestEnded(): Refusal {
  return new Refusal('conflict', 'This request has ended: it was answered or withdrawn.', { reason: 'request_ended' })
}

export function keyElsewhere({ name }: { name: string }): Refusal {
  return new Refusal('conflict', `The key of ${name} is not here, so nothing is signed with it here.`, {
    reason: 'key_elsewhere',
  })
}

function anotherKey({ name }: { name: string }): Refusal {
  return fileRefused('another_key', `This is not the sealed key of ${name}.`)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
