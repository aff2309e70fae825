/** The three roles, each with what it may do. */
import type { Role } from '@/lib/services/actor'
import { ChoiceList } from './field'
import { ROLE_NAMES, ROLES } from './name-of-role'

const CHOICES = ROLES.map((role) => ({ value: role, title: ROLE_NAMES[role].title, description: ROLE_NAMES[role].may }))

export function RoleChoices({ chosen, error }: { chosen: Role; error: string | undefined }) {
  return <ChoiceList legend="Role" name="role" choices={CHOICES} chosen={chosen} error={error} />
}
