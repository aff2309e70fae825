/** What weakens an endpoint, as badges: worst first. */
import { ShieldAlert } from 'lucide-react'
import type { Weakness } from '@/lib/services/endpoint-settings'
import { Badge } from './badge'

const NAMES: Record<Weakness, string> = {
  static: 'Weak: static secret',
  des: 'Weak: single DES',
  sha1: 'Allows SHA-1',
  '3des': 'Allows 3DES',
}

/** `worst`: only those that nobody should have by accident, for lists. */
export function WeaknessBadges({ weaknesses, worst = false }: { weaknesses: Weakness[]; worst?: boolean }) {
  const shown = weaknesses.filter((weakness) => !worst || weakness === 'static' || weakness === 'des')
  if (shown.length === 0) return null
  return (
    <span className="inline-flex flex-wrap gap-1.5">
      {shown.map((weakness) => (
        <Badge key={weakness} tone={weakness === 'static' || weakness === 'des' ? 'bad' : 'warn'} icon={ShieldAlert}>
          {NAMES[weakness]}
        </Badge>
      ))}
    </span>
  )
}
