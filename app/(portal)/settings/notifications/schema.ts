/** What the forms about notifications may say. What an address or a threshold may be is the services' to say. */
import { z } from 'zod'
import { MAIL_SECURITIES } from '@/lib/services/mail'
import { EXPIRY_TOPICS, NOTICE_TOPICS } from '@/lib/services/notice-types'

const optional = (longest: number) =>
  z
    .string()
    .max(longest, `At most ${longest} characters.`)
    .transform((text) => text.trim() || null)
const whole = (sentence: string) => z.coerce.number(sentence).int(sentence)
const ticked = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on')

export const MailServerSchema = z.strictObject({
  host: z.string().trim().min(1, 'Write a host name, such as mail.example.org.').max(253),
  port: whole('Write a port, such as 587.'),
  security: z.enum(MAIL_SECURITIES, 'Choose how it is encrypted.'),
  username: optional(254),
  /** Empty: the one that is stored. */
  password: z
    .string()
    .max(1_000)
    .transform((text) => (text === '' ? undefined : text)),
  fromName: z.string().trim().min(1, 'Give the name that readers see.').max(100),
  fromAddress: z.string().trim().min(1, 'Write an e-mail address.').max(254),
  privateNetwork: ticked,
  ca: optional(50_000),
})

export const NothingSchema = z.strictObject({})
export const TestMailSchema = z.strictObject({
  to: z.string().trim().min(1, 'Write an e-mail address.').max(254),
})

const recipient = {
  name: z.string().trim().min(1, 'Give a name.').max(100, 'At most 100 characters.'),
  address: z.string().trim().min(1, 'Write an e-mail address.').max(254),
  topics: z.array(z.enum(NOTICE_TOPICS), 'Choose at least one.').min(1, 'Choose at least one.'),
  groups: z.array(z.string().max(64)).max(50).default([]),
}
const id = z.uuid()

export const NewRecipientSchema = z.strictObject(recipient)
export const EditRecipientSchema = z.strictObject({ ...recipient, id })
export const RecipientSchema = z.strictObject({ id })
export const PauseRecipientSchema = z.strictObject({
  id,
  paused: z.enum(['true', 'false']).transform((text) => text === 'true'),
})

const DAYS = /^\s*(\d{1,4}(\s*,\s*\d{1,4})*)?\s*$/
const days = z
  .string()
  .regex(DAYS, 'Write numbers of days separated by commas, such as 30, 7.')
  .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)])))

export const ThresholdsSchema = z.strictObject({
  ...(Object.fromEntries(EXPIRY_TOPICS.map((topic) => [topic, days])) as Record<
    (typeof EXPIRY_TOPICS)[number],
    typeof days
  >),
  enrolmentFailures: whole('Write a number.'),
  minutes: whole('Write minutes.'),
  connectorFailures: whole('Write a number.'),
})
