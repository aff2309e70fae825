/** Event types in groups that people look for, as prefixes the service understands. */
export const AUDIT_KINDS = [
  { id: 'sign-in', title: 'Sign-in and sessions', types: ['authn.'] },
  { id: 'denied', title: 'Denied access', types: ['authz.'] },
  { id: 'people', title: 'People and API keys', types: ['iam.'] },
  { id: 'groups', title: 'Groups and endpoints', types: ['group.', 'endpoint.'] },
  { id: 'challenges', title: 'Challenges', types: ['challenge.'] },
  { id: 'enrolments', title: 'Enrolments', types: ['enrol.', 'scep.'] },
  { id: 'certificates', title: 'Certificates', types: ['certificate.'] },
  { id: 'connectors', title: 'Connectors', types: ['connector.', 'validator.', 'receiver.'] },
  {
    id: 'notices',
    title: 'Notices and webhooks',
    types: ['notice.', 'notice_recipient.', 'mail_server.', 'event_webhook.'],
  },
  { id: 'authorities', title: 'Authorities, keys and lists', types: ['ca.', 'key.', 'crl.'] },
  { id: 'system', title: 'System and audit', types: ['system.', 'audit.', 'list.', 'saved_view.'] },
]
