/** What notices look like as e-mails: plain text, the most urgent first, each with the page to go to. */
import type { AuditSeverity } from './audit'
import type { NoticeTopic } from './notice-types'

export interface MailedNotice {
  topic: NoticeTopic
  severity: AuditSeverity
  summary: string
  path: string
}

const WHAT_TO_DO: Record<NoticeTopic, string> = {
  'authority-expiry': 'Plan the rollover: what it signed ends with it.',
  'registration-authority-expiry':
    'Latchkey renews it by itself thirty days before. If it ends sooner, look why it was not renewed.',
  'connector-expiry': 'Make a new credential there and enter it, or Latchkey cannot reach that system any more.',
  'static-secret-expiry': 'Make another one and bring it to the devices, or they cannot enrol any more.',
  'api-key-expiry': 'Create another key, give it to the program that uses this one, then revoke this one.',
  'enrolment-failures': 'Open the enrolments of the endpoint: each says why it was refused.',
  'connector-failures': 'Test the connection: it says which step fails and what to do.',
}

const URGENCY: readonly AuditSeverity[] = ['critical', 'high', 'medium', 'low', 'info']

export function noticeMail(notices: readonly MailedNotice[], publicUrl: URL): { subject: string; text: string } {
  const sorted = [...notices].sort((a, b) => URGENCY.indexOf(a.severity) - URGENCY.indexOf(b.severity))
  const [first] = sorted
  const subject =
    sorted.length === 1 && first !== undefined
      ? `Latchkey: ${shortened(first.summary)}`
      : `Latchkey: ${sorted.length} things need attention`
  const parts = sorted.map(({ topic, summary, path }) =>
    [plain(summary), WHAT_TO_DO[topic], new URL(path, publicUrl).href].join('\n'),
  )
  return { subject, text: [...parts, footer(publicUrl)].join('\n\n') }
}

export function testMail(by: string, publicUrl: URL): { subject: string; text: string } {
  const text = `${plain(by)} sent this to see whether e-mails of Latchkey arrive. They do.`
  return { subject: 'Latchkey: test of the mail server', text: [text, footer(publicUrl)].join('\n\n') }
}

export function messageId(id: string, publicUrl: URL): string {
  return `${id}@${publicUrl.hostname.replace(/^\[(.*)\]$/, '$1').replaceAll(':', '-')}`
}

function footer(publicUrl: URL): string {
  return `-- \nWho gets which notices: ${new URL('/settings/notifications', publicUrl).href}\n`
}

/** Names are what people and devices wrote: they begin no line of their own. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
}

function shortened(text: string): string {
  const line = plain(text)
  return line.length <= 120 ? line : `${line.slice(0, 119)}\u2026`
}
