/** 404 inside the portal. */
import { SearchX } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { EmptyState } from '@/app/_components/empty-state'

export default function NotFound() {
  return (
    <EmptyState
      whole
      icon={SearchX}
      title="There is nothing here"
      action={<ButtonLink href="/">Go to the overview</ButtonLink>}
    >
      The address may be mistyped, or what it named does not exist in this installation.
    </EmptyState>
  )
}
