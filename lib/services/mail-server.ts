/** The server through which e-mails leave: set, tested, removed. Its password is sealed and never shown again. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { checkedText } from './challenge-constraints'
import { MAIL_SECURITIES, type Mailer, type MailOutcome, type MailSecurity, type MailServer } from './mail'
import { messageId, testMail } from './notice-mail'
import { isMailAddress } from './notices'
import { authorise } from './permissions'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface MailServerView {
  host: string
  port: number
  security: MailSecurity
  username: string | null
  hasPassword: boolean
  fromName: string
  fromAddress: string
  privateNetwork: boolean
  /** PEM. */
  ca: string | null
  updatedAt: Date
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
}

export interface MailServerSettings {
  host: string
  port: number
  security: MailSecurity
  username: string | null
  /** Absent: the one that is stored. */
  password?: string
  fromName: string
  fromAddress: string
  privateNetwork: boolean
  ca: string | null
}

export interface MailTest {
  works: boolean
  /** What came of it, for an administrator. */
  sentence: string
}

export interface MailServerService {
  /** Null before one is set. */
  get(actor: Actor): Promise<MailServerView | null>
  /** Refusals: invalid_input. Whatever goes to another server or account needs its password again. */
  set(actor: Actor, settings: MailServerSettings): Promise<MailServerView>
  /** Notices wait then. Refusals: not_found. */
  remove(actor: Actor): Promise<void>
  /** Sends a test at once. Refusals: not_found, invalid_input, rate_limited. */
  test(actor: Actor, to: string): Promise<MailTest>
}

export interface MailServerRow extends Omit<MailServerView, 'hasPassword'> {
  id: string
  passwordSealed: Uint8Array | null
}

export interface MailServerStore {
  mailServer(): Promise<MailServerRow | null>
  /** What waits is due at once. */
  set(row: Omit<MailServerRow, 'lastSuccessAt' | 'lastFailureAt' | 'lastError'>, event: AuditEntry): Promise<void>
  remove(event: AuditEntry): Promise<boolean>
  /** How a message fared, a test among them. */
  noteTest(test: { id: string; address: string; at: Date; error: string | null }, event: AuditEntry): Promise<void>
}

export interface MailServerDependencies {
  store: MailServerStore
  mailer: Mailer
  signer: Pick<Signer, 'seal' | 'open'>
  urls: Pick<Urls, 'publicUrl'>
  limit(key: string, count: number, seconds: number): Promise<void>
  clock(): Date
}

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$|^[0-9a-f:]{2,45}$/i
const MOST = { name: 100, username: 254, password: 1_000, ca: 50_000 }
const TESTS = { count: 10, seconds: 600 }

export function createMailServer(dependencies: MailServerDependencies): MailServerService {
  const { store, mailer, signer, urls, limit, clock } = dependencies

  async function known(): Promise<MailServerRow> {
    const row = await store.mailServer()
    if (row === null)
      throw new Refusal('not_found', 'There is no mail server yet. Set one first.', { reason: 'no_mail_server' })
    return row
  }

  return {
    async get(actor) {
      authorise(actor, 'notice:read')
      const row = await store.mailServer()
      return row === null ? null : viewOf(row)
    },

    async set(actor, asked) {
      authorise(actor, 'notice:manage')
      const before = await store.mailServer()
      const settings = checked(asked, before)
      const id = before?.id ?? crypto.randomUUID()
      const { password, ...rest } = settings
      const passwordSealed =
        password !== undefined
          ? await signer.seal('mail-server', id, Buffer.from(password, 'utf8'))
          : settings.username === null
            ? null
            : (before?.passwordSealed ?? null)
      const fields = [
        ...FIELDS.filter((field) => before?.[field] !== rest[field]),
        ...(password === undefined ? [] : ['password']),
      ]
      await store.set(
        { ...rest, id, passwordSealed, updatedAt: clock() },
        {
          type: 'mail_server.changed',
          outcome: 'success',
          actor,
          object: { type: 'mail-server', id, name: settings.host },
          change: { fields },
        },
      )
      return viewOf(await known())
    },

    async remove(actor) {
      authorise(actor, 'notice:manage')
      const { id, host } = await known()
      const object = { type: 'mail-server' as const, id, name: host }
      await store.remove({ type: 'mail_server.removed', outcome: 'success', actor, object })
    },

    async test(actor, to) {
      authorise(actor, 'notice:manage')
      const row = await known()
      if (!isMailAddress(to)) throw invalid({ to: 'Write an e-mail address, such as pki@example.org.' })
      await limit(`mail-test:${actor.id ?? actor.name}`, TESTS.count, TESTS.seconds)
      const id = crypto.randomUUID()
      const address = to.trim()
      const outcome = await mailer.send(await openedServer(row, signer), {
        messageId: messageId(id, urls.publicUrl),
        from: { name: row.fromName, address: row.fromAddress },
        to: { name: '', address },
        ...testMail(actor.name, urls.publicUrl),
      })
      const error = outcome.sent ? null : outcome.detail
      await store.noteTest({ id, address, at: clock(), error }, testEvent(actor, row, outcome))
      return {
        works: outcome.sent,
        sentence: outcome.sent ? `${row.host} took it. Look whether it arrives at ${address}.` : outcome.detail,
      }
    },
  }
}

