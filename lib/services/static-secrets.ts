/** Static secrets: one password for many devices. Weak by nature, so bounded in every way there is (design decision 10). */
import { randomInt } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { checkedAddresses, isEverywhere } from './address-list'
import type { AuditEntry } from './audit'
import type { Reservation } from './challenge-presentation'
import type { GrantRequest } from './enrolment-authorisation'
import type { Argon2Parameters, Passwords } from './passwords'
import { authorise } from './permissions'
import type { Signer } from './signer'
import { parseSubjectTemplate } from './subject-template'

export type StaticSecretState = 'active' | 'exhausted' | 'expired' | 'revoked'

export interface StaticSecretView {
  id: string
  state: StaticSecretState
  endpoint: { slug: string; name: string }
  /** How the value begins, so that people can tell two apart. */
  hint: string
  subjectTemplate: string
  /** CIDR blocks. */
  allowedAddresses: string[]
  /** The list shuts nobody out. */
  fromEverywhere: boolean
  maxUses: number
  /** Certificates it led to, and requests that are being answered. */
  uses: number
  perHour: number
  createdBy: string
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
  lastUsedAt: Date | null
}

export interface NewStaticSecretRequest {
  subjectTemplate: string
  allowedAddresses: string[]
  maxUses: number
  perHour: number
  expiresInDays: number
}

export interface StaticSecretsService {
  /** Newest first. Refusals: not_found (endpoint). */
  list(actor: Actor, endpoint: string): Promise<StaticSecretView[]>
  /**
   * The only place the value is ever returned. Refusals: not_found (endpoint), invalid_input, conflict (two are active).
   */
  create(
    actor: Actor,
    endpoint: string,
    request: NewStaticSecretRequest,
  ): Promise<{ secret: string; view: StaticSecretView }>
  /** At once, and for good. Refusals: not_found, conflict (revoked already). */
  revoke(actor: Actor, endpoint: string, id: string): Promise<StaticSecretView>
}

/** A row to be. The database's clock gives it its times. */
export interface NewStaticSecret {
  id: string
  endpointId: string
  secretHash: string
  lookup: Uint8Array
  hint: string
  subjectTemplate: string
  allowedAddresses: string[]
  maxUses: number
  perHour: number
  expiresInDays: number
  createdBy: string
}

/** A secret as the authoriser needs it: found by its keyed hash, not yet verified by the slow one. */
export interface PresentedSecret {
  id: string
  secretHash: string
  hint: string
  state: StaticSecretState
  subjectTemplate: string
  allowedAddresses: string[]
  /** The asking transaction has a use of it already, which an outage or a crash interrupted: it may be finished. */
  held: boolean
}

/** How a secret stands against its bounds. */
export interface SecretStanding {
  revoked: boolean
  expired: boolean
  uses: number
  maxUses: number
  /** Uses within the last hour. */
  recent: number
  perHour: number
  expiresAt: Date
  /** As of PresentedSecret: then no bound counts. */
  held: boolean
}

/** Whether one more use fits, or the first bound that is in its way. */
export function roomFor({
  held,
  revoked,
  expired,
  uses,
  maxUses,
  recent,
  perHour,
}: SecretStanding): 'room' | 'revoked' | 'expired' | 'exhausted' | 'too_fast' {
  if (held) return 'room'
  if (revoked) return 'revoked'
  if (expired) return 'expired'
  if (uses >= maxUses) return 'exhausted'
  return recent >= perHour ? 'too_fast' : 'room'
}

export type StaticUse =
  | { outcome: 'granted'; reservation: Reservation }
  | { outcome: 'expired' | 'revoked' | 'exhausted' | 'too_fast' }
  /** This transaction's authorisation is spent or revoked. */
  | { outcome: 'spent' }

export interface StaticSecretStore {
  endpoint(slug: string): Promise<{ id: string; slug: string; groupSlug: string } | null>
  list(endpointId: string): Promise<Omit<StaticSecretView, 'fromEverywhere'>[]>
  /** Adds the row and its event unless the endpoint has as many active ones as it may; false then. */
  add(secret: NewStaticSecret, mostActive: number, created: AuditEntry): Promise<boolean>
  /** Null when there is no such secret at this endpoint, or when it is revoked already. */
  revoke(endpointId: string, id: string, revoked: AuditEntry): Promise<Omit<StaticSecretView, 'fromEverywhere'> | null>
  /** `handle` is of the grant that the asking transaction may have. */
  find(endpointId: string, lookup: Uint8Array, handle: Uint8Array): Promise<PresentedSecret | null>
  /** A look that takes no use: `handle` as of find(). */
  standing(id: string, handle: Uint8Array): Promise<SecretStanding | null>
  /**
   * One transaction, in which the secret is locked: uses within the bounds, then the grant, with the events. A use is a
   * grant that is reserved or consumed, so whatever gives a grant back (a failed issuance, the sweep after a crash)
   * gives the use back. A grant that this transaction holds already is held on, whatever the bounds.
   */
  use(id: string, grant: GrantRequest, events: AuditEntry[]): Promise<StaticUse>
}

export interface StaticSecretsDependencies {
  store: StaticSecretStore
  signer: Pick<Signer, 'mac'>
  passwords: Pick<Passwords, 'hash'>
}

