/** One readable line for every audit event, made from nothing but what the event itself says. */
import type { AuditEventType, Json } from './audit'
import type { RecordedEvent } from './audit-events'
import { shortId } from './short-id'

/** "Ada Admin revoked certificate 0A1B… (keyCompromise)". Text from outside is shown with its tricks made visible. */
export function sentenceOf(event: RecordedEvent): string {
  const write: ((event: RecordedEvent) => string) | undefined = SENTENCES[event.type]
  // A trail outlives versions: a type that a later version recorded must still be readable after a step back.
  const line = write ? write(event) : `${who(event)}: ${event.type} (${event.outcome})`
  // A part that the event does not name leaves no gap.
  return visible(line.replace(/ {2,}/g, ' ').trim())
}

const SENTENCES: Record<AuditEventType, (event: RecordedEvent) => string> = {
  'system.backup_recorded': (event) => `${who(event)} recorded a backup${noted(event)}`,
  'system.setup_completed': (event) => `${who(event)} set up ${what(event, 'the organisation')}`,
  'authn.login.succeeded': (event) =>
    `${who(event)} signed in${said(event, 'newDevice') === 'true' ? ' from a new place' : ''}`,
  'authn.login.failed': (event) => `Sign-in failed for ${what(event, 'an unknown user')}${why(event)}`,
  'authn.account.locked': (event) => `Sign-in to ${what(event, 'an unknown account')} delayed${until(event)}`,
  'authn.logout': (event) =>
    event.reason === 'idle' || event.reason === 'absolute'
      ? `The session of ${what(event, 'a user')} ended${why(event)}`
      : `${who(event)} signed out`,
  'authn.session.revoked': (event) =>
    `${who(event)} ended ${counted(event, 'session')} of ${what(event, 'a user')}${why(event)}`,
  'authn.password.changed': (event) =>
    event.outcome === 'success'
      ? `${who(event)} changed the password of ${what(event, 'a user')}`
      : `${who(event)} could not change the password of ${what(event, 'a user')}${why(event)}`,
  'authz.denied': (event) =>
    `${who(event)} was denied ${said(event, 'permission') ?? 'access'}${on(event)}${why(event)}`,
  'iam.user.created': (event) => `${who(event)} created user ${what(event)}${as(event)}`,
  'iam.user.updated': (event) => `${who(event)} changed user ${what(event)}${fields(event)}`,
  'iam.user.disabled': (event) => `${who(event)} disabled user ${what(event)}`,
  'iam.user.enabled': (event) => `${who(event)} enabled user ${what(event)}`,
  'iam.groups.changed': (event) => `${who(event)} ${limited(event)}`,
  'iam.role.granted': (event) => `${who(event)} made ${what(event)} ${said(event, 'role') ?? 'something else'}`,
  'iam.token.created': (event) => `${who(event)} created API key ${what(event)}${as(event)}`,
  'iam.token.revoked': (event) => `${who(event)} revoked API key ${what(event)}`,
  'iam.token.rejected': (event) => `API key ${what(event, 'of an unknown caller')} rejected${why(event)}`,
  'ca.create.requested': (event) => `${who(event)} asked for authority ${what(event)}`,
  'ca.create.completed': (event) => `${who(event)} created authority ${what(event)}`,
  'ca.revoked': (event) => `${who(event)} revoked the authority ${what(event)}${code(event)}`,
  'ca.revocation_drilled': (event) => `${who(event)} drilled the revocation of the authority ${what(event)}`,
  'ca.imported': (event) =>
    `${who(event)} imported authority ${what(event)}${said(event, 'key') === 'here' ? ', whose key is here' : ', whose key is elsewhere'}`,
  'ca.request.created': (event) => `${who(event)} made a request for authority ${what(event)} to be signed elsewhere`,
  'ca.request.withdrawn': (event) => `${who(event)} withdrew the request for authority ${what(event)}`,
  'ca.crl_imported': (event) =>
    `${who(event)} imported revocation list ${said(event, 'number') ?? ''} of ${what(event)}`,
  'ca.default_root_changed': (event) => `${who(event)} made ${what(event)} the root of new issuers`,
  'ca.key_sealed': (event) => `${who(event)} fetched the sealed key of ${what(event)}`,
  'ca.key_taken_offline': (event) => `${who(event)} took the key of ${what(event)} offline`,
  'ca.key_brought_back': (event) => `${who(event)} brought the key of ${what(event)} back`,
  'group.created': (event) => `${who(event)} created group ${what(event)}`,
  'group.updated': (event) => `${who(event)} changed group ${what(event)}${fields(event)}`,
  'group.retired': (event) => `${who(event)} retired group ${what(event)}`,
  'group.reopened': (event) => `${who(event)} reopened group ${what(event)}`,
  'endpoint.created': (event) => `${who(event)} created endpoint ${what(event)}`,
  'endpoint.updated': (event) => `${who(event)} changed endpoint ${what(event)}${fields(event)}`,
  'key.generated': (event) =>
    `${who(event)} generated ${said(event, 'alg', 'algorithm') ?? 'a'} key${forPurpose(event)}`,
  'key.imported': (event) => `${who(event)} imported ${said(event, 'alg', 'algorithm') ?? 'a'} key${forPurpose(event)}`,
  'key.used': (event) => `Key ${short(event.object.id) ?? ''} used${forPurpose(event) || ' to sign'}`,
  'challenge.minted': (event) => `${who(event)} minted a challenge for ${subject(event)}`,
  'challenge.mint_refused': (event) => `${who(event)} was refused a challenge${why(event)}`,
  'challenge.reserved': (event) => `Challenge for ${subject(event)} reserved for a request`,
  'challenge.released': (event) => `Challenge for ${subject(event)} released${why(event)}`,
  'challenge.consumed': (event) => `Challenge for ${subject(event)} consumed by its certificate`,
  'challenge.mismatch': (event) =>
    `Challenge for ${subject(event)} presented with a request that does not match${why(event)}`,
  'challenge.replayed': (event) =>
    said(event, 'alarm') === 'true'
      ? `A second key presented the used challenge for ${event.object.name ?? subject(event)}`
      : `Challenge for ${subject(event)} presented again with another key or request`,
  'challenge.unknown': (event) => `Unknown challenge presented${by(event)}${why(event)}`,
  'challenge.expired': (event) =>
    said(event, 'count') === undefined
      ? `Expired challenge for ${subject(event)} ${said(event, 'presented') === 'true' ? 'presented' : 'put away'}`
      : `${counted(event, 'challenge')} expired unused`,
  'challenge.revoked': (event) => `${who(event)} revoked the challenge for ${subject(event)}`,
  'enrol.request.rejected': (event) => `Enrolment refused${forSubject(event)}${why(event)}`,
  'scep.retransmission': (event) => `Request sent again${forSubject(event)}: answered with the same certificate`,
  'scep.transaction_conflict': (event) =>
    `Transaction ${short(event.request.transactionId) ?? ''} used again with another key`,
  'certificate.issue_intent': (event) => `Certificate ${serial(event)} about to be signed${forSubject(event)}`,
  'certificate.issued': (event) => `Certificate ${serial(event)} issued${forSubject(event)}`,
  'certificate.issue_failed': (event) =>
    `Certificate ${serial(event)} could not be issued${forSubject(event)}${why(event)}`,
  'certificate.reconciled': (event) =>
    `Certificate ${serial(event)} left by a crash was ${said(event, 'resolution') ?? 'settled'}`,
  'certificate.revoked': (event) =>
    `${who(event)} revoked certificate ${serial(event)}${forSubject(event)}${code(event)}`,
  'certificate.hold_set': (event) => `${who(event)} put certificate ${serial(event)} on hold${forSubject(event)}`,
  'certificate.hold_released': (event) => `${who(event)} released certificate ${serial(event)}${forSubject(event)}`,
  'list.exported': (event) =>
    `${who(event)} exported the list ${what(event)} as ${said(event, 'format') ?? 'a file'}, ${said(event, 'rows') ?? 'uncounted'} rows`,
  'saved_view.saved': (event) => `${who(event)} saved the view ${what(event)} of ${said(event, 'list') ?? 'a list'}`,
  'saved_view.removed': (event) =>
    `${who(event)} removed the view ${what(event)} of ${said(event, 'list') ?? 'a list'}`,
  'certificate.bulk_revoke.scheduled': (event) =>
    `${who(event)} scheduled the bulk revocation of ${what(event)}${matched(event)}${forLater(event)}`,
  'certificate.bulk_revoke.started': (event) =>
    `${who(event)} started the bulk revocation of ${what(event)}${matched(event)}`,
  'certificate.bulk_revoke.finished': (event) => `The bulk revocation of ${what(event)} is finished${tally(event)}`,
  'certificate.bulk_revoke.stopped': (event) =>
    `${who(event)} stopped the bulk revocation of ${what(event)}${tally(event)}`,
  'certificate.bulk_revoke.cancelled': (event) =>
    `${who(event)} cancelled the bulk revocation of ${what(event)} before it began`,
  'crl.published': (event) =>
    `CRL ${said(event, 'number') ?? ''} of ${what(event, 'an authority')} published${entries(event)}`,
  'crl.publish_failed': (event) => `The CRL of ${what(event, 'an authority')} could not be published${why(event)}`,
  'audit.verified': (event) => `${who(event)} verified the audit trail: ${counted(event, 'event')} in order`,
  'audit.verification_failed': (event) =>
    `${who(event)} found the audit trail broken at event ${said(event, 'seq') ?? 'unknown'}${why(event)}`,
  'audit.exported': (event) =>
    event.outcome === 'pending'
      ? `${who(event)} began to export ${what(event, 'the audit trail')}${ofPeriod(event)}`
      : `${who(event)} exported ${what(event, 'the audit trail')}${ofPeriod(event)}: ${counted(event, 'event')}${why(event)}`,
  'audit.read': (event) => `${who(event)} read ${what(event, 'a page')}`,
  'system.rate_limited': (event) =>
    `Too many requests in ${said(event, 'bucket') ?? 'one bucket'}${times(event)}: some were refused`,
  'system.diagnostics_exported': (event) => `${who(event)} exported the diagnostics of the installation`,
  'system.retention_changed': (event) =>
    `${who(event)} changed how long the ${what(event)} keeps its records${fields(event)}`,
  'system.default_endpoint_changed': (event) => `${who(event)} chose where clients lead that cannot name an endpoint`,
  'challenge_page.account_created': (event) => `${who(event)} added account ${what(event)} to ${pageOf(event)}`,
  'challenge_page.account_changed': (event) =>
    `${who(event)} changed account ${what(event)} of ${pageOf(event)}${fields(event)}`,
  'challenge_page.account_enabled': (event) => `${who(event)} enabled account ${what(event)} of ${pageOf(event)}`,
  'challenge_page.account_disabled': (event) => `${who(event)} disabled account ${what(event)} of ${pageOf(event)}`,
  'challenge_page.secret_replaced': (event) =>
    `${who(event)} replaced the secret of account ${what(event)} of ${pageOf(event)}`,
  'challenge_page.refused': (event) =>
    `${what(event, 'An unknown caller')} was refused at ${pageOf(event)}${why(event)}`,
  'challenge_page.probed': (event) => `${who(event)} asked ${pageOf(event)} for its headers alone`,
  'static_secret.created': (event) => `${who(event)} created a static secret for endpoint ${what(event)}`,
  'static_secret.revoked': (event) => `${who(event)} revoked a static secret of endpoint ${what(event)}`,
  'static_secret.used': (event) => `A static secret of endpoint ${what(event)} was used${forSubject(event)}`,
  'approval.requested': (event) => `A request waits for approval${forSubject(event)}`,
  'approval.approved': (event) => `${who(event)} approved the request${forSubject(event)}`,
  'approval.denied': (event) => `${who(event)} denied the request${forSubject(event)}`,
  'approval.expired': (event) => `A request expired without a decision${forSubject(event)}`,
  'minter.created': (event) => `${who(event)} registered minter ${what(event)}`,
  'minter.updated': (event) => `${who(event)} changed minter ${what(event)}${fields(event)}`,
  'minter.disabled': (event) => `${who(event)} disabled minter ${what(event)}`,
  'challenge.accepted': (event) => `A signed challenge${forSubject(event)} was accepted`,
  'challenge.alarm_dismissed': (event) => `${who(event)} dismissed the alarm about the challenge for ${subject(event)}`,
  'challenge.guessing': (event) =>
    `More than ${said(event, 'count') ?? 'many'} unknown challenges came to endpoint ${what(event)}`,
  'challenge.validated': (event) => `Another server asked about a challenge${forSubject(event)}${why(event)}`,
  'validator.created': (event) => `${who(event)} added validator ${what(event)}`,
  'validator.updated': (event) => `${who(event)} changed validator ${what(event)}${fields(event)}`,
  'validator.disabled': (event) => `${who(event)} disabled validator ${what(event)}`,
  'validator.answered': (event) => `Validator ${what(event)} was asked${forSubject(event)}${why(event)}`,
  'validator.unavailable': (event) => `Validator ${what(event)} did not answer${why(event)}`,
  'notification.failed': (event) => `A notification to validator ${what(event)} was not delivered${why(event)}`,
  'receiver.created': (event) => `${who(event)} added receiver ${what(event)}`,
  'receiver.updated': (event) => `${who(event)} changed receiver ${what(event)}${fields(event)}`,
  'receiver.disabled': (event) => `${who(event)} disabled receiver ${what(event)}`,
  'connector.created': (event) => `${who(event)} added connector ${what(event)}`,
  'connector.updated': (event) => `${who(event)} changed connector ${what(event)}${fields(event)}`,
  'connector.disabled': (event) => `${who(event)} disabled connector ${what(event)}`,
  'connector.credential_expiring': (event) => `The credential of connector ${what(event)} expires${expiringOn(event)}`,
  'connector.inventory_accepted': (event) =>
    `${who(event)} accepted the smaller inventory of connector ${what(event)}: ${said(event, 'seen') ?? 'fewer'} devices, ${said(event, 'before') ?? 'more'} before`,
  'renewal.authorised': (event) => `A renewal was authorised by the certificate before it${forSubject(event)}`,
  'renewal.repeated': (event) =>
    `A certificate that was renewed before asked again with another request${forSubject(event)}`,
  'rollover.staged': (event) => `${who(event)} staged the next issuer of ${what(event)}`,
  'rollover.cancelled': (event) => `${who(event)} cancelled the rollover of ${what(event)}`,
  'rollover.activated': (event) => `${who(event)} switched ${what(event)} to its next issuer`,
  'ra.staged': (event) => `${who(event)} staged the next registration authority of ${what(event)}`,
  'device.rules_changed': (event) => `${who(event)} changed the device rules of group ${what(event)}${fields(event)}`,
  'device.brake_changed': (event) => `${who(event)} changed the brake of ${what(event)}${fields(event)}`,
  'device.brake_pulled': (event) =>
    `The brake of MDM ${what(event)} is pulled: more devices than its limit would have lost certificates within an hour`,
  'device.brake_released': (event) => `${who(event)} let ${counted(event, 'device')} of ${what(event)} pass the brake`,
  'device.actions_cancelled': (event) =>
    `${who(event)} cancelled what waited for ${counted(event, 'device')} of ${what(event)}`,
  'device.challenges_revoked': (event) =>
    `${who(event)} revoked ${counted(event, 'challenge')} that waited for device ${what(event)}`,
  'device.renewal_overdue': (event) => `Certificate ${serial(event)} should have been renewed${forSubject(event)}`,
  'posture.risk_accepted': (event) => `${who(event)} accepted the risk of ${what(event)}${why(event)}`,
  'posture.risk_withdrawn': (event) => `${who(event)} no longer accepts the risk of ${what(event)}`,
  'posture.check_opened': (event) => `A check of the posture fell open: ${what(event)}`,
  'posture.kek_copy_confirmed': (event) =>
    `${who(event)} ${said(event, 'proved') === 'true' ? 'proved' : 'confirmed'} a copy of the ${what(event)}: ${said(event, 'place') ?? ''}`,
  'event_webhook.created': (event) => `${who(event)} added event webhook ${what(event)}`,
  'event_webhook.updated': (event) => `${who(event)} changed event webhook ${what(event)}${fields(event)}`,
  'event_webhook.removed': (event) => `${who(event)} removed event webhook ${what(event)}`,
  'event_webhook.failed': (event) => `An event was not delivered to webhook ${what(event)}${why(event)}`,
  'event_webhook.tested': (event) => `${who(event)} tested event webhook ${what(event)}${why(event)}`,
  'mail_server.changed': (event) => `${who(event)} changed the mail server${fields(event)}`,
  'mail_server.removed': (event) => `${who(event)} removed the mail server ${what(event)}`,
  'mail_server.tested': (event) => `${who(event)} tested the mail server ${what(event)}${why(event)}`,
  'notice.raised': (event) => said(event, 'summary') ?? `A notice about ${what(event)} was raised`,
  'notice.failed': (event) => `A notice could not be delivered to ${what(event)}${why(event)}`,
  'notice.settings_changed': (event) => `${who(event)} changed the thresholds of notices${fields(event)}`,
  'notice_recipient.created': (event) => `${who(event)} added ${what(event)} to those who get notices`,
  'notice_recipient.updated': (event) => `${who(event)} changed what notices ${what(event)} gets${fields(event)}`,
  'notice_recipient.removed': (event) => `${who(event)} removed ${what(event)} from those who get notices`,
  'network.access_changed': (event) =>
    `${who(event)} changed the network access of group ${what(event)}${fields(event)}`,
  'network.access_refused': (event) =>
    `The network did not let in ${event.object.name ?? `certificate ${serial(event)}`}${why(event)}`,
}

