/** Issuers that came from elsewhere, are in use, and have no group yet. */
import type { AuthorityView } from '@/lib/services/groups'

export function isWaiting({ kind, status, key, groupId }: AuthorityView): boolean {
  return kind === 'issuer' && status === 'active' && key === 'here' && groupId === null
}
