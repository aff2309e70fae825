/** What an administrator may say about a validator, checked before anything is stored. */
import { Refusal } from '@/lib/errors'
import { checkedText } from './challenge-constraints'
import type { SendCsr } from './webhook-body'
import type { Dialect } from './webhook-signature'

export interface ValidatorSettings {
  name: string
  dialect: Dialect
  url: string
  timeoutMs: number
  sendCsr: SendCsr
  askOnRenewal: boolean
  notify: boolean
  notifyBeforeAnswer: boolean
  allowedHosts: string[]
}

export type Authorization =
  | { kind: 'none' }
  | { kind: 'bearer'; token: string }
  | { kind: 'basic'; user: string; password: string }

/** Fields that stay away keep their value, or their default when the validator is new. */
export type ValidatorChange = { [K in keyof ValidatorSettings]?: ValidatorSettings[K] | undefined } & {
  authorization?: Authorization | undefined
}

const DEFAULTS: ValidatorSettings = {
  name: '',
  dialect: 'standard',
  url: '',
  timeoutMs: 5_000,
  sendCsr: 'masked',
  askOnRenewal: false,
  notify: true,
  notifyBeforeAnswer: false,
  allowedHosts: [],
}
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-f:.]{2,45}|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?$/i
const MOST_HOSTS = 20
const MAX_CREDENTIAL = 2_000

export function checkedValidator(change: ValidatorChange, before: ValidatorSettings | null): ValidatorSettings {
  const { authorization, ...given } = change
  const settings = { ...DEFAULTS, ...before, ...withoutUndefined(given) }
  const faults: Record<string, string> = {}
  const name = checkedText('name', settings.name, 100)
  if (name === null) faults.name = 'Give it a name.'
  if (!isUsable(settings.url)) faults.url = 'Write an address that begins with https://, without a user name in it.'
  if (!Number.isInteger(settings.timeoutMs) || settings.timeoutMs < 1_000 || settings.timeoutMs > 15_000)
    faults.timeoutMs = 'From 1 to 15 seconds.'
  if (settings.allowedHosts.length > MOST_HOSTS || settings.allowedHosts.some((host) => !HOST.test(host)))
    faults.allowedHosts = 'Write hosts such as validator.internal or 10.0.0.5:8443, 20 at most.'
  if (authorization !== undefined && !isCredential(authorization))
    faults.authorization = 'Write the credential: letters, digits and signs, without line breaks.'
  const [first] = Object.values(faults)
  if (first !== undefined || name === null)
    throw new Refusal('invalid_input', first ?? '', { reason: 'invalid_validator', fields: faults })
  return { ...pick(settings), name, allowedHosts: settings.allowedHosts.map((host) => host.toLowerCase()) }
}

/** Only what is a setting: a view carries more. */
function pick(settings: ValidatorSettings): ValidatorSettings {
  const { name, dialect, url, timeoutMs, sendCsr, askOnRenewal, notify, notifyBeforeAnswer, allowedHosts } = settings
  return { name, dialect, url, timeoutMs, sendCsr, askOnRenewal, notify, notifyBeforeAnswer, allowedHosts }
}

/** http:// is for places that the deployment allows; whether this is one shows when it is called. */
function isUsable(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || text.length > 2_000 || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return url.username === '' && url.password === '' && url.hostname !== '' && url.hash === ''
}

function isCredential(authorization: Authorization): boolean {
  switch (authorization.kind) {
    case 'none':
      return true
    case 'bearer':
      return /^[\x21-\x7e]+$/.test(authorization.token) && authorization.token.length <= MAX_CREDENTIAL
    case 'basic': {
      const { user, password } = authorization
      const sound = user !== '' && !user.includes(':') && !/\p{Cc}/u.test(user + password)
      return sound && user.length + password.length <= MAX_CREDENTIAL
    }
  }
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
