/** Draws up certification authorities and registration authorities: names, lifetimes, extensions, rows. */
import { createHash, randomUUID } from 'node:crypto'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import {
  issuerExtensions,
  ocspResponderExtensions,
  profileSignerExtensions,
  raExtensions,
  rootExtensions,
} from '@/lib/pki/profile'
import { type CertificateIntent, drawIntent, type SigningAuthority, wholeSeconds } from './certificate-intent'
import type { OpenShard } from './crl-shards'
import type { KeyAlgorithm } from './signer'
import type { Urls } from './urls'

/** An authority as it is inserted, before its certificate is signed. */
export interface NewAuthority extends SigningAuthority {
  kind: 'root' | 'issuer'
  name: string
  parentId: string | null
  groupId: string | null
  keyId: string
  certificateId: string
  createdAt: Date
  /** The first shard of its CRL; absent while certificates name the whole list. */
  crlShard?: OpenShard
  /** A staged issuer is announced, and issues nothing before it takes over. */
  status?: 'active' | 'staged'
  activatesAt?: Date
  replacesId?: string
}

export interface NewRegistrationAuthority {
  id: string
  endpointId: string
  /** The staged issuer it waits for. */
  authorityId?: string
  keyId: string
  certificateId: string
  notBefore: Date
  notAfter: Date
  createdAt: Date
}

export interface NewOcspResponder {
  id: string
  authorityId: string
  keyId: string
  certificateId: string
  notBefore: Date
  notAfter: Date
  createdAt: Date
}

/** Signs configuration profiles, under the root. */
export interface NewProfileSigner {
  id: string
  authorityId: string
  keyId: string
  certificateId: string
  notBefore: Date
  notAfter: Date
  createdAt: Date
}

export interface MadeKey {
  keyId: string
  spki: Uint8Array
}

export const ROOT_SLUG = 'root'
const ROOT_YEARS = 20
const ISSUER_YEARS = 10
const RA_YEARS = 2
/** A profile that is installed turns unverified when its signer ends. */
const PROFILE_SIGNER_YEARS = 2
/** From its backdated beginning: it cannot be revoked, so it must not last. */
const RESPONDER_MS = 7 * 86_400_000
/** Devices whose clock is slow must not find a certificate that begins in the future. */
const BACKDATE_MS = 3_600_000
/** RFC 5280 appendix A.1: ub-common-name and ub-organization-name. */
const MAX_NAME = 64

export function drawRoot(request: {
  id: string
  organisation: string
  algorithm: KeyAlgorithm
  key: MadeKey
  now: Date
}): { authority: NewAuthority; intent: CertificateIntent } {
  const { organisation, key, now } = request
  const name = shortened(organisation, ' Root CA')
  const authority: Omit<NewAuthority, 'certificateId'> = {
    id: request.id,
    kind: 'root',
    slug: ROOT_SLUG,
    name,
    parentId: null,
    groupId: null,
    keyId: key.keyId,
    keyAlgorithm: request.algorithm,
    subjectDer: subjectOf(name, organisation),
    subjectKeyId: keyIdentifier(key.spki),
    notBefore: wholeSeconds(new Date(now.getTime() - BACKDATE_MS)),
    notAfter: yearsAfter(now, ROOT_YEARS),
    createdAt: now,
  }
  const intent = drawIntent({
    kind: 'root',
    authority,
    subjectDer: authority.subjectDer,
    spki: key.spki,
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    extensions: rootExtensions(key.spki),
    now,
  })
  return { authority: { ...authority, certificateId: intent.id }, intent }
}

export function drawIssuer(request: {
  id: string
  root: SigningAuthority
  organisation: string
  group: { id: string; name: string; slug: string }
  algorithm: KeyAlgorithm
  key: MadeKey
  /** 1 for a group's first issuer; every further one has a name of its own. */
  generation?: number
  /** Its own key may open envelopes and sign replies (RSA only). */
  answersScep?: boolean
  urls: Urls
  now: Date
}): { authority: NewAuthority; intent: CertificateIntent } {
  const { root, group, key, now, generation = 1 } = request
  const name = shortened(group.name, generation === 1 ? ' Issuing CA' : ` Issuing CA G${generation}`)
  const authority: Omit<NewAuthority, 'certificateId'> = {
    id: request.id,
    kind: 'issuer',
    slug: group.slug,
    name,
    parentId: root.id,
    groupId: group.id,
    keyId: key.keyId,
    keyAlgorithm: request.algorithm,
    subjectDer: subjectOf(name, request.organisation),
    subjectKeyId: keyIdentifier(key.spki),
    ...within(root, now, ISSUER_YEARS),
    createdAt: now,
    ...firstShard(group.slug, request.urls),
  }
  const intent = drawIntent({
    kind: 'issuer',
    authority: root,
    groupId: group.id,
    subjectDer: authority.subjectDer,
    spki: key.spki,
    notBefore: authority.notBefore,
    notAfter: authority.notAfter,
    extensions: issuerExtensions({
      spki: key.spki,
      answersScep: request.answersScep ?? false,
      ...statusOf(root, request.urls),
    }),
    now,
  })
  return { authority: { ...authority, certificateId: intent.id }, intent }
}

