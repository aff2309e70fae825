/** Accounts of challenge pages: one per endpoint and device management, with a secret that is ours to make. */
import { createHash, randomInt } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { USER } from '@/lib/scep/ndes-page'
import type { Actor } from './actor'
import { checkedAddresses, isEverywhere } from './address-list'
import type { AuditEntry, AuditEventType, Json } from './audit'
import { checkedText } from './challenge-constraints'
import { LONGEST_LIFE_MINUTES } from './challenge-formats'
import {
  type ChallengePageStore,
  PAGE_ENCODINGS,
  PAGE_FORMATS,
  type PageAccountSettings,
  type PageEndpoint,
  type StoredPageAccount,
} from './challenge-page-types'
import { PENDING_CHALLENGES_PER_ENDPOINT } from './challenges'
import { authorise } from './permissions'
import { parseSubjectTemplate } from './subject-template'
import type { Urls } from './urls'

export interface PageAccountView extends StoredPageAccount {
  endpoint: string
  /** The list shuts nobody out. */
  fromEverywhere: boolean
  /** Where its device management fetches challenges. */
  url: string
  /** For products that append their own path to an address. */
  urlUnderScep: string
  scepUrl: string
}

/** Either the networks it may come from, or the word that it may come from anywhere. */
export interface PageAccountRequest
  extends Pick<PageAccountSettings, 'name' | 'subjectTemplate'>,
    Partial<Omit<PageAccountSettings, 'name' | 'subjectTemplate'>> {
  anyAddress?: boolean
}

export type PageAccountUpdate = Partial<PageAccountRequest> & { enabled?: boolean }

export interface PageAccountsService {
  list(actor: Actor, endpoint: string): Promise<PageAccountView[]>
  get(actor: Actor, endpoint: string, id: string): Promise<PageAccountView>
  /**
   * The only place the secret is ever returned, with rotate(). Refusals: not_found (endpoint), invalid_input, conflict
   * (name taken, too many).
   */
  create(
    actor: Actor,
    endpoint: string,
    request: PageAccountRequest,
  ): Promise<{ secret: string; view: PageAccountView }>
  /** Refusals: not_found, invalid_input, conflict (name taken). */
  update(actor: Actor, endpoint: string, id: string, update: PageAccountUpdate): Promise<PageAccountView>
  /** The secret before is believed for so many hours more, a day unless said; 0 ends it at once. */
  rotate(
    actor: Actor,
    endpoint: string,
    id: string,
    graceHours?: number,
  ): Promise<{ secret: string; view: PageAccountView }>
}

