/** How a service sends an e-mail through a server that an administrator typed. lib/adapters/net implements it. */

/** tls: from the first byte. starttls: before anything else is said. none: only where the deployment allows plain text. */
export const MAIL_SECURITIES = ['tls', 'starttls', 'none'] as const
export type MailSecurity = (typeof MAIL_SECURITIES)[number]

export interface MailServer {
  host: string
  port: number
  security: MailSecurity
  /** Null where it wants none; never without TLS. */
  credential: { username: string; password: string } | null
  /** An administrator says that it is in a private network. */
  privateNetwork: boolean
  /** Authorities to trust instead of the usual ones, in PEM. */
  ca: string | null
}

export interface MailMessage {
  /** Without angle brackets; the same when it is sent again. */
  messageId: string
  from: { name: string; address: string }
  to: { name: string; address: string }
  subject: string
  /** Plain text. */
  text: string
}

export type MailFault =
  | 'dns_failed'
  | 'address_refused'
  | 'plain_refused'
  | 'connect_failed'
  | 'tls_failed'
  | 'sign_in_refused'
  | 'recipient_refused'
  | 'message_refused'
  | 'timeout'
  | 'connection_lost'

export type MailOutcome =
  | { sent: true }
  /** `detail` is for administrators and holds no secret. `final`: sending it again would not help. */
  | { sent: false; fault: MailFault; detail: string; status: number | null; final: boolean }

export interface Mailer {
  /** Never throws for what the other side does. */
  send(server: MailServer, message: MailMessage): Promise<MailOutcome>
}
