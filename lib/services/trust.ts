/**
 * The public page of a group's CA certificates, for whoever shall trust them. No actor and no secret: it says what is in
 * the certificates, which devices and servers are handed anyway, and nothing else of the organisation.
 */
import { Refusal } from '@/lib/errors'
import { parseCertificate, toPem } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'
import { ATTRIBUTE_OID } from '@/lib/pki/oid'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { fingerprints } from './authorities'
import { keepNewest } from './kept-status'
import { authorise, authoriseGroup, authoriseInGroups, inGroups } from './permissions'
import { type TrustFile, trustFiles } from './trust-files'
import type { Urls } from './urls'

/** root: of the issuer that issues now; another_root: of one that comes or was before; issuer: issues now; next: announced, takes over on a day; earlier: issues no more, but devices still hold what it issued. */
export type Standing = 'root' | 'another_root' | 'issuer' | 'next' | 'earlier'

export interface TrustedAuthority {
  standing: Standing
  slug: string
  /** Its common name. */
  name: string
  /** RFC 4514. */
  subject: string
  notBefore: Date
  notAfter: Date
  /** When the next one takes over. */
  activatesAt: Date | null
  /** Lower-case hex. */
  fingerprintSha256: string
  fingerprintSha1: string
  der: Uint8Array
  pem: string
}

export interface TrustPage {
  group: string
  /** As people and devices reach it. */
  url: string
  /** The root's name for itself. */
  organisation: string
  root: TrustedAuthority
  /** Of its other issuers: to be trusted before the next one takes over, and until the earlier ones have ended. */
  otherRoots: TrustedAuthority[]
  /** The one that issues now first; empty while it is being made, and when it is revoked. */
  issuers: TrustedAuthority[]
  files: ReadonlyMap<string, TrustFile>
}

export interface TrustPageSetting {
  enabled: boolean
  url: string
}

export interface TrustService {
  /** Null for a group that does not exist or whose page is switched off: strangers cannot tell which. */
  page(slug: string): Promise<TrustPage | null>
  setting(actor: Actor, slug: string): Promise<TrustPageSetting>
  /** At once here, within a second on other instances. Refusals: not_found. */
  switchPage(actor: Actor, slug: string, enabled: boolean): Promise<TrustPageSetting>
  /** The pages that are on, by the id of each authority they show as its own group's. */
  pagesByAuthority(actor: Actor): Promise<ReadonlyMap<string, string>>
}

export interface TrustRecord {
  id: string
  kind: 'root' | 'issuer'
  status: 'active' | 'staged' | 'retired'
  slug: string
  certificateDer: Uint8Array
  activatesAt: Date | null
  /** Null for a root. */
  parentId: string | null
}

export interface TrustStore {
  /** Slugs of the groups whose page is on. */
  shown(): Promise<string[]>
  /** The roots and the group's issuers that have a certificate which is not revoked; null if the page is not on. */
  authorities(slug: string): Promise<TrustRecord[] | null>
  /** Which of these authorities issued a device certificate that holds at the moment given. */
  stillHeld(authorityIds: string[], now: Date): Promise<string[]>
  setting(slug: string): Promise<boolean | null>
  /** One conditional update, with its event. */
  switchPage(
    slug: string,
    enabled: boolean,
    event: (group: { id: string; name: string }) => AuditEntry,
  ): Promise<'switched' | 'unchanged' | 'unknown'>
  pagesByAuthority(): Promise<{ authorityId: string; groupSlug: string }[]>
}

export interface TrustDeps {
  store: TrustStore
  urls: Urls
  clock: () => Date
}

/** Whether an earlier issuer's certificates are still held is asked no more often: it can mean reading many of them. */
const HELD_FOR_MS = 60_000

interface KeptPage {
  page: TrustPage
  /** What it was made of. */
  key: string
  held: { ids: ReadonlySet<string>; of: string; at: number }
}

