/** latchkey user: the people who sign in, also when no administrator can. */
import { Refusal } from '@/lib/errors'
import type { Services } from '@/lib/server'
import type { UserView } from '@/lib/services/access'
import type { Actor, PersonRole } from '@/lib/services/actor'
import { command, given, secretFromStdin } from './command'
import { ROLES } from './names'
import { moment, table } from './text'

const GROUP = { value: 'SLUG', description: 'Limit an operator to this group', repeats: true } as const

const PASSWORD_STDIN = {
  description: 'Read the password from standard input (there is no other way)',
  required: true,
} as const

export const createUser = command({
  name: 'user create',
  summary: 'Create a user',
  options: {
    name: { value: 'NAME', description: 'Name of the person', required: true },
    email: { value: 'ADDRESS', description: 'E-mail address to sign in with', required: true },
    role: { value: 'ROLE', description: 'What the person may do', required: true, choices: ROLES },
    group: GROUP,
    'password-stdin': PASSWORD_STDIN,
  },
  examples: [
    'user create --name "Olga Finch" --email olga@example.org --role operator --password-stdin < password.txt',
  ],
  async run({ options, io, withServices }) {
    const password = await secretFromStdin(io, 'password')
    const { name, email } = options
    const request = { name, email, role: options.role as PersonRole, ...given({ groups: groupsIn(options) }) }
    const user = await withServices((services, actor) => services.access.createUser(actor, { ...request, password }))
    return { json: brief(user), text: `${user.name} can sign in as ${user.email}, as ${standing(user)}.` }
  },
})

export const changeRole = command({
  name: 'user set-role',
  summary: 'Change what a user may do, and end open sessions',
  details: 'An operator is of the groups that are named, or of every group when none is.',
  argument: 'EMAIL',
  options: {
    role: { value: 'ROLE', description: 'What the person may do', required: true, choices: ROLES },
    group: GROUP,
  },
  examples: [
    'user set-role olga@example.org --role operator --group staff --group guests',
    'user set-role olga@example.org --role auditor',
  ],
  async run({ argument, options, withServices }) {
    const change = { role: options.role as PersonRole, groups: groupsIn(options) ?? null }
    const user = await withServices(async (services, actor) => {
      const { id } = await userNamed(services, actor, argument)
      return services.access.updateUser(actor, id, change)
    })
    return { json: brief(user), text: `${user.email} is ${standing(user)} from the next sign-in.` }
  },
})

export const listUsers = command({
  name: 'user list',
  summary: 'List the users',
  options: {},
  examples: ['user list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.access.users(actor))
    const rows = items.map((user) => [
      user.email,
      user.name,
      user.role,
      user.groups === null ? '' : user.groups.map(({ slug }) => slug).join(', '),
      user.disabledAt ? `disabled ${moment(user.disabledAt)}` : 'active',
      moment(user.lastSignInAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['E-MAIL', 'NAME', 'ROLE', 'GROUPS', 'STATE', 'LAST SIGN-IN'], rows, 'There are no users yet.'),
    }
  },
})

const switched = (name: string, summary: string, disabled: boolean) =>
  command({
    name,
    summary,
    argument: 'EMAIL',
    options: {},
    examples: [`${name} olga@example.org`],
    async run({ argument, withServices }) {
      const user = await withServices(async (services, actor) => {
        const { id } = await userNamed(services, actor, argument)
        return services.access.updateUser(actor, id, { disabled })
      })
      const text = disabled ? 'can no longer sign in; open sessions are ended.' : 'can sign in again.'
      return { json: brief(user), text: `${user.email} ${text}` }
    },
  })

export const disableUser = switched('user disable', 'Keep a user from signing in, and end open sessions', true)
export const enableUser = switched('user enable', 'Let a disabled user sign in again', false)

export const setPassword = command({
  name: 'user set-password',
  summary: 'Give a user a new password, and end open sessions',
  argument: 'EMAIL',
  options: { 'password-stdin': PASSWORD_STDIN },
  examples: ['user set-password olga@example.org --password-stdin < password.txt'],
  async run({ argument, io, withServices }) {
    const password = await secretFromStdin(io, 'password')
    const user = await withServices(async (services, actor) => {
      const found = await userNamed(services, actor, argument)
      await services.access.setPassword(actor, found.id, password)
      return found
    })
    return { json: brief(user), text: `${user.email} has a new password.` }
  },
})

/** By e-mail address, as people know one another, or by id. */
async function userNamed(services: Services, actor: Actor, name: string): Promise<UserView> {
  const wanted = name.trim().toLowerCase()
  const found = (await services.access.users(actor)).find(
    ({ id, email }) => id === wanted || email.toLowerCase() === wanted,
  )
  if (found !== undefined) return found
  throw new Refusal('not_found', `There is no user ${name}. See: npm run latchkey -- user list`)
}

function groupsIn({ group }: { group: string[] }): string[] | undefined {
  return group.length > 0 ? group : undefined
}

function standing({ role, groups }: UserView): string {
  return groups === null ? role : `${role} of ${groups.map(({ slug }) => slug).join(', ')}`
}

function brief({ id, name, email, role, groups, disabledAt }: UserView) {
  return { id, name, email, role, groups: groups?.map(({ slug }) => slug) ?? null, disabledAt }
}
