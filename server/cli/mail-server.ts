/** latchkey mail-server: where e-mails leave. */
import { MAIL_SECURITIES } from '@/lib/services/mail'
import { command, secretFromStdin, wholeNumber } from './command'
import { readTextFile } from './files'
import { facts, moment } from './text'

export const setMailServer = command({
  name: 'mail-server set',
  summary: 'Set the server through which e-mails leave',
  details: 'All of it: what is not given is not set. Only the password stays, unless it would go elsewhere.',
  options: {
    host: { value: 'HOST', description: 'Such as mail.example.org', required: true },
    port: { value: 'PORT', description: '587 unless given' },
    security: {
      value: 'SECURITY',
      description: 'starttls unless given; none only where the deployment allows it',
      choices: MAIL_SECURITIES,
    },
    username: { value: 'NAME', description: 'Of the account, if it wants one' },
    'password-stdin': { description: 'Read the password from standard input (there is no other way)' },
    'from-name': { value: 'NAME', description: 'What readers see; Latchkey unless given' },
    'from-address': { value: 'ADDRESS', description: 'Whom e-mails are from', required: true },
    'private-network': { description: 'It is in a private network' },
    'ca-file': { value: 'FILE', description: 'Authorities to trust instead of the usual ones, in PEM' },
  },
  examples: [
    'mail-server set --host mail.example.org --username latchkey --from-address latchkey@example.org --password-stdin < password.txt',
  ],
  async run({ options, io, withServices }) {
    const password = options['password-stdin'] ? await secretFromStdin(io, 'password') : undefined
    const ca = options['ca-file'] === undefined ? null : await readTextFile(options['ca-file'])
    const security = MAIL_SECURITIES.find((known) => known === options.security) ?? 'starttls'
    const mailServer = await withServices((services, actor) =>
      services.mailServer.set(actor, {
        host: options.host,
        port: wholeNumber('port', options.port, 1, 65_535) ?? 587,
        security,
        username: options.username ?? null,
        ...(password === undefined ? {} : { password }),
        fromName: options['from-name'] ?? 'Latchkey',
        fromAddress: options['from-address'],
        privateNetwork: options['private-network'],
        ca,
      }),
    )
    return { json: { mailServer }, text: `Saved. Try it: mail-server test --to ${mailServer.fromAddress}` }
  },
})

export const showMailServer = command({
  name: 'mail-server show',
  summary: 'Show the server through which e-mails leave',
  options: {},
  examples: ['mail-server show --json'],
  async run({ withServices }) {
    const mailServer = await withServices((services, actor) => services.mailServer.get(actor))
    if (mailServer === null) return { json: { mailServer }, text: 'There is no mail server yet.' }
    const text = facts([
      ['Host', `${mailServer.host}:${mailServer.port}`],
      ['Security', mailServer.security],
      ['User name', mailServer.username ?? '-'],
      ['Password', mailServer.hasPassword ? 'stored' : 'none'],
      ['From', `${mailServer.fromName} <${mailServer.fromAddress}>`],
      ['Last success', moment(mailServer.lastSuccessAt)],
      ['Last failure', moment(mailServer.lastFailureAt)],
      ['Last error', mailServer.lastError ?? '-'],
    ])
    return { json: { mailServer }, text }
  },
})

export const testMailServer = command({
  name: 'mail-server test',
  summary: 'Send a test e-mail at once',
  options: { to: { value: 'ADDRESS', description: 'Whom it goes to', required: true } },
  examples: ['mail-server test --to ada@example.org --json'],
  async run({ options: { to }, withServices }) {
    const test = await withServices((services, actor) => services.mailServer.test(actor, to))
    return { json: test, text: test.sentence, exitCode: test.works ? 0 : 1 }
  },
})

export const removeMailServer = command({
  name: 'mail-server remove',
  summary: 'Remove the mail server and its password',
  options: {},
  examples: ['mail-server remove'],
  async run({ withServices }) {
    await withServices((services, actor) => services.mailServer.remove(actor))
    return { json: { removed: true }, text: 'Removed. Notices wait until there is another one.' }
  },
})