/**
 * A guesser meets 160 bits, and a device waits for this: less than for the passwords of people, which are guessed.
 * 19 MiB and two passes are what OWASP asks for at least.
 */
export const STATIC_SECRET_COST: Argon2Parameters = { memoryKib: 19_456, passes: 2, parallelism: 1 }
/** The old one and the new one, while devices change over. */
export const MOST_ACTIVE_SECRETS = 2
const BOUNDS = { maxUses: 100_000, perHour: 10_000, expiresInDays: 365 }
/** Without look-alikes, for somebody may have to read it out: 161 bits in 28 of them. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'
const SECRET_LENGTH = 28
const HINT_LENGTH = 4
/** Octets of the keyed hash: enough to tell values apart, too few to confirm one without the slow hash. */
const LOOKUP_LENGTH = 8

export function createStaticSecrets({ store, signer, passwords }: StaticSecretsDependencies): StaticSecretsService {
  return {
    async list(actor, endpoint) {
      authorise(actor, 'static-secret:read')
      return (await store.list((await endpointOf(endpoint)).id)).map(viewOf)
    },

    async create(actor, slug, request) {
      authorise(actor, 'static-secret:manage')
      const endpoint = await endpointOf(slug)
      const { text: subjectTemplate } = parseSubjectTemplate(request.subjectTemplate)
      const allowedAddresses = checkedAddresses(request.allowedAddresses)
      const maxUses = checkedBound('maxUses', request.maxUses)
      const perHour = checkedBound('perHour', request.perHour)
      const expiresInDays = checkedBound('expiresInDays', request.expiresInDays)
      const secret = drawSecret()
      const row: NewStaticSecret = {
        id: crypto.randomUUID(),
        endpointId: endpoint.id,
        secretHash: await passwords.hash(secret),
        lookup: await lookupOf(signer, endpoint.id, secret),
        hint: secret.slice(0, HINT_LENGTH),
        subjectTemplate,
        allowedAddresses,
        maxUses,
        perHour,
        expiresInDays,
        createdBy: actor.name,
      }
      const added = await store.add(row, MOST_ACTIVE_SECRETS, createdEvent(actor, endpoint, row))
      if (!added)
        throw new Refusal('conflict', 'This endpoint has two active static secrets. Revoke one of them first.', {
          reason: 'static_secret_quota',
        })
      const view = (await store.list(endpoint.id)).find(({ id }) => id === row.id)
      if (view === undefined) throw new Error('a static secret was added and is not there')
      return { secret, view: viewOf(view) }
    },

    async revoke(actor, slug, id) {
      authorise(actor, 'static-secret:manage')
      const endpoint = await endpointOf(slug)
      const secret = (await store.list(endpoint.id)).find((each) => each.id === id)
      if (secret === undefined)
        throw new Refusal('not_found', 'There is no such static secret.', { reason: 'static_secret_unknown' })
      const revoked = await store.revoke(endpoint.id, id, {
        type: 'static_secret.revoked',
        outcome: 'success',
        actor,
        object: { type: 'static-secret', id, name: endpoint.slug },
        data: { endpoint: endpoint.slug, group: endpoint.groupSlug, hint: secret.hint, uses: secret.uses },
      })
      if (revoked === null)
        throw new Refusal('conflict', 'This static secret is revoked already.', { reason: 'static_secret_revoked' })
      return viewOf(revoked)
    },
  }

  async function endpointOf(slug: string) {
    const endpoint = await store.endpoint(slug)
    if (endpoint !== null) return endpoint
    throw new Refusal('not_found', 'There is no such endpoint.', { reason: 'endpoint_unknown' })
  }
}

/** What a secret is found by. The endpoint is part of the input: at another one the same value finds nothing. */
export async function lookupOf(signer: Pick<Signer, 'mac'>, endpointId: string, secret: string): Promise<Uint8Array> {
  const mac = await signer.mac('challenge', Buffer.from(`static\0${endpointId}\0${secret}`, 'utf8'))
  return mac.slice(0, LOOKUP_LENGTH)
}

function drawSecret(): string {
  return Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

function checkedBound(field: keyof typeof BOUNDS, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= BOUNDS[field]) return value
  const sentence = `Give a whole number from 1 to ${BOUNDS[field].toLocaleString('en-GB')}.`
  throw new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

function viewOf(secret: Omit<StaticSecretView, 'fromEverywhere'>): StaticSecretView {
  return { ...secret, fromEverywhere: isEverywhere(secret.allowedAddresses) }
}

function createdEvent(
  actor: Actor,
  endpoint: { slug: string; groupSlug: string },
  { id, hint, subjectTemplate, allowedAddresses, maxUses, perHour, expiresInDays }: NewStaticSecret,
): AuditEntry {
  return {
    type: 'static_secret.created',
    outcome: 'success',
    actor,
    object: { type: 'static-secret', id, name: endpoint.slug },
    data: {
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      hint,
      subjectTemplate,
      allowedAddresses,
      fromEverywhere: isEverywhere(allowedAddresses),
      maxUses,
      perHour,
      expiresInDays,
    },
  }
}
