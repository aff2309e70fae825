/** What one SCEP endpoint answers without looking at a message: its capabilities, its certificates, its keys' names. */
import { parseCertificate } from '@/lib/pki/certificate'
import { parsePublicKey } from '@/lib/pki/key'
import { caCaps } from '@/lib/scep/ca-caps'
import { chooseRecipient, degenerateCertificates, type Envelope, type EnvelopeRecipient } from '@/lib/scep/message'
import type { MatchRules } from './challenge-match'
import type { EndpointPolicy, EndpointSettings } from './endpoint-settings'
import type { ScepContentType } from './scep-answers'

/** An endpoint as its row and those it points to say. */
export interface ScepEndpoint extends EndpointSettings {
  id: string
  slug: string
  groupSlug: string
  /** Of its settings and its profile, as they were read. */
  policyVersion: number
  enabled: boolean
  policy: EndpointPolicy
  /** Of the validator, where the policy is `delegated`. */
  validatorKind?: 'webhook' | 'intune' | null
  profile: MatchRules
  /** Retired ones too: clients keep sending to a certificate that they have once fetched. */
  registrationAuthorities: {
    id: string
    keyId: string
    certificateDer: Uint8Array
    notBefore: Date
    notAfter: Date
    retiredAt: Date | null
    /** Waits for a staged issuer: opens already, answers later. */
    staged: boolean
  }[]
  /** The issuer's own key, for endpoints whose CA answers SCEP itself; null while it has no certificate. */
  issuer: RegistrationAuthority | null
  /** From the issuer up to the root. */
  chain: Uint8Array[]
  /** Connectors one of which has to vouch for every device; one that is disabled vouches for none. */
  deviceLookups: string[]
  /** From the staged issuer up to the root; empty while nothing is staged. */
  nextChain: Uint8Array[]
}

export interface RegistrationAuthority {
  id: string
  keyId: string
  certificateDer: Uint8Array
}

export interface PreparedEndpoint extends ScepEndpoint {
  capabilities: Uint8Array
  /** Signs every reply. Null while the endpoint has none that is valid: nothing can be answered then. */
  current: RegistrationAuthority | null
  openers: RegistrationAuthority[]
  /** What GetCACert answers, and what the chain operations of old drafts do; null while there is no `current`. */
  certificates: { asked: CaAnswer; chain: CaAnswer; rsaOnly: CaAnswer } | null
  /** What GetNextCACert announces, unsigned; null while nothing is staged. */
  nextCertificates: Uint8Array | null
  /** What a CertRep carries after the leaf. */
  besideLeaf: Uint8Array[]
}

export interface CaAnswer {
  /** Exact: Apple and certmonger compare the whole text. */
  contentType: ScepContentType
  body: Uint8Array
}

export interface ScepEndpoints {
  /** `stale` when the database cannot be asked and an earlier answer is given. */
  get(slug: string): Promise<{ endpoint: PreparedEndpoint | null; stale: boolean }>
}

interface Entry {
  at: number
  endpoint: Promise<PreparedEndpoint | null>
  /** Read while this one is still good, so that under load nobody waits for it. */
  next?: Entry
}

const FRESH_MS = 1_000
const AHEAD_MS = 900
const MOST_ENTRIES = 1_000

export function createScepEndpoints(
  store: { endpoint(slug: string): Promise<ScepEndpoint | null> },
  clock: () => Date,
): ScepEndpoints {
  const entries = new Map<string, Entry>()
  const lastGood = new Map<string, PreparedEndpoint>()

  return {
    async get(slug) {
      const now = clock().getTime()
      let entry = entries.get(slug)
      if (entry === undefined || !isFresh(entry, now)) {
        if (entries.size >= MOST_ENTRIES) entries.clear()
        entry = entry?.next !== undefined && isFresh(entry.next, now) ? entry.next : read(slug, now)
        entries.set(slug, entry)
      } else if (now - entry.at >= AHEAD_MS && entry.next === undefined) readAhead(slug, now, entry)
      try {
        return { endpoint: await entry.endpoint, stale: false }
      } catch (error) {
        if (entries.get(slug) === entry) entries.delete(slug)
        const earlier = lastGood.get(slug)
        if (earlier === undefined) throw error
        return { endpoint: earlier, stale: true }
      }
    },
  }

  function read(slug: string, now: number): Entry {
    return { at: now, endpoint: load(slug, new Date(now)) }
  }

  /** What fails before anybody needed it is tried again. */
  function readAhead(slug: string, now: number, entry: Entry): void {
    entry.next = read(slug, now)
    entry.next.endpoint.catch(() => {
      delete entry.next
    })
  }

  async function load(slug: string, now: Date): Promise<PreparedEndpoint | null> {
    const endpoint = await store.endpoint(slug)
    if (endpoint === null) {
      lastGood.delete(slug)
      return null
    }
    const prepared = prepare(endpoint, now)
    lastGood.set(slug, prepared)
    return prepared
  }
}

function isFresh({ at }: Entry, now: number): boolean {
  return at <= now && now - at < FRESH_MS
}

