/** The first run: a one-time link, the organisation, its root and its first administrator. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import type { Passwords } from './passwords'
import { invalid, nameFaultOf, type Person, parsePerson, passwordFaultOf, personFaults } from './person'
import { userCreated } from './users'

export interface SetupRequest {
  organisation: string
  name: string
  email: string
  password: string
  rootKey?: 'p384' | 'rsa4096'
}

export interface SetupService {
  /** True when an organisation exists. */
  isDone(): Promise<boolean>
  /** A fresh one-time token, valid for 24 h; earlier ones stop working. Null when set-up is done. */
  issueLink(): Promise<{ token: string; expiresAt: Date } | null>
  /** Whether a token would be accepted now; spends nothing. */
  checkLink(token: string): Promise<boolean>
  /** Spends the token (null for the command line), makes root, organisation and administrator. */
  complete(
    actor: Actor,
    token: string | null,
    request: SetupRequest,
  ): Promise<{ userId: string; organisation: string; rootSlug: string }>
}

export interface SetupStore {
  isDone(): Promise<boolean>
  /** Closes the links that are open and adds this one. False when set-up is done. */
  replaceLink(link: { id: string; tokenHash: Uint8Array; createdAt: Date; expiresAt: Date }): Promise<boolean>
  linkIsOpen(tokenHash: Uint8Array, now: Date): Promise<boolean>
  /** Only one set-up at a time makes a root: of two, one gets true, until it lets go or a minute has passed. */
  begin(claim: string, now: Date, staleBefore: Date): Promise<boolean>
  letGo(claim: string): Promise<void>
  /**
   * Spends the link and adds organisation and administrator, if the claim holds, the link is open (null needs none) and
   * there is no organisation yet. Closes every other link and gives the claim back.
   */
  complete(setup: CompletedSetup, events: AuditEntry[]): Promise<'done' | 'link_refused' | 'already_done'>
}

export interface CompletedSetup {
  claim: string
  tokenHash: Uint8Array | null
  now: Date
  organisation: string
  rootId: string
  user: Person & { id: string; passwordHash: string }
}

export interface SetupDeps {
  store: SetupStore
  passwords: Pick<Passwords, 'hash'>
  /** Idempotent: a root that is there already is returned. */
  createRoot(
    actor: Actor,
    root: { organisation: string; key: 'p384' | 'rsa4096' },
  ): Promise<{ id: string; slug: string }>
  clock: () => Date
}

const LINK_LIFE_SECONDS = 24 * 3600
/** Longer than the slowest machine needs for an RSA 4096 key and its certificate. */
const CLAIM_SECONDS = 120
/** 32 bytes, base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/

export function createSetup({ store, passwords, createRoot, clock }: SetupDeps): SetupService {
  return {
    isDone: () => store.isDone(),

    async issueLink() {
      const token = randomBytes(32).toString('base64url')
      const createdAt = clock()
      const expiresAt = new Date(createdAt.getTime() + LINK_LIFE_SECONDS * 1000)
      const open = await store.replaceLink({ id: randomUUID(), tokenHash: hashOf(token), createdAt, expiresAt })
      return open ? { token, expiresAt } : null
    },

    async checkLink(token) {
      return TOKEN.test(token) && (await store.linkIsOpen(hashOf(token), clock()))
    },

    async complete(actor, token, request) {
      const tokenHash = await openLink(actor, token)
      const organisation = request.organisation.trim().normalize('NFC')
      const person = checked(request)
      const claim = randomUUID()
      const now = clock()
      if (!(await store.begin(claim, now, new Date(now.getTime() - CLAIM_SECONDS * 1000)))) {
        throw new Refusal('conflict', 'Somebody is completing the set-up right now. Try again in a minute.', {
          reason: 'setup_running',
          retryAfterSeconds: 60,
        })
      }
      try {
        return await makeOrganisation(actor, { claim, tokenHash, organisation, person, request })
      } finally {
        await store.letGo(claim)
      }
    },
  }

  /** The hash of a link that works now. The command line, whose user holds the data folder anyway, needs none. */
  async function openLink(actor: Actor, token: string | null): Promise<Uint8Array | null> {
    if (token === null && actor.type === 'system') {
      if (await store.isDone()) throw alreadyDone()
      return null
    }
    const tokenHash = token !== null && TOKEN.test(token) ? hashOf(token) : null
    if (!tokenHash || !(await store.linkIsOpen(tokenHash, clock()))) throw linkRefused()
    return tokenHash
  }

  async function makeOrganisation(
    actor: Actor,
    setup: { claim: string; tokenHash: Uint8Array | null; organisation: string; person: Person; request: SetupRequest },
  ): Promise<{ userId: string; organisation: string; rootSlug: string }> {
    const { claim, tokenHash, organisation, person, request } = setup
    const passwordHash = await passwords.hash(request.password)
    // Asked again under the claim: whoever held it before may have finished, and there is one root per installation.
    if (await store.isDone()) throw tokenHash ? linkRefused() : alreadyDone()
    const root = await createRoot(actor, { organisation, key: request.rootKey ?? 'p384' })
    const user = { id: randomUUID(), ...person, passwordHash }
    const outcome = await store.complete(
      { claim, tokenHash, now: clock(), organisation, rootId: root.id, user },
      eventsOf(actor, organisation, root.id, user),
    )
    if (outcome === 'link_refused') throw linkRefused()
    if (outcome === 'already_done') throw alreadyDone()
    return { userId: user.id, organisation, rootSlug: root.slug }
  }
}

function checked(request: SetupRequest): Person {
  const faults = personFaults(request)
  const organisationFault = nameFaultOf(request.organisation, "The organisation's name")
  if (organisationFault) faults.organisation = organisationFault
  const weak = passwordFaultOf(request.password, [request.name, request.email, request.organisation])
  if (weak) faults.password = weak
  const key: string | undefined = request.rootKey
  if (key !== undefined && key !== 'p384' && key !== 'rsa4096') faults.rootKey = 'Choose p384 or rsa4096.'
  if (Object.keys(faults).length > 0) throw invalid(faults)
  return parsePerson(request)
}

function eventsOf(actor: Actor, organisation: string, rootId: string, user: Person & { id: string }): AuditEntry[] {
  const object = { type: 'system' as const, id: null, name: organisation }
  return [
    userCreated(actor, { id: user.id, name: user.name, email: user.email, role: 'admin' }),
    { type: 'system.setup_completed', outcome: 'success', actor, object, data: { organisation, rootId } },
  ]
}

function linkRefused(): Refusal {
  return new Refusal('link_refused', 'This set-up link is not valid any more. Start Latchkey again for a new one.')
}

function alreadyDone(): Refusal {
  return new Refusal('conflict', 'This installation is set up already. Sign in instead.', { reason: 'already_set_up' })
}

function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token, 'utf8').digest()
}
