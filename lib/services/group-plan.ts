/** A group before it exists: its checked name, its slug, and every row that is inserted for it. */
import { randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorityEvents } from './authorities'
import {
  drawIssuer,
  drawRegistrationAuthority,
  type MadeKey,
  type NewAuthority,
  type NewRegistrationAuthority,
} from './authority-plan'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import { DEFAULT_CHALLENGE_TTL_MINUTES, PROFILE_DEFAULTS, type ProfileSettings } from './endpoint-settings'
import type { IssuerKey } from './groups'
import { registrationAuthorityEvents } from './registration-authorities'
import type { Urls } from './urls'

/** What is inserted in one transaction. */
export interface GroupPlan {
  group: { id: string; name: string; slug: string; createdAt: Date }
  profile: ProfileSettings & { id: string; name: string }
  endpoint: { id: string; name: string; slug: string; challengeTtlMinutes: number }
  issuerId: string
  /** Null for an issuer that is there already, and waits for a group. */
  newIssuer: { authority: NewAuthority; intent: CertificateIntent } | null
  registrationAuthority: NewRegistrationAuthority
  registrationAuthorityIntent: CertificateIntent
}

export interface GroupRequest {
  name: string
  slug: string
  organisation: string
  issuer: MadeIssuer | { taken: SigningAuthority }
  registrationAuthority: { id: string; key: MadeKey }
  urls: Urls
  now: Date
}

export interface MadeIssuer {
  id: string
  root: SigningAuthority
  algorithm: IssuerKey
  key: MadeKey
  answersScep: boolean
}

const ISSUER_KEYS: readonly IssuerKey[] = ['rsa3072', 'rsa4096', 'p256', 'p384']
const MAX_NAME = 64
const MAX_SLUG = 64
/** Control, bidirectional and invisible characters; the two joiners stay, for scripts that are written with them. */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

export function planGroup(request: GroupRequest): GroupPlan {
  const { name, slug, organisation, urls, now } = request
  const group = { id: randomUUID(), name, slug, createdAt: now }
  const endpoint = { id: randomUUID(), name: 'SCEP', slug, challengeTtlMinutes: DEFAULT_CHALLENGE_TTL_MINUTES }
  const newIssuer = 'taken' in request.issuer ? null : drawIssuer({ ...request.issuer, organisation, group, urls, now })
  const issuer = 'taken' in request.issuer ? request.issuer.taken : newIssuer?.authority
  if (issuer === undefined) throw new Error('a group without an issuer')
  const registrationAuthority = drawRegistrationAuthority({
    ...request.registrationAuthority,
    issuer,
    organisation,
    group,
    endpointId: endpoint.id,
    urls,
    now,
  })
  return {
    group,
    endpoint,
    profile: { ...PROFILE_DEFAULTS, id: randomUUID(), name: `${name} devices` },
    issuerId: issuer.id,
    newIssuer,
    registrationAuthority: registrationAuthority.registrationAuthority,
    registrationAuthorityIntent: registrationAuthority.intent,
  }
}

export function groupEvents(
  actor: Actor,
  plan: GroupPlan,
  keys: { issuer: MadeKey | null; registrationAuthority: MadeKey },
): AuditEntry[] {
  const { group, endpoint, newIssuer } = plan
  return [
    {
      type: 'group.created',
      outcome: 'success',
      actor,
      object: { type: 'group', id: group.id, name: group.name },
      data: { slug: group.slug, issuerId: plan.issuerId, endpointId: endpoint.id },
    },
    ...(newIssuer !== null && keys.issuer !== null
      ? authorityEvents(actor, newIssuer.authority, newIssuer.intent, keys.issuer)
      : []),
    {
      type: 'endpoint.created',
      outcome: 'success',
      actor,
      object: { type: 'endpoint', id: endpoint.id, name: endpoint.slug },
      data: { group: group.slug, protocol: 'scep', policy: 'dynamic', profile: plan.profile.name },
    },
    ...registrationAuthorityEvents(actor, plan.registrationAuthorityIntent, keys.registrationAuthority),
  ]
}

/** The name as it is kept: one way to write each character, no white space that nobody sees. */
export function checkedName(name: string, what: 'group' | 'endpoint' | 'authority'): string {
  if (UNPRINTABLE.test(name)) refuseName('Leave out control and invisible characters.')
  const text = name.normalize('NFC').trim().replace(/\s+/gu, ' ')
  if (text === '') refuseName(`Give the ${what} a name.`)
  if ([...text].length > MAX_NAME) refuseName(`Use at most ${MAX_NAME} characters.`)
  return text
}

export function nameTaken(name: string): Refusal {
  const sentence = `There is a group called "${name}" already. Choose another name.`
  return new Refusal('conflict', sentence, { reason: 'name_taken', fields: { name: sentence } })
}

/** Two names are the same when people would read them so. */
export function sameName(a: string, b: string): boolean {
  return foldedName(a) === foldedName(b)
}

export function foldedName(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim()
}

export function checkedIssuerKey(key: IssuerKey): IssuerKey {
  if (ISSUER_KEYS.includes(key)) return key
  const sentence = `The issuer key is one of ${ISSUER_KEYS.join(', ')}.`
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_issuer_key', fields: { issuerKey: sentence } })
}

/** Envelopes are encrypted to the key that answers, and only RSA keys can be encrypted to. */
export function checkedAnswersScep(answersScep: boolean, key: IssuerKey): boolean {
  if (!answersScep || key.startsWith('rsa')) return answersScep
  const sentence = 'Only an RSA key can answer SCEP: envelopes are encrypted to it.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_key', fields: { issuerKey: sentence } })
}

/** The name in the alphabet of URLs; "group" when nothing of it is left. */
export function slugOf(name: string): string {
  const latin = name.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = latin
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, '')
  return slug === '' ? 'group' : slug
}

/** Names of pages below /authorities and /groups. */
const RESERVED: ReadonlySet<string> = new Set(['import', 'new', 'requests'])

/** The slug itself if it is free, else -2, -3 … */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug) && !RESERVED.has(slug)) return slug
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`
    const candidate = slug.slice(0, MAX_SLUG - suffix.length).replace(/-+$/, '') + suffix
    if (!taken.has(candidate)) return candidate
  }
}

function refuseName(sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_name', fields: { name: sentence } })
}
