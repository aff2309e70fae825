/** Connectors to MDMs: adding them, changing them, replacing their secrets, testing them, and what was said with them. */
import { randomInt } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditEventType, Json } from './audit'
import { checkedText } from './challenge-constraints'
import { expiresSoon, lightOf, remainingOf } from './mdm-connector-health'
import type { MdmKind, MdmKindDefinition } from './mdm-connector-types'
import type {
  MdmConnectorChangeRow,
  MdmConnectorRecord,
  MdmConnectorStore,
  MdmConnectorsService,
  MdmConnectorView,
  NewMdmConnectorRow,
} from './mdm-connector-views'
import { authorise } from './permissions'
import type { Signer } from './signer'
import type { Urls } from './urls'
import { newSecret, secretText } from './webhook-signature'

export interface MdmConnectorsDependencies {
  store: MdmConnectorStore
  kinds: readonly MdmKindDefinition[]
  /** Those whose MDM calls /hooks. */
  hookKinds: readonly MdmKind[]
  signer: Pick<Signer, 'seal'>
  urls: Pick<Urls, 'publicUrl'>
  clock(): Date
}

const SECRET_GRACE_HOURS = 24
const MAX_NAME = 100
const MAX_CREDENTIAL = 4 * 1024
const PAGE = { usual: 50, most: 200 }
const SLUG = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/
/** Pages of the portal beside the connectors' own. */
const RESERVED_SLUGS = new Set(['new'])
const PASSWORD_LENGTH = 40
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'
const LATEST_EXPIRY_YEARS = 50

