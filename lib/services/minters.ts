/** Who else may mint challenges: registered keys, the endpoints they are for, and what they may ask. */
import { createPublicKey } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { keyGeneratedEvent } from './certificate-events'
import { checkedText } from './challenge-constraints'
import type { SanType } from './challenges'
import { checkedUrl, fetchKeys } from './fetched-keys'
import { checkedKeys, type MinterKey, type ShownKey, shownKey, thumbprint } from './minter-keys'
import { checkedTemplate, SAN_TYPES } from './minter-limits'
import type { Outbound } from './outbound'
import { authorise } from './permissions'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface MinterView {
  id: string
  name: string
  /** The `iss` of its tokens. */
  issuer: string
  keys: ShownKey[]
  /** Where they came from. Nobody asks there again by himself. */
  jwksUrl: string | null
  endpoints: { id: string; slug: string; name: string }[]
  subjectTemplate: string | null
  sanTypes: SanType[]
  maxTtlMinutes: number
  perHour: number
  createdBy: string
  createdAt: Date
  disabledAt: Date | null
  /** Of its tokens, when one was last accepted. */
  lastUsedAt: Date | null
}

export interface MinterRequest {
  name: string
  issuer: string
  /** A JWK set as text: public keys, Ed25519 or P-256. */
  jwks?: string
  /** Where such a set is published. Without `jwks` it is fetched from there, this once; with it, only remembered. */
  jwksUrl?: string
  /** Slugs. */
  endpoints: string[]
  subjectTemplate?: string | null
  sanTypes?: SanType[]
  maxTtlMinutes?: number
  perHour?: number
}

/** The issuer stays: tokens of another one are another minter's. Keys stay unless new ones are given. */
export type MinterChange = Partial<Omit<MinterRequest, 'issuer'>>

/** What an address publishes, as pinning would take it. */
export interface FetchedKeys {
  url: string
  keys: ShownKey[]
  /** Keys of the set that cannot sign challenges, and are not taken. */
  leftOut: number
  /** The keys as a JWK set, for MinterRequest. */
  jwks: string
}

export type EncryptionKey = { kid: string; use: 'enc' } & (
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string; alg: 'ECDH-ES' }
  | { kty: 'RSA'; n: string; e: string; alg: 'RSA-OAEP-256' }
)

/** RFC 7517, and beside the keys what a minter must write into its tokens. */
export interface PublishedKeys {
  /** The one for ECDH-ES comes first. */
  keys: EncryptionKey[]
  enc: 'A256GCM'
  aud: string
}

export interface MintersService {
  list(actor: Actor): Promise<MinterView[]>
  get(actor: Actor, id: string): Promise<MinterView>
  /** Shows the keys at an address and keeps nothing. Refusals: invalid_input. */
  fetchKeys(actor: Actor, url: string): Promise<FetchedKeys>
  /** Refusals: invalid_input, not_found (endpoint), conflict (issuer is taken). */
  create(actor: Actor, request: MinterRequest): Promise<MinterView>
  update(actor: Actor, id: string, change: MinterChange): Promise<MinterView>
  setEnabled(actor: Actor, id: string, enabled: boolean): Promise<MinterView>
  /** For anybody. Null for an endpoint that no minter may mint for. */
  publishedKeys(slug: string): Promise<PublishedKeys | null>
}

export interface NewMinter {
  id: string
  name: string
  issuer: string
  keys: MinterKey[]
  jwksUrl: string | null
  endpointIds: string[]
  subjectTemplate: string | null
  sanTypes: SanType[]
  maxTtlMinutes: number
  perHour: number
  createdBy: string
}

/** The keys of an endpoint to encrypt to: one for ECDH-ES, one for RSA-OAEP-256. */
export interface EncryptionKeyIds {
  encryptionKeyId: string | null
  rsaEncryptionKeyId: string | null
}

export interface MintingPlace extends EncryptionKeyIds {
  id: string
  slug: string
}

export interface MinterStore {
  list(): Promise<MinterView[]>
  get(id: string): Promise<MinterView | null>
  /** False when the issuer is registered already. */
  add(minter: NewMinter, created: AuditEntry): Promise<boolean>
  /** `keys` and `endpointIds` replace what was there. */
  change(
    id: string,
    change: Partial<Omit<NewMinter, 'id' | 'issuer' | 'createdBy'>>,
    updated: AuditEntry,
  ): Promise<void>
  /** False when it was so already. */
  setEnabled(id: string, enabled: boolean, event: AuditEntry): Promise<boolean>
  endpoint(slug: string): Promise<MintingPlace | null>
  /** Only the first key of a kind that is offered stays. */
  giveKey(endpointId: string, kind: keyof EncryptionKeyIds, keyId: string, generated: AuditEntry): Promise<void>
}