function who(event: RecordedEvent): string {
  if (event.actor.name) return event.actor.name
  return event.actor.type === 'system' ? 'Latchkey' : `Somebody${event.source.ip ? ` at ${event.source.ip}` : ''}`
}

function what(event: RecordedEvent, otherwise = 'without a name'): string {
  return event.object.name ?? short(event.object.id) ?? otherwise
}

function pageOf(event: RecordedEvent): string {
  return `the challenge page of ${said(event, 'endpoint') || 'the default endpoint'}`
}

function on(event: RecordedEvent): string {
  const name = event.object.name ?? short(event.object.id)
  return name ? ` on ${event.object.type} ${name}` : ''
}

function matched(event: RecordedEvent): string {
  const count = said(event, 'matched')
  return count === undefined ? '' : ` (${count} ${count === '1' ? 'certificate' : 'certificates'})`
}

function forLater(event: RecordedEvent): string {
  const time = said(event, 'startsAt')
  return time === undefined ? '' : ` for ${time.slice(0, 16).replace('T', ' ')} UTC`
}

function tally(event: RecordedEvent): string {
  const [done, skipped] = [said(event, 'done'), said(event, 'skipped')]
  return done === undefined ? '' : `: ${done} changed, ${skipped ?? '0'} skipped`
}