export function createMdmConnectors(dependencies: MdmConnectorsDependencies): MdmConnectorsService {
  const { store, kinds, hookKinds, signer, urls, clock } = dependencies

  async function record(slug: string): Promise<MdmConnectorRecord> {
    const found = SLUG.test(slug) ? await store.bySlug(slug) : null
    if (found === null) throw new Refusal('not_found', 'There is no such connector.', { reason: 'connector_unknown' })
    return found
  }

  function definition(kind: string): MdmKindDefinition | undefined {
    return kinds.find((each) => each.kind === kind)
  }

  function known(kind: MdmKind): MdmKindDefinition {
    const found = definition(kind)
    if (found !== undefined) return found
    throw new Refusal('conflict', 'This version does not know connectors of this kind.', { reason: 'unknown_kind' })
  }

  function viewOf(row: MdmConnectorRecord): MdmConnectorView {
    const { id, kind, name, slug, health, createdBy, createdAt, updatedAt, credentialExpiresAt } = row
    const facts = {
      kind,
      health,
      credentialExpiresAt,
      enabled: !row.disabled,
      hasCredential: row.credentialSealed !== null,
      hasHookSecret: row.hookSecretSealed !== null,
    }
    const until = row.previousHookSecretUntil
    return {
      ...{ id, kind, name, slug, health, createdBy, createdAt, updatedAt, credentialExpiresAt },
      settings: membersOf(row.settings),
      enabled: facts.enabled,
      light: lightOf(facts, clock()),
      remaining: remainingOf(facts, (definition(kind)?.checkedCredential ?? null) !== null),
      hasCredential: facts.hasCredential,
      hookUrl: facts.hasHookSecret ? new URL(`/hooks/${slug}`, urls.publicUrl).href : null,
      previousHookSecretUntil: until !== null && until > clock() ? until : null,
    }
  }

  function credentialOf({ checkedCredential }: MdmKindDefinition, input: unknown): Uint8Array {
    if (checkedCredential === null) throw invalid('credential', 'A connector of this kind has no credential.')
    const credential = checkedCredential(input)
    if (credential.length > MAX_CREDENTIAL) throw invalid('credential', 'The credential is too long.')
    return credential
  }

  return {
    kinds: () => kinds.map(({ kind }) => kind),

    async list(actor) {
      authorise(actor, 'connector:read')
      return (await store.list()).map(viewOf)
    },

    async get(actor, slug) {
      authorise(actor, 'connector:read')
      return viewOf(await record(slug))
    },

    async create(actor, { kind, slug, settings = {}, credential, ...more }) {
      authorise(actor, 'connector:manage')
      const definitionOfKind = definition(kind)
      if (definitionOfKind === undefined)
        throw invalid('kind', `Choose one of ${kinds.map((each) => each.kind).join(', ')}.`)
      const id = crypto.randomUUID()
      const name = checkedName(more.name)
      const checkedSlug = checkedSlugOf(slug)
      const checkedSettings = definitionOfKind.checkedSettings(settings, null)
      const credentialExpiresAt = checkedExpiry(more.credentialExpiresAt ?? null, clock())
      const sealed =
        credential === undefined ? null : await signer.seal('connector', id, credentialOf(definitionOfKind, credential))
      const hook = hookKinds.includes(definitionOfKind.kind) ? newHookSecret(definitionOfKind.kind) : null
      const row: NewMdmConnectorRow = {
        id,
        kind: definitionOfKind.kind,
        name,
        slug: checkedSlug,
        settings: checkedSettings,
        credentialSealed: sealed,
        credentialExpiresAt: sealed === null ? null : credentialExpiresAt,
        hookSecretSealed: hook === null ? null : await signer.seal('connector-hook', id, hook.secret),
        createdBy: actor.name,
      }
      const created = connectorEvent('connector.created', actor, row, undefined, { kind, slug: checkedSlug })
      if (!(await store.add(row, [created]))) {
        const sentence = 'Another connector has this name in its URL. Choose another one.'
        throw new Refusal('conflict', sentence, { reason: 'slug_taken', fields: { slug: sentence } })
      }
      return { view: viewOf(await record(checkedSlug)), hookSecret: hook?.text ?? null }
    },

    async change(actor, slug, change) {
      authorise(actor, 'connector:manage')
      const before = await record(slug)
      const definitionOfKind = known(before.kind)
      const name = change.name === undefined ? before.name : checkedName(change.name)
      const old = membersOf(before.settings)
      const settings =
        change.settings === undefined ? old : definitionOfKind.checkedSettings(change.settings, before.settings)
      const enabled = change.enabled ?? !before.disabled
      const entered =
        change.credential === undefined
          ? null
          : await signer.seal('connector', before.id, credentialOf(definitionOfKind, change.credential))
      const moved = before.credentialSealed !== null && definitionOfKind.credentialMoves(before.settings, settings)
      const keeps = before.credentialSealed !== null && !moved
      const expiry = expiryAfter(before, change.credentialExpiresAt, entered !== null, clock())
      const row: MdmConnectorChangeRow = {
        name,
        settings,
        enabled,
        credentialExpiresAt: keeps || entered !== null ? expiry : null,
        ...(entered !== null ? { credentialSealed: entered } : moved ? { credentialSealed: null } : {}),
      }
      const fields = changedFields(
        { name: before.name, ...old, credentialExpiresAt: before.credentialExpiresAt },
        { name, ...settings, credentialExpiresAt: row.credentialExpiresAt },
      )
      if (row.credentialSealed !== undefined) fields.push('credential')
      if (enabled && before.disabled) fields.push('enabled')
      const disables = !enabled && !before.disabled
      if (fields.length === 0 && !disables) return viewOf(before)
      const object = { id: before.id, name }
      const events = [
        ...(fields.length > 0 ? [connectorEvent('connector.updated', actor, object, fields)] : []),
        ...(disables ? [connectorEvent('connector.disabled', actor, object)] : []),
      ]
      if (!(await store.change(before, row, events)))
        throw new Refusal('conflict', 'Somebody changed this connector meanwhile. Load it again, then change it.', {
          reason: 'changed_meanwhile',
        })
      return viewOf(await record(slug))
    },

    async rotateHookSecret(actor, slug) {
      authorise(actor, 'connector:manage')
      const { id, kind, name } = await record(slug)
      if (!hookKinds.includes(kind))
        throw new Refusal('conflict', 'A connector of this kind is never called, so it has no hook secret.', {
          reason: 'no_hook',
        })
      const { secret, text } = newHookSecret(kind)
      const event = connectorEvent('connector.updated', actor, { id, name }, ['hook secret'])
      const sealed = await signer.seal('connector-hook', id, secret)
      await store.replaceHookSecret(id, sealed, SECRET_GRACE_HOURS, [event])
      return { view: viewOf(await record(slug)), hookSecret: text }
    },

    async test(actor, slug) {
      authorise(actor, 'connector:manage')
      const connector = await record(slug)
      const { test } = known(connector.kind)
      if (test === null)
        throw new Refusal(
          'conflict',
          'This connector only listens. Let its MDM send a message, then look at its calls.',
          {
            reason: 'nothing_to_test',
          },
        )
      const checks = await test(connector)
      return { works: checks.length > 0 && checks.every(({ ok }) => ok), checks }
    },

    async calls(actor, slug, filter, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'connector:read')
      const { id } = await record(slug)
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      return store.calls(id, filter, { limit: most, ...(cursor === undefined ? {} : { cursor }) })
    },

    async operations(actor, slug) {
      authorise(actor, 'connector:read')
      return store.operations((await record(slug)).id)
    },

    async expiring(actor) {
      authorise(actor, 'connector:read')
      const now = clock()
      return (await store.list())
        .filter((row) => !row.disabled && expiresSoon(row.credentialExpiresAt, now))
        .map(viewOf)
    },
  }
}