export function drawRegistrationAuthority(request: {
  id: string
  issuer: SigningAuthority
  organisation: string
  group: { id: string; name: string }
  endpointId: string
  key: MadeKey
  urls: Urls
  now: Date
}): { registrationAuthority: NewRegistrationAuthority; intent: CertificateIntent } {
  const { issuer, group, key, now } = request
  const validity = within(issuer, now, RA_YEARS)
  const intent = drawIntent({
    kind: 'ra',
    authority: issuer,
    groupId: group.id,
    endpointId: request.endpointId,
    subjectDer: subjectOf(shortened(group.name, ' SCEP RA'), request.organisation),
    spki: key.spki,
    ...validity,
    extensions: raExtensions({ spki: key.spki, ...statusOf(issuer, request.urls) }),
    now,
  })
  const registrationAuthority = {
    id: request.id,
    endpointId: request.endpointId,
    keyId: key.keyId,
    certificateId: intent.id,
    ...validity,
    createdAt: now,
  }
  return { registrationAuthority, intent }
}

export function drawOcspResponder(request: {
  id: string
  authority: SigningAuthority & { groupId: string | null }
  name: string
  organisation: string
  key: MadeKey
  now: Date
}): { responder: NewOcspResponder; intent: CertificateIntent } {
  const { authority, key, now } = request
  const notBefore = wholeSeconds(new Date(Math.max(now.getTime() - BACKDATE_MS, authority.notBefore.getTime())))
  const notAfter = new Date(Math.min(notBefore.getTime() + RESPONDER_MS, authority.notAfter.getTime()))
  const intent = drawIntent({
    kind: 'ocsp',
    authority,
    ...(authority.groupId === null ? {} : { groupId: authority.groupId }),
    subjectDer: subjectOf(shortened(request.name, ' OCSP'), request.organisation),
    spki: key.spki,
    notBefore,
    notAfter,
    extensions: ocspResponderExtensions({ spki: key.spki, authorityKeyId: authority.subjectKeyId }),
    now,
  })
  const responder = {
    id: request.id,
    authorityId: authority.id,
    keyId: key.keyId,
    certificateId: intent.id,
    notBefore,
    notAfter,
    createdAt: now,
  }
  return { responder, intent }
}

export function drawProfileSigner(request: {
  id: string
  root: SigningAuthority
  organisation: string
  key: MadeKey
  urls: Urls
  now: Date
}): { profileSigner: NewProfileSigner; intent: CertificateIntent } {
  const { root, organisation, key, now } = request
  const validity = within(root, now, PROFILE_SIGNER_YEARS)
  const intent = drawIntent({
    kind: 'profile',
    authority: root,
    subjectDer: subjectOf(shortened(organisation, ' Profiles'), organisation),
    spki: key.spki,
    ...validity,
    extensions: profileSignerExtensions({ spki: key.spki, ...statusOf(root, request.urls) }),
    now,
  })
  const profileSigner = {
    id: request.id,
    authorityId: root.id,
    keyId: key.keyId,
    certificateId: intent.id,
    ...validity,
    createdAt: now,
  }
  return { profileSigner, intent }
}

/** The id comes first: it is bound into the encryption of the key before the row exists. */
export function newOwnerId(): string {
  return randomUUID()
}

export function firstShard(slug: string, urls: Urls): Pick<NewAuthority, 'crlShard'> {
  const url = urls.crlShardUrl(slug, 1)
  return url === null ? {} : { crlShard: { number: 1, url } }
}

function statusOf(authority: SigningAuthority, urls: Urls) {
  return {
    authorityKeyId: authority.subjectKeyId,
    crlUrl: urls.crlUrl(authority.slug),
    caUrl: urls.caUrl(authority.slug),
    ocspUrl: urls.ocspUrl(authority.slug),
  }
}

/** The subject of an authority that others sign for. */
export function authoritySubject(name: string, organisation: string): Uint8Array {
  return subjectOf(name, organisation)
}

function subjectOf(commonName: string, organisation: string): Uint8Array {
  return encodeName([
    { type: 'CN', value: commonName },
    { type: 'O', value: firstCharacters(organisation, MAX_NAME) },
  ])
}

/** Names that would be cut alike still differ: RFC 5280 §4.1.2.4 wants an issuer name to mean one authority. */
function shortened(name: string, suffix: string): string {
  if ([...name].length + suffix.length <= MAX_NAME) return name + suffix
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `${firstCharacters(name, MAX_NAME - suffix.length - mark.length - 1).trimEnd()} ${mark}${suffix}`
}

function firstCharacters(text: string, count: number): string {
  return [...text].slice(0, count).join('')
}

function within(authority: { notBefore: Date; notAfter: Date }, now: Date, years: number) {
  const begin = Math.max(now.getTime() - BACKDATE_MS, authority.notBefore.getTime())
  const end = Math.min(yearsAfter(now, years).getTime(), authority.notAfter.getTime())
  return { notBefore: wholeSeconds(new Date(begin)), notAfter: wholeSeconds(new Date(end)) }
}

function yearsAfter(now: Date, years: number): Date {
  const end = wholeSeconds(now)
  end.setUTCFullYear(end.getUTCFullYear() + years)
  return end
}