function by(event: RecordedEvent): string {
  const name = said(event, 'csrSubject', 'subject')
  return name ? ` by ${name}` : event.source.ip ? ` from ${event.source.ip}` : ''
}

/** Codes such as challenge_expired read as words. */
function why(event: RecordedEvent): string {
  return event.reason ? ` (${event.reason.replaceAll('_', ' ')})` : ''
}

function subject(event: RecordedEvent): string {
  return said(event, 'subject') ?? event.object.name ?? short(event.object.id) ?? 'an unknown device'
}

function forSubject(event: RecordedEvent): string {
  const name =
    said(event, 'subject', 'csrSubject') ?? (event.object.type === 'certificate' ? event.object.name : undefined)
  return name ? ` for ${name}` : ''
}

function serial(event: RecordedEvent): string {
  return short(said(event, 'serial') ?? event.object.id) ?? ''
}

function code(event: RecordedEvent): string {
  const reason = said(event, 'reasonCode', 'reason') ?? event.reason
  return reason ? ` (${reason})` : ''
}

function as(event: RecordedEvent): string {
  const role = said(event, 'role')
  return role ? ` as ${role}` : ''
}

function limited(event: RecordedEvent): string {
  const groups = event.data?.groups
  return Array.isArray(groups)
    ? `limited ${what(event)} to ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}`
    : `lifted the limit of ${what(event)} to groups`
}

