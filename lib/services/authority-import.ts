/** Authorities that come from elsewhere. Strict: what is doubtful does not come in. */
import { isRefusal, Refusal } from '@/lib/errors'
import { subjectKeyIdOf } from '@/lib/pki/authority-lint'
import { type CertificateInfo, parseCertificate, toPem } from '@/lib/pki/certificate'
import { parseCrl } from '@/lib/pki/crl-file'
import { namesEqual, nameToText, parseName } from '@/lib/pki/name'
import { oneLineName } from '@/lib/pki/openssl-name'
import type { Actor } from './actor'
import { type AuthorityRecord, authorityView } from './authorities'
import {
  certificatesOf,
  checkAuthority,
  checkSize,
  fileRefused,
  importedAuthority,
  isSelfIssued,
  nameOf,
  parsedCertificate,
  rootOf,
} from './authority-files'
import { authorityEvent, importEvents } from './authority-import-events'
import type {
  AuthorityImportStore,
  AuthorityImports,
  AuthorityRequest,
  AuthorityRequestView,
  RootList,
} from './authority-import-types'
import { authoritySubject, firstShard, newOwnerId } from './authority-plan'
import { keyGeneratedEvent } from './certificate-events'
import { fingerprint, sha256 } from './certificate-intent'
import { createCrlImport } from './crl-import'
import { checkedIssuerKey, checkedName, freeSlug, slugOf } from './group-plan'
import type { AuthorityView } from './groups'
import { authorise } from './permissions'
import { createRootKeys } from './root-keys'
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
      authorityEvent('ca.request.created', actor, made, {
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
    const events = [authorityEvent('ca.request.withdrawn', actor, request, {})]
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
    const rootList = record === null ? null : await checkNotRevoked(own, record)
    const issuer = (parentId: string): Draft => ({
      certificate: own,
      row: { ...row, kind: 'issuer', parentId, now },
      ...(rootList === null ? {} : { rootList }),
    })
    if (record !== null) return [issuer(record.id)]
    const id = newOwnerId()
    return [
      { certificate: root, row: { id, keyId: null, origin: 'imported', kind: 'root', parentId: null, now } },
      issuer(id),
    ]
  }

  /** Its root may have revoked it before it came here. Where the root's key is here, its list names only what is known here. */
  async function checkNotRevoked(
    { serial, subjectDer }: CertificateInfo,
    root: AuthorityRecord,
  ): Promise<RootList | null> {
    if (root.keyId !== null || root.offlineKeyId !== null) return null
    const der = await store.newestList(root.id)
    const list = der === null ? null : parseCrl(der)
    if (list?.entries.some((entry) => entry.serial === serial))
      throw fileRefused(
        'revoked',
        `${nameToText(subjectDer)} cannot be used: the revocation list of its root, ${root.name}, names it.`,
      )
    return { rootId: root.id, number: list?.number ?? null }
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
        drafts.find(({ rootList }) => rootList)?.rootList ?? null,
      )
      if (outcome === 'inserted') {
        onCrlDue()
        return view(await store.authorities(), rows.at(-1)?.authority.id)
      }
      if (outcome === 'known') throw known()
      if (outcome === 'request_ended') throw requestEnded()
      if (outcome === 'key_replaced')
        throw changed('Somebody else is importing this authority at the same time. Look again.')
      if (outcome === 'list_replaced')
        throw changed('Somebody imported another revocation list of its root just now. Try again.')
    }
    throw new Refusal('conflict', 'Many authorities are being made at once. Try again.', { reason: 'slug_taken' })
  }

  /**
   * A name means one authority (RFC 5280 §4.1.2.4), and so do a key and what certificates call it: a RADIUS server tells by
   * that of whose group a certificate is.
   */
  async function checkNew(drafts: Draft[]): Promise<void> {
    const here = await store.authorities()
    for (const { certificate } of drafts) {
      const spki = Buffer.from(certificate.spki)
      if (
        here.some(({ certificateDer }) => certificateDer !== null && spki.equals(parseCertificate(certificateDer).spki))
      )
        throw known()
      const keyId = subjectKeyIdOf(certificate)
      const others = drafts.filter((other) => other.certificate !== certificate)
      if (
        [
          ...here.map(({ subjectKeyId }) => subjectKeyId),
          ...others.map((other) => subjectKeyIdOf(other.certificate)),
        ].some((other) => same(other, keyId))
      )
        throw fileRefused(
          'key_identifier_known',
          `${nameToText(certificate.subjectDer)} cannot be used: its subject key identifier is that of another authority.`,
        )
      if (here.some(({ subjectDer }) => sameName(subjectDer, certificate.subjectDer)))
        throw fileRefused(
          'name_known',
          `There is another authority named ${nameToText(certificate.subjectDer)} here. Two of one name cannot be told apart.`,
        )
    }
  }

  async function checkNameIsFree(subjectDer: Uint8Array): Promise<void> {
    const [here, requests] = await Promise.all([store.authorities(), store.requests()])
    if (![...here, ...requests].some((each) => sameName(each.subjectDer, subjectDer))) return
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
    ...{ importRoot, createRequest, withdrawRequest, acceptCertificate, importPkcs12 },
    ...createRootKeys({ store, signer, onCrlDue }),
    ...createCrlImport({ store, clock, onCrlDue }),
  }
}

type DraftIdentity = { id: string; keyId: string | null; origin: 'imported' | 'requested' }

/** An authority that is checked and has no address yet. */
interface Draft {
  certificate: CertificateInfo
  row: DraftIdentity & { kind: 'root' | 'issuer'; parentId: string | null; now: Date }
  /** The list that does not name it. */
  rootList?: RootList
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

function requestView({
  spkiSha256: _,
  keyId: __,
  subjectDer,
  csr,
  ...request
}: AuthorityRequest): AuthorityRequestView {
  return { ...request, subject: nameToText(subjectDer), csrPem: toPem(csr, 'CERTIFICATE REQUEST') }
}

function known(): Refusal {
  return fileRefused('known', 'This authority, or its key, is here already.')
}

function changed(sentence: string): Refusal {
  return new Refusal('conflict', sentence, { reason: 'changed' })
}

function requestEnded(): Refusal {
  return new Refusal('conflict', 'This request has ended: it was answered or withdrawn.', { reason: 'request_ended' })
}

/** As programs compare them (RFC 5280 §7.1), as people read them, and as OpenSSL writes them for RADIUS servers. */
function sameName(a: Uint8Array, b: Uint8Array): boolean {
  return namesEqual(parseName(a), parseName(b)) || oneLineName(a) === oneLineName(b)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