const FIELDS = ['host', 'port', 'security', 'username', 'fromName', 'fromAddress', 'privateNetwork', 'ca'] as const

/** As the mailer takes it, with the password. */
export async function openedServer(row: MailServerRow, signer: Pick<Signer, 'open'>): Promise<MailServer> {
  const { id, host, port, security, username, passwordSealed, privateNetwork, ca } = row
  const credential =
    username === null || passwordSealed === null
      ? null
      : { username, password: Buffer.from(await signer.open('mail-server', id, passwordSealed)).toString('utf8') }
  return { host, port, security, credential, privateNetwork, ca }
}

function viewOf({ id: _, passwordSealed, ...row }: MailServerRow): MailServerView {
  return { ...row, hasPassword: passwordSealed !== null }
}

/** Throws one Refusal that names every field that is wrong. */
function checked(asked: MailServerSettings, before: MailServerRow | null): MailServerSettings {
  const host = asked.host.trim().toLowerCase()
  const username = asked.username === null ? null : checkedText('username', asked.username, MOST.username)
  const fromName = checkedText('fromName', asked.fromName, MOST.name)
  const ca = asked.ca?.trim() || null
  const faults: Record<string, string> = {}
  if (!HOST.test(host)) faults.host = 'Write a host name, such as mail.example.org.'
  if (!Number.isInteger(asked.port) || asked.port < 1 || asked.port > 65_535) faults.port = 'Write a port, 1 to 65535.'
  if (!MAIL_SECURITIES.includes(asked.security)) faults.security = `Choose one of ${MAIL_SECURITIES.join(', ')}.`
  if (fromName === null) faults.fromName = 'Give the name that readers see, such as Latchkey.'
  if (!isMailAddress(asked.fromAddress)) faults.fromAddress = 'Write an e-mail address, such as pki@example.org.'
  if (ca !== null && (ca.length > MOST.ca || !PEM.test(ca))) faults.ca = 'Paste certificates in PEM, or leave it empty.'
  if (username !== null && asked.security === 'none') faults.username = 'Without TLS nobody signs in: choose TLS.'
  if (asked.password !== undefined) {
    if (username === null) faults.username = 'A password needs a user name.'
    if (asked.password === '' || asked.password.length > MOST.password || /\p{Cc}/u.test(asked.password))
      faults.password = `Write a password of at most ${MOST.password} characters.`
  } else if (username !== null && needsPassword(before, { ...asked, host, username })) {
    faults.password =
      before?.passwordSealed == null
        ? 'Enter the password.'
        : 'Enter the password again: it would go to another server or account.'
  }
  if (Object.keys(faults).length > 0 || fromName === null) throw invalid(faults)
  return { ...asked, host, username, fromName, fromAddress: asked.fromAddress.trim(), ca }
}

const PEM = /^(-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/

/** Whoever takes over an administrator's session does not learn it by sending it elsewhere. */
function needsPassword(before: MailServerRow | null, after: MailServerSettings): boolean {
  if (before === null || before.passwordSealed === null) return true
  return SECRET_GOES_WITH.some((field) => before[field] !== after[field])
}

const SECRET_GOES_WITH = ['host', 'port', 'username', 'privateNetwork', 'ca'] as const

function testEvent(actor: Actor, { id, host }: MailServerRow, outcome: MailOutcome): AuditEntry {
  const object = { type: 'mail-server' as const, id, name: host }
  if (outcome.sent) return { type: 'mail_server.tested', outcome: 'success', actor, object }
  return { type: 'mail_server.tested', outcome: 'failure', reason: outcome.fault, actor, object }
}

function invalid(fields: Record<string, string>): Refusal {
  const [first = 'Something in the form needs another look.'] = Object.values(fields)
  return new Refusal('invalid_input', first, { reason: 'invalid_mail_server', fields })
}
