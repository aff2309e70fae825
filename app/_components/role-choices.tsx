/** The three roles, each with what it may do. */
import type { Role } from '@/lib/services/actor'
import { Choice } from './field'
import { ROLE_NAMES, ROLES } from './name-of-role'

export function RoleChoices({ chosen, error }: { chosen: Role; error: string | undefined }) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">Role</legend>
      {ROLES.map((role) => (
        <Choice
          key={role}
          type="radio"
          name="role"
          value={role}
          defaultChecked={role === chosen}
          title={ROLE_NAMES[role].title}
          description={ROLE_NAMES[role].may}
        />
      ))}
      {error && <p className="text-sm text-bad">{error}</p>}
    </fieldset>
  )
}
