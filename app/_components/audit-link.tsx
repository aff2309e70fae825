/** From the page of a thing to everything that happened to it, for those who may read the audit trail. */
import { ScrollText } from 'lucide-react'
import type { Actor } from '@/lib/services/actor'
import { can } from '@/lib/services/permissions'
import { ButtonLink } from './button'
import { withParameters } from './search-parameters'

interface AuditLinkProps {
  actor: Actor
  /** As events name it. */
  type: 'ca' | 'certificate' | 'connector' | 'device' | 'endpoint' | 'group' | 'user'
  id: string
  size?: 'small'
}

export function AuditLink({ actor, type, id, size }: AuditLinkProps) {
  if (!can(actor, 'audit:read')) return null
  return (
    <ButtonLink href={withParameters('/audit', { about: `${type}:${id}` })} {...(size && { size })}>
      <ScrollText aria-hidden />
      Audit
    </ButtonLink>
  )
}
