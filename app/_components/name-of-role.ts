/** Roles in words, and what each is for. */
import type { KeyRole, PersonRole, Role } from '@/lib/services/actor'

/** Of people. */
export const ROLES = ['admin', 'operator', 'auditor'] as const satisfies readonly PersonRole[]

/** Of API keys. */
export const KEY_ROLES = [...ROLES, 'radius'] as const satisfies readonly KeyRole[]

export const ROLE_NAMES: Record<Role, { title: string; may: string }> = {
  admin: { title: 'Administrator', may: 'Everything: groups, people, API keys and the daily work.' },
  operator: { title: 'Operator', may: 'The daily work: mint challenges, revoke certificates, follow enrolments.' },
  auditor: { title: 'Auditor', may: 'Read everything, the audit trail included, and change nothing.' },
  mdm: { title: 'Challenge page', may: 'Mint challenges for its endpoint. Nothing else.' },
  radius: { title: 'RADIUS server', may: 'Ask whether the network lets a certificate in. Nothing else.' },
}
