/** The server through which e-mails leave. */
import { z } from 'zod'
import { instant, name, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { MAIL_SECURITIES } from '@/lib/services/mail'

const settings = {
  host: z.string(),
  port: z.number().int(),
  security: z.enum(MAIL_SECURITIES),
  username: z.string().nullable(),
  fromName: z.string(),
  fromAddress: z.string(),
  privateNetwork: z.boolean(),
  ca: z.string().nullable().meta({ description: 'Authorities to trust instead of the usual ones, in PEM.' }),
}
const Server = z.object({
  ...settings,
  hasPassword: z.boolean(),
  updatedAt: instant,
  lastSuccessAt: instant.nullable(),
  lastFailureAt: instant.nullable(),
  lastError: z.string().nullable(),
})
const MailServer = z.object({ mailServer: Server.nullable() }).meta({ id: 'MailServer' })

const example: z.input<typeof MailServer> = {
  mailServer: {
    host: 'mail.example.org',
    port: 587,
    security: 'starttls',
    username: 'latchkey',
    hasPassword: true,
    fromName: 'Latchkey',
    fromAddress: 'latchkey@example.org',
    privateNetwork: false,
    ca: null,
    updatedAt: new Date('2026-11-23T09:00:00Z'),
    lastSuccessAt: null,
    lastFailureAt: null,
    lastError: null,
  },
}

export const getMailServer = operation({
  id: 'getMailServer',
  method: 'GET',
  path: '/mail-server',
  tag: 'Notices',
  summary: 'Read the mail server',
  description: 'Without its password, which nobody can read. Null before one is set.',
  access: 'notice:read',
  rate: 'read',
  answer: { status: 200, description: 'The mail server.', schema: MailServer, example },
})

export const setMailServer = operation({
  id: 'setMailServer',
  method: 'POST',
  path: '/mail-server',
  tag: 'Notices',
  summary: 'Set the mail server',
  description:
    'All of it. Without a password the stored one stays, unless it would go to another host, port or account. What waits is sent at once.',
  access: 'notice:manage',
  rate: 'change',
  body: z.strictObject({
    host: text(253).min(1),
    port: z.int().min(1).max(65_535),
    security: z.enum(MAIL_SECURITIES),
    username: text(254).min(1).nullable().default(null),
    password: z.string().min(1).max(1_000).exactOptional(),
    fromName: name(100).default('Latchkey'),
    fromAddress: text(254).min(3),
    privateNetwork: z.boolean().default(false),
    ca: z.string().max(50_000).nullable().default(null),
  }),
  bodyExample: {
    host: 'mail.example.org',
    port: 587,
    security: 'starttls',
    username: 'latchkey',
    password: 'a password of yours',
    fromName: 'Latchkey',
    fromAddress: 'latchkey@example.org',
    privateNetwork: false,
    ca: null,
  },
  answer: { status: 200, description: 'As it is now.', schema: MailServer, example },
  refusals: ['invalid_input'],
})

export const removeMailServer = operation({
  id: 'removeMailServer',
  method: 'POST',
  path: '/mail-server/remove',
  tag: 'Notices',
  summary: 'Remove the mail server',
  description: 'With its password. Notices wait until there is another one.',
  access: 'notice:manage',
  rate: 'change',
  body: z.strictObject({}).meta({ id: 'MailServerRemoval' }),
  answer: {
    status: 200,
    description: 'It is gone.',
    schema: z.object({ removed: z.literal(true) }).meta({ id: 'RemovedMailServer' }),
    example: { removed: true as const },
  },
  refusals: ['not_found'],
})

export const testMailServer = operation({
  id: 'testMailServer',
  method: 'POST',
  path: '/mail-server/test',
  tag: 'Notices',
  summary: 'Send a test e-mail',
  description: 'At once. Ten in ten minutes at most.',
  access: 'notice:manage',
  rate: 'change',
  body: z.strictObject({ to: text(254).min(3) }),
  bodyExample: { to: 'ada@example.org' },
  answer: {
    status: 200,
    description: 'What came of it.',
    schema: z.object({ works: z.boolean(), sentence: z.string() }).meta({ id: 'MailTest' }),
    example: { works: true, sentence: 'mail.example.org took it. Look whether it arrives at ada@example.org.' },
  },
  refusals: ['not_found', 'invalid_input', 'rate_limited'],
})
