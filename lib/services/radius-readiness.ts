/** Whether a RADIUS server can do its work for a group: chain, CRL and OCSP, fetched just as that server fetches them. */
import { isRefusal } from '@/lib/errors'
import { parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { DerError } from '@/lib/pki/der'
import { ocspQuestion, verifiedCrl, verifiedOcspAnswer } from '@/lib/pki/published-status'
import type { Actor } from './actor'
import type { AuthorityRecord } from './authorities'
import { unknownGroup } from './network-access'
import type { Outbound } from './outbound'
import { authoriseGroup } from './permissions'
import type { RadiusConfigurationStore, RadiusGroup } from './radius-configuration'
import { isThisMachine, type Urls } from './urls'

export type Verdict = 'ok' | 'warn' | 'fail'

/** One thing that was looked at. */
export interface ReadinessCheck {
  what: 'access' | 'key' | 'address' | 'login' | 'chain' | 'crl' | 'ocsp'
  /** Of the authority it is about. */
  authority: { slug: string; name: string } | null
  verdict: Verdict
  /** What was found, in a sentence. */
  evidence: string
  url: string | null
  /** Of a CRL or an OCSP answer. */
  thisUpdate: Date | null
  nextUpdate: Date | null
}

export interface RadiusReadiness {
  group: { slug: string; name: string }
  checkedAt: Date
  checks: ReadinessCheck[]
}

export interface RadiusReadinessService {
  /** Refusals: not_found. */
  check(actor: Actor, groupSlug: string): Promise<RadiusReadiness>
  /** What needs no fetching: access, key and addresses. Refusals: not_found. */
  settings(actor: Actor, groupSlug: string): Promise<ReadinessCheck[]>
}

export interface RadiusReadinessStore extends RadiusConfigurationStore {
  /** Every root that has its certificate. */
  roots(): Promise<AuthorityRecord[]>
  /** Of a certificate of this issuer that is valid now, the newest; null while there is none. */
  newestSerial(authorityId: string, now: Date): Promise<string | null>
  /** When an API key with the role radius was last used: never while it is null, and no key while it is undefined. */
  radiusKeyUsed(now: Date): Promise<Date | null | undefined>
}

export interface RadiusReadinessDeps {
  store: RadiusReadinessStore
  outbound: Outbound
  urls: Urls
  clock: () => Date
}

const PATIENCE_MS = 5_000

export function createRadiusReadiness({ store, outbound, urls, clock }: RadiusReadinessDeps): RadiusReadinessService {
  return {
    async check(actor, slug) {
      authoriseGroup(actor, 'network:read', slug)
      const now = clock()
      const [[group], roots, keyUsed] = await Promise.all([
        store.radiusGroups([slug], now),
        store.roots(),
        store.radiusKeyUsed(now),
      ])
      if (group === undefined) throw unknownGroup()
      const used = roots.filter(({ id }) => group.issuers.some(({ parentId }) => parentId === id))
      const live = await Promise.all([
        ...group.issuers.flatMap((issuer) => [
          chain(
            issuer,
            used.find(({ id }) => id === issuer.parentId),
          ),
          crl(issuer, now),
          ocsp(issuer, now),
        ]),
        ...used.flatMap((root) => [chain(root, root), crl(root, now)]),
      ])
      const checks = [...settingsOf(group, keyUsed), ...live]
      return { group: { slug: group.slug, name: group.name }, checkedAt: now, checks }
    },

    async settings(actor, slug) {
      authoriseGroup(actor, 'network:read', slug)
      const now = clock()
      const [[group], keyUsed] = await Promise.all([store.radiusGroups([slug], now), store.radiusKeyUsed(now)])
      if (group === undefined) throw unknownGroup()
      return settingsOf(group, keyUsed)
    },
  }

  function settingsOf(group: RadiusGroup, keyUsed: Date | null | undefined): ReadinessCheck[] {
    return [access(group.access?.enabled === true), key(keyUsed), ...addresses()]
  }

  function addresses(): ReadinessCheck[] {
    const { statusUrl, publicUrl } = urls
    const reachable = isThisMachine(statusUrl)
      ? found(
          'address',
          'fail',
          `${statusUrl.origin} leads nowhere from another machine. Set PUBLIC_URL or STATUS_URL.`,
        )
      : found('address', 'ok', `RADIUS servers fetch CRLs and ask for status at ${statusUrl.origin}.`)
    return [reachable, login(publicUrl)]
  }

  async function chain(authority: AuthorityRecord, root: AuthorityRecord | undefined): Promise<ReadinessCheck> {
    const url = urls.caUrl(authority.slug)
    return fetched('chain', authority, url, (body) => {
      const { subjectDer, notAfter } = parseCertificate(body)
      if (!root?.certificateDer || !verifyCertificateSignature(body, parseCertificate(root.certificateDer).spki))
        throw new DerError('not signed by the root')
      if (Buffer.compare(subjectDer, authority.subjectDer) !== 0) throw new DerError('of another authority')
      return {
        verdict: notAfter > clock() ? 'ok' : 'fail',
        evidence: `Valid until ${dayOf(notAfter)}, ${body.length} bytes.`,
      }
    })
  }

  async function crl(authority: AuthorityRecord, now: Date): Promise<ReadinessCheck> {
    return fetched('crl', authority, urls.crlUrl(authority.slug), (body) => {
      const { number, thisUpdate, nextUpdate } = verifiedCrl(body, signerOf(authority))
      const evidence = `No. ${number}, ${body.length} bytes, signed by its issuer.`
      return { verdict: freshness(thisUpdate, nextUpdate, now), evidence, thisUpdate, nextUpdate }
    })
  }

  async function ocsp(authority: AuthorityRecord, now: Date): Promise<ReadinessCheck> {
    const serial = await store.newestSerial(authority.id, now)
    const question = ocspQuestion(signerOf(authority), serial ?? 'FF')
    const expected = serial === null ? 'unknown' : 'good'
    return fetched(
      'ocsp',
      authority,
      urls.ocspUrl(authority.slug),
      (body) => {
        const { status, thisUpdate, nextUpdate } = verifiedOcspAnswer(body, signerOf(authority))
        const about = serial === null ? 'a serial number that nobody has' : 'its newest certificate'
        const verdict = status === expected ? freshness(thisUpdate, nextUpdate, now) : 'fail'
        return { verdict, evidence: `Says "${status}" about ${about}.`, thisUpdate, nextUpdate }
      },
      question,
    )
  }

  async function fetched(
    what: ReadinessCheck['what'],
    { slug, name }: AuthorityRecord,
    url: string,
    read: (body: Uint8Array) => Partial<ReadinessCheck> & Pick<ReadinessCheck, 'verdict' | 'evidence'>,
    question?: Uint8Array,
  ): Promise<ReadinessCheck> {
    const about = { ...found(what, 'fail', ''), authority: { slug, name }, url }
    const answer = await outbound.send({
      method: question ? 'POST' : 'GET',
      url,
      headers: question ? { 'content-type': 'application/ocsp-request', accept: '*/*' } : { accept: '*/*' },
      body: question ?? new Uint8Array(),
      timeoutMs: PATIENCE_MS,
      allowedHosts: [],
    })
    if (!answer.answered) return { ...about, evidence: answer.detail }
    if (answer.status !== 200) return { ...about, evidence: `Answered with status ${answer.status}.` }
    try {
      return { ...about, ...read(answer.body) }
    } catch (error) {
      if (error instanceof DerError || isRefusal(error)) return { ...about, evidence: `What came is ${error.message}.` }
      throw error
    }
  }
}

function access(enabled: boolean): ReadinessCheck {
  return enabled
    ? found('access', 'ok', 'The network lets in certificates of this group.')
    : found('access', 'warn', 'Network access is off: at logins the answer is no.')
}

function key(used: Date | null | undefined): ReadinessCheck {
  if (used === undefined) return found('key', 'warn', 'There is no API key with the role "RADIUS server" yet.')
  if (used === null) return found('key', 'warn', 'No RADIUS server has asked yet.')
  return found(
    'key',
    'ok',
    `A RADIUS server last asked on ${used.toISOString().slice(0, 16).replace('T', ' at ')} UTC.`,
  )
}

function login(publicUrl: URL): ReadinessCheck {
  const { origin, protocol } = publicUrl
  if (isThisMachine(publicUrl))
    return found('login', 'warn', `Only a RADIUS server on this machine can ask at ${origin}. Else set PUBLIC_URL.`)
  return protocol === 'https:'
    ? found('login', 'ok', `RADIUS servers ask about logins at ${origin}.`)
    : found('login', 'warn', `Over ${origin} the API key travels in the clear. Put https in front.`)
}

function found(what: ReadinessCheck['what'], verdict: Verdict, evidence: string): ReadinessCheck {
  return { what, authority: null, verdict, evidence, url: null, thisUpdate: null, nextUpdate: null }
}

/** Late when less than a fifth of its time is left. */
function freshness(thisUpdate: Date, nextUpdate: Date, now: Date): Verdict {
  const left = nextUpdate.getTime() - now.getTime()
  if (left <= 0) return 'fail'
  return left < (nextUpdate.getTime() - thisUpdate.getTime()) / 5 ? 'warn' : 'ok'
}

function signerOf({ subjectDer, certificateDer }: AuthorityRecord) {
  if (certificateDer === null) throw new Error('an authority without a certificate')
  return { subjectDer, spki: parseCertificate(certificateDer).spki }
}

function dayOf(date: Date): string {
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
}