/** RFC 7518 §4.3 wants 2048 bits of RSA at least; 3072 are as strong as P-256. */
const ALGORITHMS = { encryptionKeyId: 'p256', rsaEncryptionKeyId: 'rsa3072' } as const
const KINDS = ['encryptionKeyId', 'rsaEncryptionKeyId'] as const
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MOST_ENDPOINTS = 100
const TTL = { least: 1, usual: 60, most: 1_440 }
const PER_HOUR = { least: 1, usual: 1_000, most: 100_000 }

export interface MintersDependencies {
  store: MinterStore
  signer: Pick<Signer, 'generateKey' | 'publicKey'>
  outbound: Outbound
  urls: Pick<Urls, 'scepUrl'>
}

export function createMinters({ store, signer, outbound, urls }: MintersDependencies): MintersService {
  const published = new Map<string, EncryptionKey>()

  return {
    async list(actor) {
      authorise(actor, 'minter:read')
      return store.list()
    },

    async get(actor, id) {
      authorise(actor, 'minter:read')
      return found(id)
    },

    async fetchKeys(actor, address) {
      authorise(actor, 'minter:manage')
      const { url, keys, leftOut } = await fetchKeys(outbound, address)
      return { url, keys: keys.map(shownKey), leftOut, jwks: JSON.stringify({ keys }, null, 2) }
    },

    async create(actor, request) {
      authorise(actor, 'minter:manage')
      const issuer = checkedText('issuer', request.issuer, 255)
      if (issuer === null) refuse('issuer', 'Enter the issuer, as its tokens name it in "iss".')
      const minter: NewMinter = {
        id: crypto.randomUUID(),
        issuer,
        name: nameOf(request.name),
        ...((await keysOf(request)) ?? refuse('jwks', 'Paste the public keys, or give the address where they are.')),
        endpointIds: await placesOf(actor, request.endpoints),
        subjectTemplate: checkedTemplate(request.subjectTemplate),
        sanTypes: sanTypesOf(request.sanTypes ?? []),
        maxTtlMinutes: within('maxTtlMinutes', request.maxTtlMinutes ?? TTL.usual, TTL),
        perHour: within('perHour', request.perHour ?? PER_HOUR.usual, PER_HOUR),
        createdBy: actor.name,
      }
      const added = await store.add(minter, {
        ...event(actor, 'minter.created', minter),
        data: { ...factsOf(minter), issuer, endpoints: request.endpoints },
      })
      if (!added) {
        const sentence = 'A minter with this issuer is registered already. Change that one instead.'
        throw new Refusal('conflict', sentence, { reason: 'issuer_taken', fields: { issuer: sentence } })
      }
      return found(minter.id)
    },

    async update(actor, id, change) {
      authorise(actor, 'minter:manage')
      const before = await found(id)
      const changed = {
        ...(change.name === undefined ? {} : { name: nameOf(change.name) }),
        ...((await keysOf(change)) ?? {}),
        ...(change.endpoints === undefined ? {} : { endpointIds: await placesOf(actor, change.endpoints) }),
        ...(change.subjectTemplate === undefined ? {} : { subjectTemplate: checkedTemplate(change.subjectTemplate) }),
        ...(change.sanTypes === undefined ? {} : { sanTypes: sanTypesOf(change.sanTypes) }),
        ...(change.maxTtlMinutes === undefined
          ? {}
          : { maxTtlMinutes: within('maxTtlMinutes', change.maxTtlMinutes, TTL) }),
        ...(change.perHour === undefined ? {} : { perHour: within('perHour', change.perHour, PER_HOUR) }),
      }
      await store.change(id, changed, {
        ...event(actor, 'minter.updated', before),
        change: { fields: fieldsOf(changed) },
        data: { ...factsOf(changed), ...(change.endpoints === undefined ? {} : { endpoints: change.endpoints }) },
      })
      return found(id)
    },

    async setEnabled(actor, id, enabled) {
      authorise(actor, 'minter:manage')
      const minter = await found(id)
      const happened = enabled ? 'minter.updated' : 'minter.disabled'
      await store.setEnabled(id, enabled, {
        ...event(actor, happened, minter),
        ...(enabled ? { change: { fields: ['enabled'] } } : {}),
        data: { enabled },
      })
      return found(id)
    },

    async publishedKeys(slug) {
      const place = await store.endpoint(slug)
      const ids = KINDS.flatMap((kind) => place?.[kind] ?? [])
      if (ids.length === 0) return null
      const keys: EncryptionKey[] = []
      for (const id of ids) {
        const key = published.get(id) ?? (await publicJwk(id))
        published.set(id, key)
        keys.push(key)
      }
      return { keys, enc: 'A256GCM', aud: urls.scepUrl(slug) }
    },
  }

  async function found(id: string): Promise<MinterView> {
    const minter = UUID.test(id) ? await store.get(id) : null
    if (minter === null) throw new Refusal('not_found', 'There is no such minter.', { reason: 'minter_unknown' })
    return minter
  }

  /** Null when none are given. What is pinned stays as it is, whatever the address says later. */
  async function keysOf({
    jwks = '',
    jwksUrl = '',
  }: Pick<MinterRequest, 'jwks' | 'jwksUrl'>): Promise<Pick<NewMinter, 'keys' | 'jwksUrl'> | null> {
    const address = jwksUrl.trim()
    if (jwks.trim() !== '') return { keys: checkedKeys(jwks), jwksUrl: address === '' ? null : checkedUrl(address) }
    if (address === '') return null
    const { url, keys } = await fetchKeys(outbound, address)
    return { keys, jwksUrl: url }
  }

  /** Each place has the keys to encrypt to before anybody may mint for it. */
  async function placesOf(actor: Actor, slugs: string[]): Promise<string[]> {
    if (slugs.length === 0) refuse('endpoints', 'Choose at least one endpoint.')
    if (slugs.length > MOST_ENDPOINTS) refuse('endpoints', `At most ${MOST_ENDPOINTS} endpoints.`)
    const ids: string[] = []
    for (const slug of new Set(slugs)) {
      const place = await store.endpoint(slug)
      if (place === null) {
        const sentence = `There is no endpoint "${slug.slice(0, 64)}".`
        throw new Refusal('not_found', sentence, { reason: 'endpoint_unknown', fields: { endpoints: sentence } })
      }
      for (const kind of KINDS) if (place[kind] === null) await giveKey(actor, place, kind)
      ids.push(place.id)
    }
    return ids
  }

  async function giveKey(actor: Actor, { id }: MintingPlace, kind: keyof EncryptionKeyIds): Promise<void> {
    const request = { purpose: 'challenge', algorithm: ALGORITHMS[kind], ownerId: id } as const
    const made = await signer.generateKey(request)
    await store.giveKey(id, kind, made.keyId, keyGeneratedEvent(actor, { ...request, ...made }))
  }

  async function publicJwk(keyId: string): Promise<EncryptionKey> {
    const { spki } = await signer.publicKey(keyId)
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' })
    if (key.asymmetricKeyType === 'rsa') {
      const jwk = { kty: 'RSA', n, e } as const
      return { ...jwk, kid: thumbprint(jwk), use: 'enc', alg: 'RSA-OAEP-256' }
    }
    const jwk = { kty: 'EC', crv: 'P-256', x, y } as const
    return { ...jwk, kid: thumbprint(jwk), use: 'enc', alg: 'ECDH-ES' }
  }
}

