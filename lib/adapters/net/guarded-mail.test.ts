/** E-mail leaves over TLS alone, to checked addresses, and a refusal is told without what was said. */
import { afterEach, expect, test } from 'vitest'
import { type MailServerDouble, type MailServerOptions, startMailServer } from '@/e2e/simulators/mail-server'
import type { MailMessage, MailServer } from '@/lib/services/mail'
import { guardedMail } from './guarded-mail'

const PASSWORD = 'correct horse'
const MESSAGE: MailMessage = {
  messageId: 'first@portal.example.com',
  from: { name: 'Latchkey', address: 'latchkey@example.com' },
  to: { name: 'Ada', address: 'ada@example.com' },
  subject: 'Prüfung',
  text: 'One line.\nAnother.\n',
}
const HERE = { host: '127.0.0.0', port: null, prefix: 8, plain: false }

let double: MailServerDouble
afterEach(() => double?.close())

const settings = (more: Partial<MailServer> = {}): MailServer => ({
  host: 'localhost',
  port: double.port,
  security: 'starttls',
  credential: { username: 'latchkey', password: PASSWORD },
  privateNetwork: false,
  ca: double.ca,
  ...more,
})
const mailer = (options: Partial<Parameters<typeof guardedMail>[0]> = {}) =>
  guardedMail({
    name: 'portal.example.com',
    rules: [HERE],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...options,
  })
const start = async (options: MailServerOptions = {}) => {
  double = await startMailServer(options)
}

test.each(['starttls', 'tls'] as const)('a message arrives by %s, signed in and encrypted', async (security) => {
  await start({ security })
  expect(await mailer().send(settings({ security }), MESSAGE)).toEqual({ sent: true })
  expect(double.received).toMatchObject([
    { from: 'latchkey@example.com', to: 'ada@example.com', username: 'latchkey', encrypted: true },
  ])
  const { content = '' } = double.received[0] ?? {}
  expect(content).toContain('Message-ID: <first@portal.example.com>')
  expect(content).toContain('Auto-Submitted: auto-generated')
  expect(content).toContain('One line.')
})

test('no password goes to a server that does not encrypt', async () => {
  await start({ security: 'none' })
  expect(await mailer().send(settings(), MESSAGE)).toMatchObject({ sent: false })
  expect([double.signIns, double.received]).toEqual([0, []])
})

test('a server is used without TLS only where the deployment says so', async () => {
  await start({ security: 'none' })
  const plain = settings({ security: 'none', credential: null })
  expect(await mailer().send(plain, MESSAGE)).toMatchObject({ fault: 'plain_refused' })
  expect(await mailer({ rules: [{ ...HERE, plain: true }] }).send(plain, MESSAGE)).toEqual({ sent: true })
})

test('a certificate nobody vouches for is refused, and so is one for another name', async () => {
  await start()
  expect(await mailer().send(settings({ ca: null }), MESSAGE)).toMatchObject({ fault: 'tls_failed' })
  expect(await mailer().send(settings({ host: 'other.example' }), MESSAGE)).toMatchObject({ fault: 'tls_failed' })
  expect(double.received).toEqual([])
})

test.each([
  ['10.0.0.5', false, 'address_refused'],
  ['127.0.0.1', true, 'address_refused'],
  ['169.254.169.254', true, 'address_refused'],
])('a name that leads to %s is not connected to', async (address, privateNetwork, fault) => {
  await start()
  const resolve = async () => [{ address, family: 4 }]
  const outcome = await mailer({ rules: [], resolve }).send(settings({ privateNetwork }), MESSAGE)
  expect(outcome).toMatchObject({ sent: false, fault })
})

test.each([
  ['refuse sign-in', { fault: 'sign_in_refused', status: 535, final: false }],
  ['refuse recipient', { fault: 'recipient_refused', status: 550, final: true }],
  ['defer recipient', { fault: 'recipient_refused', status: 451, final: false }],
  ['refuse message', { fault: 'message_refused', status: 554, final: true }],
  ['hang up', { fault: 'connection_lost', final: false }],
] as const)('when it would %s, the outcome says so and nothing that is secret', async (act, expected) => {
  await start()
  double.script(act)
  const outcome = await mailer().send(settings(), MESSAGE)
  expect(outcome).toMatchObject({ sent: false, ...expected })
  expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
})

test('a server that says nothing is given up, and one that is not there as well', async () => {
  await start()
  double.script('hang')
  expect(await mailer({ timeoutMs: 150 }).send(settings(), MESSAGE)).toMatchObject({ sent: false, final: false })
  await double.close()
  expect(await mailer().send(settings(), MESSAGE)).toMatchObject({ fault: 'connect_failed' })
  await start()
})
