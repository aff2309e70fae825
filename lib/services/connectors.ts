/** Validators that we ask, and receivers whose servers ask us: adding them, changing them, replacing their secrets. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditEventType } from './audit'
import { checkedText } from './challenge-constraints'
import { authorise } from './permissions'
import type { SealPurpose, Signer } from './signer'
import type { Urls } from './urls'
import { probeValidator, type TestResult } from './validator-probe'
import { checkedValidator, type ValidatorChange, type ValidatorSettings } from './validator-settings'
import type { AuthorizationKind, Validator, ValidatorCalls, ValidatorCircuitStore } from './validators'
import { newSecret, secretText } from './webhook-signature'

export interface ValidatorView extends ValidatorSettings {
  id: string
  /** Whether there is a credential, never which. */
  authorizationKind: AuthorizationKind
  /** A secret that was shown and is not used yet. */
  nextSecretWaits: boolean
  endpoints: { slug: string; name: string }[]
  createdBy: string
  createdAt: Date
  enabled: boolean
  health: {
    /** closed: asked. open: left alone for a while. */
    circuit: 'closed' | 'open'
    failures: number
    openUntil: Date | null
    lastSuccessAt: Date | null
    lastFailureAt: Date | null
    lastError: string | null
  }
  notifications: { waiting: number; delivered: number; givenUp: number }
}

export interface ReceiverView {
  id: string
  name: string
  endpoint: { slug: string; name: string }
  /** Where the other server posts to, and the id it presents. */
  url: string
  renewBySubject: boolean
  /** Until when the secret before the present one is still believed. */
  previousSecretUntil: Date | null
  enabled: boolean
  createdBy: string
  createdAt: Date
  lastUsedAt: Date | null
}

/** Who may decide for an endpoint of policy `delegated`: webhooks, and connectors that are asked. */
export interface DeciderView {
  id: string
  name: string
  kind: Validator['kind']
}

export interface ConnectorStore {
  /** Those that are asked by webhook. */
  validators(id?: string): Promise<ValidatorView[]>
  deciders(): Promise<DeciderView[]>
  addValidator(
    validator: ValidatorSettings & { id: string; createdBy: string } & SealedCredentials,
    events: AuditEntry[],
  ): Promise<void>
  updateValidator(id: string, change: ValidatorUpdate, events: AuditEntry[]): Promise<boolean>
  /** next → current; false when none waits. */
  activateSecret(id: string, events: AuditEntry[]): Promise<boolean>
  receivers(id?: string): Promise<Omit<ReceiverView, 'url'>[]>
  /** False for an unknown endpoint. */
  addReceiver(
    receiver: { id: string; name: string; endpoint: string; renewBySubject: boolean; createdBy: string } & {
      secretSealed: Uint8Array
    },
    events: AuditEntry[],
  ): Promise<boolean>
  updateReceiver(
    id: string,
    change: { name?: string; enabled?: boolean; renewBySubject?: boolean },
    events: AuditEntry[],
  ): Promise<boolean>
  /** The present secret stays good for so many hours. */
  replaceReceiverSecret(id: string, sealed: Uint8Array, graceHours: number, events: AuditEntry[]): Promise<boolean>
}

export interface SealedCredentials {
  secretSealed: Uint8Array
  authorizationKind: AuthorizationKind
  authorizationSealed: Uint8Array | null
}

export type ValidatorUpdate = Partial<
  ValidatorSettings & { enabled: boolean; nextSecretSealed: Uint8Array } & Omit<SealedCredentials, 'secretSealed'>
>

export interface NewReceiver {
  name: string
  /** Slug. */
  endpoint: string
  renewBySubject?: boolean | undefined
}

export interface ConnectorsService {
  deciders(actor: Actor): Promise<DeciderView[]>
  validators(actor: Actor): Promise<ValidatorView[]>
  validator(actor: Actor, id: string): Promise<ValidatorView>
  /** The secret is in this answer only. */
  createValidator(actor: Actor, settings: ValidatorChange): Promise<{ view: ValidatorView; secret: string }>
  /** A changed address clears the credential unless a new one comes with it: nobody sends it to a place of their own. */
  updateValidator(actor: Actor, id: string, change: ValidatorChange & { enabled?: boolean }): Promise<ValidatorView>
  /** Shows the secret to come; what is sent is signed with the present one until activateValidatorSecret(). */
  rotateValidatorSecret(actor: Actor, id: string): Promise<{ secret: string }>
  activateValidatorSecret(actor: Actor, id: string): Promise<ValidatorView>
  /** Asks with a made-up request. Whatever is answered, nothing is issued. */
  testValidator(actor: Actor, id: string): Promise<TestResult>
  receivers(actor: Actor): Promise<ReceiverView[]>
  receiver(actor: Actor, id: string): Promise<ReceiverView>
  createReceiver(actor: Actor, receiver: NewReceiver): Promise<{ view: ReceiverView; secret: string }>
  updateReceiver(
    actor: Actor,
    id: string,
    change: { name?: string | undefined; enabled?: boolean | undefined; renewBySubject?: boolean | undefined },
  ): Promise<ReceiverView>
  /** The secret before is believed for a day, so that the other server can be changed without a gap. */
  rotateReceiverSecret(actor: Actor, id: string): Promise<{ secret: string; view: ReceiverView }>
}