export const PAGE_ACCOUNTS_PER_ENDPOINT = 50
export const PAGE_TTL_MINUTES = { least: 5, usual: 60, most: 1_440 }
export const PAGE_MOST_PENDING = PENDING_CHALLENGES_PER_ENDPOINT
export const PAGE_SECRET_GRACE_HOURS = { usual: 24, most: 168 }
/** Letters and digits without look-alikes, for some products bear no more: 40 of them are 230 bits. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'
const SECRET_LENGTH = 40
const EVERYWHERE = ['0.0.0.0/0', '::/0']
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function createPageAccounts({
  store,
  urls,
}: {
  store: ChallengePageStore
  urls: Pick<Urls, 'scepUrl' | 'challengePageUrl' | 'challengePageUrlUnderScep'>
}): PageAccountsService {
  return {
    async list(actor, slug) {
      authorise(actor, 'challenge-page:read')
      const endpoint = await endpointOf(slug)
      return (await store.list(endpoint.id)).map((account) => viewOf(account, endpoint))
    },

    async get(actor, slug, id) {
      authorise(actor, 'challenge-page:read')
      return one(await endpointOf(slug), id)
    },

    async create(actor, slug, request) {
      authorise(actor, 'challenge-page:manage')
      const endpoint = await endpointOf(slug)
      const user = request.user ?? userOf(request.name)
      const settings = checked({ ...DEFAULTS, ...request, user }, addressesOf(request, null))
      const secret = drawSecret()
      const id = crypto.randomUUID()
      const row = {
        id,
        endpointId: endpoint.id,
        ...settings,
        secretHash: pageSecretHash(secret),
        createdBy: actor.name,
      }
      const added = await store.add(
        row,
        PAGE_ACCOUNTS_PER_ENDPOINT,
        event('challenge_page.account_created', actor, endpoint, { id, name: settings.name }, said(settings)),
      )
      if (added === 'user_taken') throw userTaken()
      if (added === 'full') {
        const sentence = `An endpoint has at most ${PAGE_ACCOUNTS_PER_ENDPOINT} accounts. Use one that is switched off.`
        throw new Refusal('conflict', sentence, { reason: 'page_account_quota' })
      }
      return { secret, view: await one(endpoint, id) }
    },

    async update(actor, slug, id, update) {
      authorise(actor, 'challenge-page:manage')
      const endpoint = await endpointOf(slug)
      const outcome = await store.change(endpoint.id, known(id), ({ enabled: was, ...before }) => {
        const settings = checked({ ...before, ...update }, addressesOf(update, before.allowedAddresses))
        const enabled = update.enabled ?? was
        const fields = changedFields(before, settings)
        const about = { id, name: settings.name }
        const after = { ...settings, enabled }
        if (enabled !== was) {
          const type = enabled ? 'challenge_page.account_enabled' : 'challenge_page.account_disabled'
          return { after, event: event(type, actor, endpoint, about, fields.length === 0 ? {} : { fields }) }
        }
        if (fields.length === 0) return { after, event: null }
        const change = { fields, before: pick(before, fields), after: pick(settings, fields) }
        return { after, event: { ...event('challenge_page.account_changed', actor, endpoint, about), change } }
      })
      if (outcome === 'unknown') throw unknownAccount()
      if (outcome === 'user_taken') throw userTaken()
      return one(endpoint, id)
    },

    async rotate(actor, slug, id, graceHours = PAGE_SECRET_GRACE_HOURS.usual) {
      authorise(actor, 'challenge-page:manage')
      const endpoint = await endpointOf(slug)
      checkedNumber('graceHours', graceHours, 0, PAGE_SECRET_GRACE_HOURS.most)
      const { name } = await one(endpoint, id)
      const secret = drawSecret()
      const replaced = event('challenge_page.secret_replaced', actor, endpoint, { id, name }, { graceHours })
      const done = await store.replaceSecret(endpoint.id, id, pageSecretHash(secret), graceHours, replaced)
      if (!done) throw unknownAccount()
      return { secret, view: await one(endpoint, id) }
    },
  }

  async function endpointOf(slug: string): Promise<PageEndpoint> {
    const endpoint = slug === '' ? null : await store.endpoint(slug)
    if (endpoint !== null) return endpoint
    throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
  }

  async function one(endpoint: PageEndpoint, id: string): Promise<PageAccountView> {
    const account = (await store.list(endpoint.id)).find((each) => each.id === id)
    if (account === undefined) throw unknownAccount()
    return viewOf(account, endpoint)
  }

  function viewOf(account: StoredPageAccount, { slug }: PageEndpoint): PageAccountView {
    return {
      ...account,
      endpoint: slug,
      fromEverywhere: isEverywhere(account.allowedAddresses),
      url: urls.challengePageUrl(slug),
      urlUnderScep: urls.challengePageUrlUnderScep(slug),
      scepUrl: urls.scepUrl(slug),
    }
  }
}

/** It has 230 random bits: a plain hash cannot be guessed back. */
export function pageSecretHash(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`challenge-page\0${secret}`, 'utf8').digest())
}

const DEFAULTS = {
  encoding: 'utf-16le',
  format: 'hex32',
  ttlMinutes: PAGE_TTL_MINUTES.usual,
  mostPending: PAGE_MOST_PENDING,
} as const

