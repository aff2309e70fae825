/** latchkey setup: the first run without a browser. */
import { command, given, secretFromStdin } from './command'

export const setup = command({
  name: 'setup',
  summary: 'Set up an empty installation: organisation, root and first administrator',
  details: 'The password is read from standard input. Works once; a set-up link that was printed stops working.',
  options: {
    organisation: { value: 'NAME', description: 'Name of the organisation', required: true },
    name: { value: 'NAME', description: 'Name of the first administrator', required: true },
    email: { value: 'ADDRESS', description: 'E-mail address to sign in with', required: true },
    'password-stdin': { description: 'Read the password from standard input (there is no other way)', required: true },
    'root-key': { value: 'KIND', description: 'Key of the root; p384 unless given', choices: ['p384', 'rsa4096'] },
  },
  examples: [
    'setup --organisation "Example School" --name "Ada Moss" --email ada@example.org --password-stdin < password.txt',
  ],
  async run({ options, io, withServices }) {
    const password = await secretFromStdin(io, 'password')
    const { organisation, name, email } = options
    const rootKey = options['root-key'] as 'p384' | 'rsa4096' | undefined
    const request = { organisation, name, email, password, ...given({ rootKey }) }
    const done = await withServices((services, actor) => services.setup.complete(actor, null, request))
    return {
      json: { organisation: done.organisation, userId: done.userId, rootSlug: done.rootSlug },
      text: `${done.organisation} is set up. Sign in as ${email}.`,
    }
  },
})
