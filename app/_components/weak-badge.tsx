/** Wherever something weak shows up, it says so: a static secret, and an endpoint that takes one. */
import { ShieldAlert } from 'lucide-react'
import { Badge } from './badge'

export function WeakBadge() {
  return (
    <Badge tone="warn" icon={ShieldAlert}>
      Weak
    </Badge>
  )
}
