/** Which groups a form means: the choice stands in it for every role, and counts for operators alone. */
import type { PersonRole } from '@/lib/services/actor'

interface Chosen {
  role: PersonRole
  reach: 'all' | 'some'
  groups: string[] | undefined
}

export function groupsOf({ role, reach, groups = [] }: Chosen): string[] | null {
  return role === 'operator' && reach === 'some' ? groups : null
}
