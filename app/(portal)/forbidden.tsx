/** 403: signed in, but this role may not. The attempt is in the audit trail. */
import { ShieldX } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'

export default function Forbidden() {
  return (
    <EmptyState
      whole
      icon={ShieldX}
      title="Your role does not include this page"
      action={<ButtonLink href="/">Go to the overview</ButtonLink>}
    >
      Ask an administrator if you need it for your work. The attempt has been recorded.
    </EmptyState>
  )
}
