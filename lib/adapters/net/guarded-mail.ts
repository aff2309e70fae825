/** The only code that sends e-mail: to servers whose addresses were checked, over TLS, within a time. */
import { isIP } from 'node:net'
import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Mailer, MailFault, MailMessage, MailOutcome, MailServer } from '@/lib/services/mail'
import { checkedAddresses, type LookupOptions, type ResolvedAddress, Stopped } from './guarded-lookup'

export interface GuardedMailOptions extends LookupOptions {
  /** What we call ourselves to it. */
  name: string
  /** For everything. */
  timeoutMs?: number
}

const TIMEOUT_MS = 20_000
const CONNECT_MS = 5_000
const MOST_ADDRESSES = 3

export function guardedMail(options: GuardedMailOptions): Mailer {
  return {
    async send(server, message) {
      const deadline = performance.now() + (options.timeoutMs ?? TIMEOUT_MS)
      const { host, port, security, privateNetwork } = server
      try {
        const target = { host: host.toLowerCase(), port, plain: security === 'none' }
        const addresses = await checkedAddresses(target, privateNetwork ? [target.host] : [], deadline, options)
        let outcome: MailOutcome | null = null
        for (const address of addresses.slice(0, MOST_ADDRESSES)) {
          outcome = await exchange(server, message, address, deadline, options.name)
          if (outcome.sent || outcome.fault !== 'connect_failed') return outcome
        }
        return outcome ?? failure('connect_failed', `Cannot connect to ${host}.`)
      } catch (error) {
        if (error instanceof Stopped) return stopped(error)
        throw error
      }
    },
  }
}

function stopped({ fault, message }: Stopped): MailOutcome {
  if (fault === 'url_refused')
    return failure(
      'plain_refused',
      'Without TLS only servers are used that LATCHKEY_OUTBOUND_ALLOW names with http://.',
    )
  return failure(fault === 'address_refused' ? 'address_refused' : 'dns_failed', message)
}

/** To an address that was just checked: the name serves for its certificate alone and is not looked up again. */
async function exchange(
  { host, port, security, credential, ca }: MailServer,
  message: MailMessage,
  { address }: ResolvedAddress,
  deadline: number,
  name: string,
): Promise<MailOutcome> {
  const remaining = Math.max(deadline - performance.now(), 1)
  const connecting = Math.min(CONNECT_MS, remaining)
  const giveUp = AbortSignal.timeout(Math.ceil(remaining))
  const transport = createTransport({
    host: address,
    port,
    name,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(isIP(host) === 0 ? { servername: host } : {}),
    tls: { minVersion: 'TLSv1.2', ...(ca === null ? {} : { ca }) },
    ...(credential === null ? {} : { auth: { user: credential.username, pass: credential.password } }),
    connectionTimeout: connecting,
    greetingTimeout: connecting,
    socketTimeout: remaining,
    socketCloseTimeout: 1,
    maxResponseSize: 65_536,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({ ...contentOf(message), signal: giveUp })
    return { sent: true }
  } catch (error) {
    return outcomeOf(error, { host, address, late: giveUp.aborted })
  } finally {
    transport.close()
  }
}

function contentOf({ messageId, from, to, subject, text }: MailMessage): SendMailOptions {
  return {
    from,
    to,
    subject,
    text,
    messageId: `<${messageId}>`,
    // RFC 3834 §5: who is away does not answer a program.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

interface Circumstances {
  host: string
  address: string
  late: boolean
}

/** What nodemailer says of a failure. */
interface MailError extends Error {
  code?: string
  /** The code that Node gave, where there was one. */
  originalCode?: string
  responseCode?: number
  command?: string
  timeoutType?: string
}

const CERTIFICATE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH)/
const UNREACHABLE = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN)$/

/** By code and status, never by text: what a server says may repeat what we said, the password included. */
function outcomeOf(error: unknown, { host, address, late }: Circumstances): MailOutcome {
  if (!(error instanceof Error)) throw error
  const { code, originalCode = '', responseCode, command, timeoutType } = error as MailError
  // Before anything was said: another address of it may be asked.
  if (UNREACHABLE.test(originalCode))
    return failure('connect_failed', `Cannot connect to ${address} (${originalCode}).`)
  if (timeoutType === 'CONNECT_TIMEOUT') return failure('connect_failed', `No connection to ${address} in time.`)
  if (late || code === 'ETIMEDOUT') return failure('timeout', `${host} did not answer in time.`)
  if (CERTIFICATE.test(originalCode)) return failure('tls_failed', `TLS with ${host} failed (${originalCode}).`)
  const status = responseCode ?? null
  const said = status === null ? '' : ` It answered ${status}.`
  const final = status !== null && status >= 500
  switch (code) {
    case 'ETLS':
      return failure('tls_failed', `TLS with ${host} failed: it does not offer it, or broke it off.`)
    case 'EAUTH':
    case 'ENOAUTH':
      return { ...failure('sign_in_refused', `It refused the user name or the password.${said}`), status }
    case 'EENVELOPE':
      // Of the sender it may think better once the server is set right; a recipient it does not know stays unknown.
      if (command === 'MAIL FROM') return { ...failure('message_refused', `It refused the sender.${said}`), status }
      return { ...failure('recipient_refused', `It refused the recipient.${said}`), status, final }
    case 'EMESSAGE':
      return { ...failure('message_refused', `It refused the message.${said}`), status, final }
    default:
      return failure('connection_lost', `The connection to ${host} broke.${said}`)
  }
}

function failure(fault: MailFault, detail: string): MailOutcome & { sent: false } {
  return { sent: false, fault, detail, status: null, final: false }
}