/** Standard Webhooks has a key; Jamf's form takes what a person could type. */
function newHookSecret(kind: MdmKind): { secret: Uint8Array; text: string } {
  if (kind === 'events') {
    const secret = newSecret()
    return { secret, text: secretText('standard', secret) }
  }
  const text = Array.from({ length: PASSWORD_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return { secret: Buffer.from(text, 'utf8'), text }
}

function membersOf(settings: Json): { [key: string]: Json } {
  return typeof settings === 'object' && settings !== null && !Array.isArray(settings) ? settings : {}
}

function checkedName(name: string): string {
  const checked = checkedText('name', name, MAX_NAME)
  if (checked !== null) return checked
  throw invalid('name', 'Give it a name.')
}

function checkedSlugOf(slug: string): string {
  if (SLUG.test(slug) && !RESERVED_SLUGS.has(slug)) return slug
  throw invalid('slug', 'Write lower-case letters, digits and hyphens, 64 at most, and not “new”.')
}

/** A new credential has a new expiry, or none that is known. What is past may stay as it is. */
function expiryAfter(
  { credentialExpiresAt }: MdmConnectorRecord,
  wished: Date | null | undefined,
  entered: boolean,
  now: Date,
): Date | null {
  if (wished === undefined) return entered ? null : credentialExpiresAt
  return wished?.getTime() === credentialExpiresAt?.getTime() ? wished : checkedExpiry(wished, now)
}

function checkedExpiry(expiry: Date | null, now: Date): Date | null {
  if (expiry === null) return null
  const latest = new Date(now)
  latest.setUTCFullYear(latest.getUTCFullYear() + LATEST_EXPIRY_YEARS)
  if (expiry > now && expiry < latest) return expiry
  throw invalid('credentialExpiresAt', 'Write the day on which it expires; it lies in the future.')
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

function changedFields(before: { [key: string]: unknown }, after: { [key: string]: unknown }): string[] {
  return Object.keys(after).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}

function connectorEvent(
  type: AuditEventType,
  actor: Actor,
  { id, name }: { id: string; name: string },
  fields?: string[],
  data?: { [key: string]: string },
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'connector', id, name },
    ...(fields === undefined ? {} : { change: { fields } }),
    ...(data === undefined ? {} : { data }),
  }
}
