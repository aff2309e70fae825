/** Roles in words, and what each is for. */
import type { Role } from '@/lib/services/actor'

export const ROLES = ['admin', 'operator', 'auditor'] as const satisfies readonly Role[]

export const ROLE_NAMES: Record<Role, { title: string; may: string }> = {
  admin: { title: 'Administrator', may: 'Everything: groups, people, API keys and the daily work.' },
  operator: { title: 'Operator', may: 'The daily work: mint challenges, revoke certificates, follow enrolments.' },
  auditor: { title: 'Auditor', may: 'Read everything, the audit trail included, and change nothing.' },
}
