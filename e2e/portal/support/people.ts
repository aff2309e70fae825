/** The people of the browser tests. */
import { ADMIN, type Organisation } from '@/e2e/fixtures/organisation'

export interface Person {
  name: string
  email: string
  password: string
  role: 'admin' | 'operator' | 'auditor'
  /** Slugs of the groups to which an operator is limited. */
  groups?: readonly string[]
}

export const ADA: Person = { ...ADMIN, role: 'admin' }
export const OLGA: Person = {
  name: 'Olga Finch',
  email: 'olga@example.com',
  password: 'copper walnut ferry lantern 58',
  role: 'operator',
}
export const AUGUST: Person = {
  name: 'August Meyer',
  email: 'august@example.com',
  password: 'velvet harbour pickle comet 27',
  role: 'auditor',
}

/** Through the command line, where the form is not what is tested. */
export async function employ(portal: Organisation, person: Person): Promise<void> {
  const { name, email, role, groups = [], password } = person
  const limits = groups.flatMap((slug) => ['--group', slug])
  const create = [
    'user',
    'create',
    '--name',
    name,
    '--email',
    email,
    '--role',
    role,
    ...limits,
    '--password-stdin',
    '--json',
  ]
  const { code, stdout, stderr } = await portal.cli(create, password)
  if (code !== 0) throw new Error(`user create ended with ${code}: ${stdout} ${stderr}`)
}