export function createTrust({ store, urls, clock }: TrustDeps): TrustService {
  // One answer for all names: whoever tries names that nobody has costs one look a second, however many he tries.
  const shown = keepNewest<ReadonlySet<string>>(clock, async () => new Set(await store.shown()))
  const pages = keepNewest<KeptPage>(clock, async (slug, kept) => {
    const all = await store.authorities(slug)
    if (all === null) return null
    const held = await earlierHeld(all, kept)
    const records = all.filter(({ id, status }) => status !== 'retired' || held.ids.has(id))
    const key = records.map(({ id, status, activatesAt }) => `${id} ${status} ${activatesAt?.getTime()}`).join()
    if (kept?.key === key) return { ...kept, held }
    const page = pageOf(slug, records, urls)
    return page && { page, key, held }
  })

  async function earlierHeld(records: TrustRecord[], kept: KeptPage | null): Promise<KeptPage['held']> {
    const retired = records.filter(({ status }) => status === 'retired').map(({ id }) => id)
    const of = retired.join()
    const at = clock().getTime()
    if (kept && kept.held.of === of && at - kept.held.at < HELD_FOR_MS && at >= kept.held.at) return kept.held
    return { ids: new Set(retired.length > 0 ? await store.stillHeld(retired, clock()) : []), of, at }
  }

  async function setting(actor: Actor, slug: string): Promise<TrustPageSetting> {
    authoriseGroup(actor, 'group:read', slug)
    const enabled = await store.setting(slug)
    if (enabled === null) throw unknownGroup()
    return { enabled, url: urls.trustUrl(slug) }
  }

  return {
    setting,

    async page(slug) {
      if (!(await shown.get(ALL))?.has(slug)) return null
      return (await pages.get(slug))?.page ?? null
    },

    async switchPage(actor, slug, enabled) {
      authorise(actor, 'group:update')
      const outcome = await store.switchPage(slug, enabled, (group) => switchedEvent(actor, group, enabled))
      if (outcome === 'unknown') throw unknownGroup()
      shown.forget(ALL)
      pages.forget(slug)
      return { enabled, url: urls.trustUrl(slug) }
    },

    async pagesByAuthority(actor) {
      authoriseInGroups(actor, 'group:read')
      const rows = (await store.pagesByAuthority()).filter(({ groupSlug }) => inGroups(actor, groupSlug))
      return new Map(rows.map(({ authorityId, groupSlug }) => [authorityId, urls.trustUrl(groupSlug)]))
    },
  }
}

const ALL = 'all'
const ORDER: readonly Standing[] = ['issuer', 'next', 'earlier']

function pageOf(group: string, records: TrustRecord[], urls: Urls): TrustPage | null {
  const [root, ...otherRoots] = rootsOf(records)
  if (root === undefined) return null
  const authorities = records.filter(({ kind }) => kind === 'issuer').map(trusted)
  const issuers = ORDER.flatMap((standing) => authorities.filter((each) => each.standing === standing))
  const organisation = attribute(root.der, 'O') ?? root.name
  return {
    group,
    url: urls.trustUrl(group),
    organisation,
    root,
    otherRoots,
    issuers,
    files: trustFiles({ group, organisation, root, otherRoots, issuers }),
  }
}

/** That of the issuer that issues now first; then those that the other issuers chain to. */
function rootsOf(records: TrustRecord[]): TrustedAuthority[] {
  const issuers = records.filter(({ kind }) => kind === 'issuer')
  const roots = records.filter(({ kind }) => kind === 'root')
  const present = issuers.find(({ status }) => status === 'active')?.parentId
  const first = roots.find(({ id }) => id === present) ?? roots[0]
  const others = roots.filter((root) => root !== first && issuers.some(({ parentId }) => parentId === root.id))
  return [...(first === undefined ? [] : [first]), ...others].map((root, place) => ({
    ...trusted(root),
    standing: place === 0 ? 'root' : 'another_root',
  }))
}

function trusted({ kind, status, slug, certificateDer: der, activatesAt }: TrustRecord): TrustedAuthority {
  const { subjectDer, notBefore, notAfter } = parseCertificate(der)
  const { fingerprintSha256, fingerprintSha1 } = fingerprints(der)
  const subject = nameToText(subjectDer)
  return {
    standing: kind === 'root' ? 'root' : STANDING[status],
    slug,
    name: attribute(der, 'CN') ?? subject,
    subject,
    notBefore,
    notAfter,
    activatesAt: status === 'staged' ? activatesAt : null,
    fingerprintSha256,
    fingerprintSha1,
    der,
    pem: toPem(der),
  }
}

const STANDING: Record<TrustRecord['status'], Standing> = { active: 'issuer', staged: 'next', retired: 'earlier' }

function attribute(der: Uint8Array, name: 'CN' | 'O'): string | undefined {
  return parseCertificate(der).subject.find(({ type }) => type === ATTRIBUTE_OID[name])?.value
}

function switchedEvent(actor: Actor, group: { id: string; name: string }, enabled: boolean): AuditEntry {
  return {
    type: 'group.updated',
    outcome: 'success',
    actor,
    object: { type: 'group', id: group.id, name: group.name },
    change: { fields: ['trustPage'], before: { trustPage: !enabled }, after: { trustPage: enabled } },
  }
}

function unknownGroup(): Refusal {
  return new Refusal('not_found', 'There is no such group.')
}
