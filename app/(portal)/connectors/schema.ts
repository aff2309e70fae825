/** What the forms about connectors may say. What the words must mean is checked by the service. */
import { z } from 'zod'

const ticked = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on')
const id = z.uuid()
const name = z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.')
const credential = z.string().max(2_000).default('')

const validator = {
  name,
  url: z.string().trim().min(1, 'Enter the address.').max(2_000),
  dialect: z.enum(['standard', 'smallstep']),
  timeoutSeconds: z.coerce.number('Enter a number.').min(1, 'From 1 to 15 seconds.').max(15, 'From 1 to 15 seconds.'),
  sendCsr: z.enum(['full', 'masked', 'fields']),
  askOnRenewal: ticked,
  notify: ticked,
  notifyBeforeAnswer: ticked,
  allowedHosts: z
    .string()
    .max(5_000)
    .transform((text) => text.split(/[\s,]+/).filter((host) => host !== '')),
  authorization: z.enum(['keep', 'none', 'bearer', 'basic']),
  token: credential,
  user: credential,
  password: credential,
}

export const NewValidatorSchema = z.strictObject(validator).transform(toChange)
export const ValidatorSchema = z
  .strictObject({ id, ...validator })
  .transform(({ id: one, ...form }) => ({ id: one, change: toChange(form) }))
export const ConnectorSchema = z.strictObject({ id })
export const SwitchSchema = z.strictObject({ id, enabled: z.enum(['true', 'false']).transform((it) => it === 'true') })
export const NewReceiverSchema = z.strictObject({
  name,
  endpoint: z.string().min(1, 'Choose an endpoint.').max(64),
  renewBySubject: ticked,
})

function toChange(form: z.output<z.ZodObject<typeof validator>>) {
  const { timeoutSeconds, authorization, token, user, password, ...rest } = form
  return { ...rest, timeoutMs: Math.round(timeoutSeconds * 1_000), ...authorizationOf() }

  function authorizationOf() {
    switch (authorization) {
      case 'keep':
        return {}
      case 'none':
        return { authorization: { kind: 'none' as const } }
      case 'bearer':
        return { authorization: { kind: 'bearer' as const, token } }
      case 'basic':
        return { authorization: { kind: 'basic' as const, user, password } }
    }
  }
}
