/** Whom we ask whether a request may have its certificate, and how asking them is kept from doing harm. */
import { isRefusal } from '@/lib/errors'
import type { OutboundFault } from './outbound'
import type { Signer } from './signer'
import type { Verdict } from './validator-verdict'
import type { SendCsr } from './webhook-body'
import type { Dialect } from './webhook-signature'

export type AuthorizationKind = 'none' | 'bearer' | 'basic'

/** A validator as it is called. Its credentials are sealed: the signer opens them, for this row alone. */
export interface Validator {
  id: string
  name: string
  /** intune: the connector of the same id has the rest, and nothing below is used. */
  kind: 'webhook' | 'intune'
  connectorId: string | null
  dialect: Dialect
  url: string
  secretSealed: Uint8Array
  authorizationKind: AuthorizationKind
  authorizationSealed: Uint8Array | null
  timeoutMs: number
  sendCsr: SendCsr
  askOnRenewal: boolean
  notify: boolean
  /** The notification must have succeeded before the certificate leaves. */
  notifyBeforeAnswer: boolean
  allowedHosts: string[]
  disabled: boolean
  /** In a row. */
  failures: number
}

/** Why there is no verdict. `status`: another status than 2xx. `not_json`: an answer that is none of this protocol. */
export type ValidatorFault = OutboundFault | 'status' | 'not_json' | 'circuit_open' | 'credentials'

export interface WebhookCall {
  validator: Validator
  secret: Uint8Array
  /** Value of the Authorization header. */
  authorization: string | null
  /** Stays the same when the same question is asked again. */
  messageId: string
  at: Date
  body: Uint8Array
}

export type CallOutcome =
  | { answered: true; body: Uint8Array; address: string; attempts: number }
  | { answered: false; fault: ValidatorFault; detail: string; status: number | null; attempts: number }

/** lib/adapters/validation implements it: one message, at most one repetition, within the device's patience. */
export interface WebhookClient {
  call(call: WebhookCall): Promise<CallOutcome>
}

export interface ValidatorCircuitStore {
  validator(id: string): Promise<Validator | null>
  /**
   * After too many failures in a row nobody asks until the pause is over, and then one caller does, on every instance
   * together. False for all others.
   */
  admitProbe(id: string, seconds: number): Promise<boolean>
  succeeded(id: string): Promise<void>
  /** `counts` is false for an answer that shows that the other side is up. */
  failed(id: string, failure: { error: string; counts: boolean; openAfter: number; openSeconds: number }): Promise<void>
}

/** For somebody who only looks: what comes of the call is not written to the row of the validator. */
export function unnoted({ validator }: Pick<ValidatorCircuitStore, 'validator'>): ValidatorCircuitStore {
  return { validator, admitProbe: async () => true, succeeded: async () => {}, failed: async () => {} }
}

export type Asked = { asked: true; verdict: Verdict; attempts: number } | Unasked
export interface Unasked {
  asked: false
  fault: ValidatorFault
  detail: string
}

export interface ValidatorCalls {
  ask(validator: Validator, messageId: string, body: Uint8Array): Promise<Asked>
  /** A notification; its answer is not read. */
  tell(validator: Validator, messageId: string, body: Uint8Array): Promise<{ told: true } | Unasked>
}

export interface ValidatorCallsDependencies {
  store: ValidatorCircuitStore
  client: WebhookClient
  signer: Pick<Signer, 'open'>
  clock(): Date
  parse(body: Uint8Array): Verdict | null
}

export const OPEN_AFTER_FAILURES = 5
export const OPEN_SECONDS = 30
/** Longer than any call takes: a probe that dies with its process lets the next one through after it. */
const PROBE_SECONDS = 15

export function createValidatorCalls(dependencies: ValidatorCallsDependencies): ValidatorCalls {
  const { store, client, signer, clock, parse } = dependencies

  return {
    async ask(validator, messageId, body) {
      if (validator.failures >= OPEN_AFTER_FAILURES && !(await store.admitProbe(validator.id, PROBE_SECONDS)))
        return unasked('circuit_open', 'The validator failed several times in a row and is left alone for a while.')
      const outcome = await call(validator, messageId, body)
      if ('asked' in outcome) return noted(validator, outcome, true)
      if (!outcome.answered) return noted(validator, unasked(outcome.fault, outcome.detail), countsAgainst(outcome))
      const verdict = parse(outcome.body)
      if (verdict === null)
        return noted(validator, unasked('not_json', 'The answer is not the JSON that a validator gives.'), true)
      await store.succeeded(validator.id)
      return { asked: true, verdict, attempts: outcome.attempts }
    },

    async tell(validator, messageId, body) {
      const outcome = await call(validator, messageId, body)
      if ('asked' in outcome) return outcome
      return outcome.answered ? { told: true } : unasked(outcome.fault, outcome.detail)
    },
  }

  async function call(validator: Validator, messageId: string, body: Uint8Array): Promise<CallOutcome | Unasked> {
    try {
      const [secret, authorization] = await Promise.all([
        signer.open('validator', validator.id, validator.secretSealed),
        authorizationOf(validator),
      ])
      return await client.call({ validator, secret, authorization, messageId, at: clock(), body })
    } catch (error) {
      if (isRefusal(error, 'invalid_input'))
        return unasked('credentials', 'The stored credentials do not open. Enter them again.')
      throw error
    }
  }

  async function authorizationOf({ id, authorizationKind, authorizationSealed }: Validator): Promise<string | null> {
    if (authorizationKind === 'none' || authorizationSealed === null) return null
    const credential = Buffer.from(await signer.open('validator-authorization', id, authorizationSealed))
    return authorizationKind === 'bearer'
      ? `Bearer ${credential.toString('utf8')}`
      : `Basic ${credential.toString('base64')}`
  }

  async function noted(validator: Validator, outcome: Unasked, counts: boolean): Promise<Unasked> {
    const error = `${outcome.fault}: ${outcome.detail}`
    await store.failed(validator.id, {
      error,
      counts,
      openAfter: OPEN_AFTER_FAILURES,
      openSeconds: OPEN_SECONDS,
    })
    return outcome
  }
}

/** Who answers 4xx is up: a request made by a stranger to be answered so shall not shut out all others. */
function countsAgainst({ fault, status }: { fault: ValidatorFault; status: number | null }): boolean {
  return !(fault === 'status' && status !== null && status >= 400 && status < 500)
}

function unasked(fault: ValidatorFault, detail: string): Unasked {
  return { asked: false, fault, detail }
}
