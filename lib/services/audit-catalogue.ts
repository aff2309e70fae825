/** Every audit event type with its category, its default severity and its name. Plain data: the browser may import it. */
import type { AuditEventType, AuditSeverity } from './audit'

export type AuditCategory =
  | 'authn'
  | 'authz'
  | 'iam'
  | 'ca'
  | 'key'
  | 'cert'
  | 'enrol'
  | 'status'
  | 'config'
  | 'audit'
  | 'system'

export interface AuditTypeFacts {
  category: AuditCategory
  severity: AuditSeverity
  title: string
}

const facts = (category: AuditCategory, severity: AuditSeverity, title: string): AuditTypeFacts => ({
  category,
  severity,
  title,
})

export const AUDIT_TYPES: Readonly<Record<AuditEventType, AuditTypeFacts>> = {
  'system.setup_completed': facts('system', 'high', 'Set-up completed'),
  'authn.login.succeeded': facts('authn', 'info', 'Signed in'),
  'authn.login.failed': facts('authn', 'low', 'Sign-in failed'),
  'authn.account.locked': facts('authn', 'medium', 'Sign-in delayed'),
  'authn.logout': facts('authn', 'info', 'Signed out'),
  'authn.session.revoked': facts('authn', 'medium', 'Session ended'),
  'authn.password.changed': facts('authn', 'medium', 'Password changed'),
  'authz.denied': facts('authz', 'medium', 'Access denied'),
  'iam.user.created': facts('iam', 'medium', 'User created'),
  'iam.user.updated': facts('iam', 'medium', 'User changed'),
  'iam.user.disabled': facts('iam', 'medium', 'User disabled'),
  'iam.user.enabled': facts('iam', 'medium', 'User enabled'),
  'iam.role.granted': facts('iam', 'high', 'Role granted'),
  'iam.token.created': facts('iam', 'high', 'API key created'),
  'iam.token.revoked': facts('iam', 'high', 'API key revoked'),
  'iam.token.rejected': facts('iam', 'medium', 'API key rejected'),
  'ca.create.requested': facts('ca', 'critical', 'Authority requested'),
  'ca.create.completed': facts('ca', 'critical', 'Authority created'),
  'ca.revoked': facts('ca', 'critical', 'Authority revoked'),
  'ca.revocation_drilled': facts('ca', 'high', 'Revocation of an authority drilled'),
  'group.created': facts('config', 'high', 'Group created'),
  'group.updated': facts('config', 'high', 'Group changed'),
  'endpoint.created': facts('config', 'high', 'Endpoint created'),
  'endpoint.updated': facts('config', 'high', 'Endpoint changed'),
  'key.generated': facts('key', 'high', 'Key generated'),
  'key.used': facts('key', 'info', 'Key used'),
  'challenge.minted': facts('enrol', 'info', 'Challenge minted'),
  'challenge.mint_refused': facts('enrol', 'medium', 'Challenge not minted'),
  'challenge.reserved': facts('enrol', 'info', 'Challenge reserved'),
  'challenge.released': facts('enrol', 'info', 'Challenge released'),
  'challenge.consumed': facts('enrol', 'info', 'Challenge consumed'),
  'challenge.mismatch': facts('enrol', 'high', 'Challenge mismatch'),
  'challenge.replayed': facts('enrol', 'high', 'Challenge replayed'),
  'challenge.unknown': facts('enrol', 'medium', 'Challenge unknown'),
  'challenge.expired': facts('enrol', 'low', 'Challenge expired'),
  'challenge.revoked': facts('enrol', 'info', 'Challenge revoked'),
  'enrol.request.rejected': facts('enrol', 'low', 'Enrolment refused'),
  'scep.retransmission': facts('enrol', 'info', 'Enrolment answered again'),
  'scep.transaction_conflict': facts('enrol', 'medium', 'Transaction conflict'),
  'certificate.issue_intent': facts('cert', 'info', 'Certificate intended'),
  'certificate.issued': facts('cert', 'info', 'Certificate issued'),
  'certificate.issue_failed': facts('cert', 'high', 'Issuance failed'),
  'certificate.reconciled': facts('cert', 'high', 'Issuance reconciled'),
  'certificate.revoked': facts('cert', 'medium', 'Certificate revoked'),
  'certificate.hold_set': facts('cert', 'medium', 'Certificate put on hold'),
  'certificate.hold_released': facts('cert', 'medium', 'Certificate released'),
  'certificate.bulk_revoke.scheduled': facts('cert', 'critical', 'Bulk revocation scheduled'),
  'certificate.bulk_revoke.started': facts('cert', 'critical', 'Bulk revocation started'),
  'certificate.bulk_revoke.finished': facts('cert', 'critical', 'Bulk revocation finished'),
  'certificate.bulk_revoke.stopped': facts('cert', 'critical', 'Bulk revocation stopped'),
  'certificate.bulk_revoke.cancelled': facts('cert', 'high', 'Bulk revocation cancelled'),
  'crl.published': facts('status', 'info', 'CRL published'),
  'crl.publish_failed': facts('status', 'high', 'CRL not published'),
  'audit.verified': facts('audit', 'info', 'Audit trail verified'),
  'audit.verification_failed': facts('audit', 'critical', 'Audit trail broken'),
  'system.rate_limited': facts('system', 'low', 'Rate limited'),
  'system.retention_changed': facts('config', 'high', 'Retention changed'),
  'system.default_endpoint_changed': facts('config', 'high', 'Default endpoint changed'),
  'static_secret.created': facts('config', 'high', 'Static secret created'),
  'static_secret.revoked': facts('config', 'high', 'Static secret revoked'),
  'static_secret.used': facts('enrol', 'low', 'Static secret used'),
  'approval.requested': facts('enrol', 'info', 'Approval requested'),
  'approval.approved': facts('enrol', 'medium', 'Request approved'),
  'approval.denied': facts('enrol', 'medium', 'Request denied'),
  'approval.expired': facts('enrol', 'low', 'Request expired'),
  'minter.created': facts('config', 'high', 'Minter registered'),
  'minter.updated': facts('config', 'high', 'Minter changed'),
  'minter.disabled': facts('config', 'high', 'Minter disabled'),
  'challenge.accepted': facts('enrol', 'info', 'Signed challenge accepted'),
  'challenge.alarm_dismissed': facts('enrol', 'medium', 'Challenge alarm dismissed'),
  'challenge.guessing': facts('enrol', 'high', 'Challenges guessed at'),
  'challenge.validated': facts('enrol', 'info', 'Challenge validated elsewhere'),
  'validator.created': facts('config', 'high', 'Validator added'),
  'validator.updated': facts('config', 'high', 'Validator changed'),
  'validator.disabled': facts('config', 'high', 'Validator disabled'),
  'validator.answered': facts('enrol', 'info', 'Validator answered'),
  'validator.unavailable': facts('enrol', 'high', 'Validator unavailable'),
  'notification.failed': facts('enrol', 'medium', 'Notification not delivered'),
  'receiver.created': facts('config', 'high', 'Receiver added'),
  'receiver.updated': facts('config', 'high', 'Receiver changed'),
  'receiver.disabled': facts('config', 'high', 'Receiver disabled'),
  'connector.created': facts('config', 'high', 'Connector added'),
  'connector.updated': facts('config', 'high', 'Connector changed'),
  'connector.disabled': facts('config', 'high', 'Connector disabled'),
  'connector.credential_expiring': facts('config', 'medium', 'Credential about to expire'),
  'renewal.authorised': facts('enrol', 'info', 'Renewal authorised'),
  'renewal.repeated': facts('enrol', 'high', 'Certificate renewed twice'),
  'rollover.staged': facts('ca', 'critical', 'Rollover staged'),
  'rollover.cancelled': facts('ca', 'critical', 'Rollover cancelled'),
  'rollover.activated': facts('ca', 'critical', 'Rollover done'),
  'ra.staged': facts('ca', 'high', 'RA renewal staged'),
  'device.rules_changed': facts('config', 'high', 'Device rules changed'),
  'device.brake_changed': facts('config', 'high', 'Brake of an MDM changed'),
  'device.brake_pulled': facts('cert', 'critical', 'Brake pulled'),
  'device.brake_released': facts('cert', 'critical', 'Brake released'),
  'device.actions_cancelled': facts('cert', 'high', 'Device actions cancelled'),
  'device.challenges_revoked': facts('enrol', 'medium', 'Challenges of a device revoked'),
  'device.renewal_overdue': facts('cert', 'medium', 'Renewal overdue'),
  'event_webhook.created': facts('config', 'high', 'Event webhook added'),
  'event_webhook.updated': facts('config', 'high', 'Event webhook changed'),
  'event_webhook.removed': facts('config', 'high', 'Event webhook removed'),
  'event_webhook.failed': facts('system', 'medium', 'Event not delivered'),
  'network.access_changed': facts('config', 'high', 'Network access changed'),
  'network.access_refused': facts('status', 'low', 'Network access refused'),
}
