/** The roles, each with what it may do: those of people, or those of API keys. */
import type { Role } from '@/lib/services/actor'
import { ChoiceList } from './field'
import { KEY_ROLES, ROLE_NAMES, ROLES } from './name-of-role'

const choices = (roles: readonly Role[]) =>
  roles.map((role) => ({ value: role, title: ROLE_NAMES[role].title, description: ROLE_NAMES[role].may }))

const CHOICES = { person: choices(ROLES), key: choices(KEY_ROLES) }

interface RoleChoicesProps {
  of: keyof typeof CHOICES
  chosen: Role
  error: string | undefined
}

export function RoleChoices({ of, chosen, error }: RoleChoicesProps) {
  return <ChoiceList legend="Role" name="role" choices={CHOICES[of]} chosen={chosen} error={error} />
}