/** Intune decides here, with the challenges and the patience of its own devices. */
export function isIntunes({ policy, validatorKind }: Pick<ScepEndpoint, 'policy' | 'validatorKind'>): boolean {
  return policy === 'delegated' && validatorKind === 'intune'
}

/** The registration authority a message is encrypted to, a retired one too (scep.md §3.7). */
export function recipientOf(
  endpoint: PreparedEndpoint,
  envelope: Envelope,
): { authority: RegistrationAuthority; recipient: EnvelopeRecipient; named: boolean } | null {
  const chosen = chooseRecipient(
    envelope,
    endpoint.openers.map(({ certificateDer }) => certificateDer),
  )
  const authority = chosen === null ? undefined : endpoint.openers[chosen.certificate]
  return chosen === null || authority === undefined ? null : { authority, ...chosen }
}

function prepare(endpoint: ScepEndpoint, now: Date): PreparedEndpoint {
  const newestFirst = endpoint.registrationAuthorities.toSorted((a, b) => b.notBefore.getTime() - a.notBefore.getTime())
  const answering = newestFirst.find(
    (ra) => !ra.staged && ra.retiredAt === null && ra.notBefore <= now && now < ra.notAfter,
  )
  const current = (endpoint.scepIdentity === 'ca' ? endpoint.issuer : answering) ?? null
  const next = newestFirst.find((ra) => ra.staged && ra.retiredAt === null)
  const nextCertificates = next === undefined || endpoint.nextChain.length === 0 ? null : nextAnswer(endpoint, next)
  const above = endpoint.includeRoot ? endpoint.chain : endpoint.chain.slice(0, Math.max(endpoint.chain.length - 1, 1))
  const options = {
    allowSha1: endpoint.allowSha1,
    allow3des: endpoint.allow3des,
    renewal: endpoint.renewal,
    rollover: nextCertificates !== null,
  }
  // Intune's devices renew by a new request with a new challenge (intune.md §7): it is asked about that one too.
  return {
    ...endpoint,
    ...(isIntunes(endpoint) ? { renewalChallenge: 'required' as const } : {}),
    capabilities: Buffer.from(caCaps(options), 'ascii'),
    current,
    // The current one first: it is the one tried when a message names no certificate of ours.
    openers: current === null ? newestFirst : [current, ...newestFirst.filter(({ id }) => id !== current.id)],
    certificates: current === null ? null : caAnswers(endpoint, current, above),
    besideLeaf: besideLeaf(endpoint, above),
    nextCertificates,
  }
}

/**
 * RA first, then the issuer, then the root where the endpoint says so (scep.md §3.12). A single certificate is the one
 * that opens and signs: to the issuer's own key nobody may encrypt.
 */
function caAnswers(
  endpoint: ScepEndpoint,
  current: RegistrationAuthority,
  above: Uint8Array[],
): NonNullable<PreparedEndpoint['certificates']> {
  const body = degenerateCertificates([...presented(endpoint, current), ...above])
  const single: CaAnswer = { contentType: 'application/x-x509-ca-cert', body: current.certificateDer }
  return {
    asked: endpoint.caCertificates === 'single' ? single : { contentType: 'application/x-x509-ca-ra-cert', body },
    chain: { contentType: 'application/x-x509-ca-ra-cert-chain', body },
    rsaOnly: {
      contentType: 'application/x-x509-ca-ra-cert',
      body: degenerateCertificates([...presented(endpoint, current), ...above.filter(hasRsaKey)]),
    },
  }
}

function hasRsaKey(certificate: Uint8Array): boolean {
  return parsePublicKey(parseCertificate(certificate).spki).algorithm === 'RSA'
}

/**
 * Go's old library, for which the legacy switch is, encrypts to every certificate it is given and crashes on an elliptic
 * curve key. It names itself by its HTTP client alone.
 */
export function caAnswer(
  { allowDes, caCertificates, certificates }: PreparedEndpoint,
  asked: { chainOperation?: boolean },
  userAgent: string | null,
): CaAnswer | null {
  if (certificates === null) return null
  if (asked.chainOperation) return certificates.chain
  const old = allowDes && caCertificates === 'chain' && /^Go-http-client\//.test(userAgent ?? '')
  return old ? certificates.rsaOnly : certificates.asked
}

function besideLeaf({ replyCertificates }: ScepEndpoint, above: Uint8Array[]): Uint8Array[] {
  switch (replyCertificates) {
    case 'leaf':
      return []
    case 'leaf_issuer':
      return above.slice(0, 1)
    case 'leaf_chain':
      return above
  }
}

/** A CA that answers itself is in its chain already. */
function presented({ scepIdentity }: ScepEndpoint, current: RegistrationAuthority): Uint8Array[] {
  return scepIdentity === 'ca' ? [] : [current.certificateDer]
}

/** RFC 8894 §4.7.1: the certificates of the next generation, in the order of GetCACert. */
function nextAnswer(endpoint: ScepEndpoint, next: RegistrationAuthority): Uint8Array {
  const { nextChain, includeRoot } = endpoint
  const above = includeRoot ? nextChain : nextChain.slice(0, Math.max(nextChain.length - 1, 1))
  return degenerateCertificates([...presented(endpoint, next), ...above])
}