function fields(event: RecordedEvent): string {
  return event.change && event.change.fields.length > 0 ? ` (${event.change.fields.join(', ')})` : ''
}

function forPurpose(event: RecordedEvent): string {
  const purpose = said(event, 'purpose')
  return purpose ? ` for ${purpose}` : ''
}

function until(event: RecordedEvent): string {
  const time = said(event, 'until')
  return time ? ` until ${time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}` : ''
}

function expiringOn(event: RecordedEvent): string {
  const day = said(event, 'expiresAt')
  return day ? ` on ${day.slice(0, 10)}` : ''
}

function noted(event: RecordedEvent): string {
  const note = said(event, 'note')
  return note === undefined ? '' : `: ${note}`
}

function ofPeriod(event: RecordedEvent): string {
  const [from, to] = [said(event, 'from'), said(event, 'to')].map((moment) => moment?.slice(0, 16).replace('T', ' '))
  if (from === undefined && to === undefined) return ''
  return `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`} UTC`
}

function entries(event: RecordedEvent): string {
  const count = said(event, 'entries')
  return count === undefined ? '' : `, ${count} ${count === '1' ? 'entry' : 'entries'}`
}

function times(event: RecordedEvent): string {
  const count = said(event, 'count')
  return count === undefined ? '' : ` (${count} counted)`
}

function counted(event: RecordedEvent, noun: string): string {
  const count = said(event, 'count', 'events') ?? '1'
  return `${count} ${noun}${count === '1' ? '' : 's'}`
}

/** The first of these members of data that is there, as text. */
function said(event: RecordedEvent, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value: Json | undefined = event.data?.[key]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  }
  return undefined
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Ids and serials are long; a part of them tells them apart in a line. */
function short(id: string | null | undefined): string | undefined {
  if (!id) return undefined
  if (UUID.test(id)) return shortId(id)
  return id.length > 12 ? `${id.slice(0, 8)}\u2026` : id
}

/**
 * Control and bidirectional characters can make a line read as something else: they are shown by number. The two
 * joiners stay: scripts and emoji need them.
 */
function visible(line: string): string {
  return line.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `<U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}>`
  })
}