export interface ConnectorsDependencies {
  store: ConnectorStore
  validators: Pick<ValidatorCircuitStore, 'validator'>
  calls: Pick<ValidatorCalls, 'ask'>
  signer: Pick<Signer, 'seal'>
  urls: Pick<Urls, 'publicUrl'>
  clock(): Date
}

const SECRET_GRACE_HOURS = 24
const MAX_NAME = 100

export function createConnectors(dependencies: ConnectorsDependencies): ConnectorsService {
  const { store, validators, calls, signer, urls, clock } = dependencies
  const validationUrl = new URL('/api/v1/challenges/validate', urls.publicUrl).href

  async function sealed(purpose: SealPurpose, id: string, secret: Uint8Array): Promise<Uint8Array> {
    return signer.seal(purpose, id, secret)
  }

  async function oneValidator(id: string): Promise<ValidatorView> {
    const [view] = await store.validators(id)
    if (view === undefined) throw new Refusal('not_found', 'There is no such validator.')
    return view
  }

  async function oneReceiver(id: string): Promise<ReceiverView> {
    const [view] = await store.receivers(id)
    if (view === undefined) throw new Refusal('not_found', 'There is no such receiver.')
    return { ...view, url: validationUrl }
  }

  async function sealedAuthorization(id: string, authorization: ValidatorChange['authorization']) {
    if (authorization === undefined) return {}
    if (authorization.kind === 'none') return { authorizationKind: 'none', authorizationSealed: null } as const
    const credential =
      authorization.kind === 'bearer' ? authorization.token : `${authorization.user}:${authorization.password}`
    return {
      authorizationKind: authorization.kind,
      authorizationSealed: await sealed('validator-authorization', id, Buffer.from(credential, 'utf8')),
    }
  }

  return {
    async deciders(actor) {
      authorise(actor, 'connector:read')
      return store.deciders()
    },

    async validators(actor) {
      authorise(actor, 'connector:read')
      return store.validators()
    },

    async validator(actor, id) {
      authorise(actor, 'connector:read')
      return oneValidator(id)
    },

    async createValidator(actor, change) {
      authorise(actor, 'connector:manage')
      const settings = checkedValidator(change, null)
      const id = crypto.randomUUID()
      const secret = newSecret()
      const none = { authorizationKind: 'none', authorizationSealed: null } as const
      const credentials = { ...none, ...(await sealedAuthorization(id, change.authorization)) }
      await store.addValidator(
        {
          ...settings,
          ...credentials,
          id,
          createdBy: actor.name,
          secretSealed: await sealed('validator', id, secret),
        },
        [
          connectorEvent('validator.created', actor, { type: 'validator', id, name: settings.name }, undefined, {
            host: new URL(settings.url).host,
            dialect: settings.dialect,
          }),
        ],
      )
      return { view: await oneValidator(id), secret: secretText(settings.dialect, secret) }
    },

    async updateValidator(actor, id, { enabled, ...change }) {
      authorise(actor, 'connector:manage')
      const before = await oneValidator(id)
      const settings = checkedValidator(change, before)
      const moved = settings.url !== before.url
      const authorization = change.authorization ?? (moved ? ({ kind: 'none' } as const) : undefined)
      const fields = changedFields(before, settings)
      if (authorization !== undefined && (authorization.kind !== 'none' || before.authorizationKind !== 'none'))
        fields.push('authorization')
      const object = { type: 'validator', id, name: settings.name } as const
      const switched = enabled !== undefined && enabled !== before.enabled
      if (switched && enabled) fields.push('enabled')
      const events = [
        ...(fields.length > 0 ? [connectorEvent('validator.updated', actor, object, fields)] : []),
        ...(switched && !enabled ? [connectorEvent('validator.disabled', actor, object)] : []),
      ]
      const update = {
        ...settings,
        ...(await sealedAuthorization(id, authorization)),
        ...(enabled === undefined ? {} : { enabled }),
      }
      if (!(await store.updateValidator(id, update, events)))
        throw new Refusal('not_found', 'There is no such validator.')
      return oneValidator(id)
    },

    async rotateValidatorSecret(actor, id) {
      authorise(actor, 'connector:manage')
      const { name, dialect } = await oneValidator(id)
      const secret = newSecret()
      const event = connectorEvent('validator.updated', actor, { type: 'validator', id, name }, ['next secret'])
      await store.updateValidator(id, { nextSecretSealed: await sealed('validator', id, secret) }, [event])
      return { secret: secretText(dialect, secret) }
    },

    async activateValidatorSecret(actor, id) {
      authorise(actor, 'connector:manage')
      const { name } = await oneValidator(id)
      const event = connectorEvent('validator.updated', actor, { type: 'validator', id, name }, ['secret'])
      if (!(await store.activateSecret(id, [event])))
        throw new Refusal('conflict', 'No new secret waits. Make one first.', { reason: 'no_next_secret' })
      return oneValidator(id)
    },

    async testValidator(actor, id) {
      authorise(actor, 'connector:manage')
      const validator: Validator | null = await validators.validator(id)
      if (validator === null || validator.kind !== 'webhook')
        throw new Refusal('not_found', 'There is no such validator.')
      return probeValidator(calls, validator, clock())
    },

    async receivers(actor) {
      authorise(actor, 'connector:read')
      return (await store.receivers()).map((receiver) => ({ ...receiver, url: validationUrl }))
    },

    async receiver(actor, id) {
      authorise(actor, 'connector:read')
      return oneReceiver(id)
    },

    async createReceiver(actor, { name, endpoint, renewBySubject = false }) {
      authorise(actor, 'connector:manage')
      const checked = checkedName(name)
      const id = crypto.randomUUID()
      const secret = newSecret()
      const event = connectorEvent('receiver.created', actor, { type: 'receiver', id, name: checked }, undefined, {
        endpoint,
      })
      const secretSealed = await sealed('receiver', id, secret)
      const receiver = { id, name: checked, endpoint, renewBySubject, createdBy: actor.name, secretSealed }
      if (!(await store.addReceiver(receiver, [event]))) {
        const sentence = 'There is no such endpoint.'
        throw new Refusal('invalid_input', sentence, { reason: 'unknown_endpoint', fields: { endpoint: sentence } })
      }
      return { view: await oneReceiver(id), secret: secretText('smallstep', secret) }
    },

    async updateReceiver(actor, id, change) {
      authorise(actor, 'connector:manage')
      const before = await oneReceiver(id)
      const name = change.name === undefined ? before.name : checkedName(change.name)
      const { enabled = before.enabled, renewBySubject = before.renewBySubject } = change
      const fields = changedFields(before, { name, renewBySubject })
      if (enabled && !before.enabled) fields.push('enabled')
      const object = { type: 'receiver', id, name } as const
      const events = [
        ...(fields.length > 0 ? [connectorEvent('receiver.updated', actor, object, fields)] : []),
        ...(before.enabled && !enabled ? [connectorEvent('receiver.disabled', actor, object)] : []),
      ]
      await store.updateReceiver(id, { name, enabled, renewBySubject }, events)
      return oneReceiver(id)
    },

    async rotateReceiverSecret(actor, id) {
      authorise(actor, 'connector:manage')
      const { name } = await oneReceiver(id)
      const secret = newSecret()
      const event = connectorEvent('receiver.updated', actor, { type: 'receiver', id, name }, ['secret'])
      await store.replaceReceiverSecret(id, await sealed('receiver', id, secret), SECRET_GRACE_HOURS, [event])
      return { secret: secretText('smallstep', secret), view: await oneReceiver(id) }
    },
  }
}

function checkedName(name: string): string {
  const checked = checkedText('name', name, MAX_NAME)
  if (checked !== null) return checked
  const sentence = 'Give it a name.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_name', fields: { name: sentence } })
}

function changedFields<T extends object>(before: T, after: Partial<T>): string[] {
  return Object.keys(after).filter(
    (key) => JSON.stringify(before[key as keyof T]) !== JSON.stringify(after[key as keyof T]),
  )
}

function connectorEvent(
  type: AuditEventType,
  actor: Actor,
  object: { type: 'validator' | 'receiver'; id: string; name: string },
  fields?: string[],
  data?: { [key: string]: string },
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object,
    ...(fields === undefined ? {} : { change: { fields } }),
    ...(data === undefined ? {} : { data }),
  }
}