function checked(
  request: Omit<PageAccountSettings, 'allowedAddresses'>,
  allowedAddresses: string[],
): PageAccountSettings {
  const name = checkedText('name', request.name, 60)
  if (name === null) refuse('name', 'Name the device management, such as Workspace ONE.')
  const user = request.user.trim().toLowerCase()
  if (!USER.test(user))
    refuse('user', 'Use letters, digits, dots, hyphens and underscores, 64 at most, and a letter or digit first.')
  if (!PAGE_ENCODINGS.includes(request.encoding)) refuse('encoding', `Choose one of ${PAGE_ENCODINGS.join(', ')}.`)
  if (!PAGE_FORMATS.includes(request.format)) refuse('format', `Choose one of ${PAGE_FORMATS.join(', ')}.`)
  const longest = Math.min(PAGE_TTL_MINUTES.most, LONGEST_LIFE_MINUTES[request.format])
  checkedNumber('ttlMinutes', request.ttlMinutes, PAGE_TTL_MINUTES.least, longest)
  checkedNumber('mostPending', request.mostPending, 1, PAGE_MOST_PENDING)
  return {
    name,
    user,
    allowedAddresses,
    encoding: request.encoding,
    format: request.format,
    ttlMinutes: request.ttlMinutes,
    mostPending: request.mostPending,
    subjectTemplate: parseSubjectTemplate(request.subjectTemplate).text,
  }
}

/** A list that nobody wrote must not mean everybody: anywhere is said as such. */
function addressesOf(
  { allowedAddresses, anyAddress }: Pick<PageAccountRequest, 'allowedAddresses' | 'anyAddress'>,
  before: string[] | null,
): string[] {
  if (anyAddress === true) {
    if (allowedAddresses?.some((entry) => entry.trim() !== ''))
      refuse('allowedAddresses', 'Name networks, or allow any address, not both.')
    return EVERYWHERE
  }
  if (allowedAddresses === undefined && anyAddress === undefined && before !== null) return before
  return checkedAddresses(allowedAddresses ?? [])
}

function checkedNumber(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const why = field === 'ttlMinutes' && most === 60 ? ': short challenges live an hour at most' : ''
  refuse(field, `Give a whole number from ${least} to ${most.toLocaleString('en-GB')}${why}.`)
}

/** "Workspace ONE" signs in as workspace-one. */
function userOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64)
}

function drawSecret(): string {
  return Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

function known(id: string): string {
  if (!UUID.test(id)) throw unknownAccount()
  return id
}

function unknownAccount(): Refusal {
  return new Refusal('not_found', 'There is no such account.', { reason: 'page_account_unknown' })
}

function userTaken(): Refusal {
  const sentence = 'Another account of this endpoint has this user name.'
  return new Refusal('conflict', sentence, { reason: 'page_user_taken', fields: { user: sentence } })
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

function changedFields(before: PageAccountSettings, after: PageAccountSettings): string[] {
  const one = said(before)
  const other = said(after)
  return Object.keys(other).filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]))
}

function pick(settings: PageAccountSettings, fields: string[]): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(said(settings)).filter(([field]) => fields.includes(field)))
}

/** What the trail says of the settings; there is no secret among them. */
function said(settings: PageAccountSettings): { [key: string]: Json } {
  const { name, user, allowedAddresses, encoding, format, ttlMinutes, mostPending, subjectTemplate } = settings
  return { name, user, allowedAddresses, encoding, format, ttlMinutes, mostPending, subjectTemplate }
}

function event(
  type: AuditEventType,
  actor: Actor,
  endpoint: PageEndpoint,
  { id, name }: { id: string; name: string },
  data: { [key: string]: Json } = {},
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'challenge-page-account', id, name },
    data: { endpoint: endpoint.slug, group: endpoint.groupSlug, ...data },
  }
}