function event(actor: Actor, type: AuditEntry['type'], { id, name }: { id: string; name: string }): AuditEntry {
  return { type, outcome: 'success', actor, object: { type: 'minter', id, name } }
}

/** As people know them. The address belongs to the keys. */
function fieldsOf(changed: object): string[] {
  return Object.keys(changed)
    .filter((field) => field !== 'jwksUrl')
    .map((field) => (field === 'endpointIds' ? 'endpoints' : field))
}

/** What a change says to the trail: public keys by name alone. */
function factsOf({ keys, jwksUrl, subjectTemplate, sanTypes, maxTtlMinutes, perHour }: Partial<NewMinter>) {
  return {
    ...(keys === undefined ? {} : { keys: keys.map(({ kid, alg }) => `${alg} ${kid}`) }),
    ...(jwksUrl === undefined || jwksUrl === null ? {} : { jwksUrl }),
    ...(subjectTemplate === undefined ? {} : { subjectTemplate }),
    ...(sanTypes === undefined ? {} : { sanTypes }),
    ...(maxTtlMinutes === undefined ? {} : { maxTtlMinutes }),
    ...(perHour === undefined ? {} : { perHour }),
  }
}

function nameOf(text: string): string {
  return checkedText('name', text, 100) ?? refuse('name', 'Enter a name.')
}

function sanTypesOf(types: SanType[]): SanType[] {
  if (types.some((type) => !SAN_TYPES.includes(type))) refuse('sanTypes', `Choose from ${SAN_TYPES.join(', ')}.`)
  return [...new Set(types)]
}

function within(field: string, value: number, { least, most }: { least: number; most: number }): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  return refuse(field, `From ${least} to ${most.toLocaleString('en-GB')}.`)
}

function refuse(field: string, sentence: string): never {
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}
