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
import type { IssuerKey } from './groups'
import { registrationAuthorityEvents } from './registration-authorities'
import type { Urls } from './urls'

/** What is inserted in one transaction. */
export interface GroupPlan {
  group: { id: string; name: string; slug: string; createdAt: Date }
  profile: {
    id: string
    name: string
    validityDays: number
    backdateMinutes: number
    extendedKeyUsage: string[]
    minRsaBits: number
    ellipticCurves: string[]
  }
  endpoint: { id: string; name: string; slug: string; challengeTtlMinutes: number }
  issuer: NewAuthority
  issuerIntent: CertificateIntent
  registrationAuthority: NewRegistrationAuthority
  registrationAuthorityIntent: CertificateIntent
}

export interface GroupRequest {
  name: string
  slug: string
  organisation: string
  root: SigningAuthority
  issuer: { id: string; algorithm: IssuerKey; key: MadeKey; answersScep: boolean }
  registrationAuthority: { id: string; key: MadeKey }
  urls: Urls
  now: Date
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ISSUER_KEYS: readonly IssuerKey[] = ['rsa3072', 'rsa4096', 'p256', 'p384']
const MAX_NAME = 64
const MAX_SLUG = 64
/** Control, bidirectional and invisible characters; the two joiners stay, for scripts that are written with them. */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

export function planGroup(request: GroupRequest): GroupPlan {
  const { name, slug, organisation, root, urls, now } = request
  const group = { id: randomUUID(), name, slug, createdAt: now }
  const endpoint = { id: randomUUID(), name: 'SCEP', slug, challengeTtlMinutes: 60 }
  const issuer = drawIssuer({ ...request.issuer, root, organisation, group, urls, now })
  const registrationAuthority = drawRegistrationAuthority({
    ...request.registrationAuthority,
    issuer: issuer.authority,
    organisation,
    group,
    endpointId: endpoint.id,
    urls,
    now,
  })
  return {
    group,
    endpoint,
    profile: {
      id: randomUUID(),
      name: `${name} devices`,
      validityDays: 365,
      backdateMinutes: 60,
      extendedKeyUsage: [CLIENT_AUTH],
      minRsaBits: 2048,
      ellipticCurves: ['P-256', 'P-384'],
    },
    issuer: issuer.authority,
    issuerIntent: issuer.intent,
    registrationAuthority: registrationAuthority.registrationAuthority,
    registrationAuthorityIntent: registrationAuthority.intent,
  }
}

export function groupEvents(
  actor: Actor,
  plan: GroupPlan,
  keys: { issuer: MadeKey; registrationAuthority: MadeKey },
): AuditEntry[] {
  const { group, endpoint } = plan
  return [
    {
      type: 'group.created',
      outcome: 'success',
      actor,
      object: { type: 'group', id: group.id, name: group.name },
      data: { slug: group.slug, issuerId: plan.issuer.id, endpointId: endpoint.id },
    },
    ...authorityEvents(actor, plan.issuer, plan.issuerIntent, keys.issuer),
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
export function checkedGroupName(name: string): string {
  if (UNPRINTABLE.test(name)) refuseName('Leave out control and invisible characters.')
  const text = name.normalize('NFC').trim().replace(/\s+/gu, ' ')
  if (text === '') refuseName('Give the group a name.')
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

/** The slug itself if it is free, else -2, -3 … */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`
    const candidate = slug.slice(0, MAX_SLUG - suffix.length).replace(/-+$/, '') + suffix
    if (!taken.has(candidate)) return candidate
  }
}

function refuseName(sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_name', fields: { name: sentence } })
}
