/** latchkey validator: other systems that are asked about requests. */
import { command, given, wholeNumber } from './command'
import { facts, moment, table } from './text'

export const createValidator = command({
  name: 'validator create',
  summary: 'Add a validator that is asked about requests',
  details: 'The secret that signs our messages is shown once. A bearer token is read from standard input.',
  options: {
    name: { value: 'NAME', description: 'Which system it is', required: true },
    url: { value: 'URL', description: 'Where questions are posted to, https://', required: true },
    dialect: { value: 'DIALECT', description: 'How messages are signed', choices: ['standard', 'smallstep'] },
    timeout: { value: 'SECONDS', description: 'Per attempt, 1 to 15' },
    'allow-host': { value: 'HOST', description: 'Private host it may be at', repeats: true },
    'token-stdin': { description: 'Read a bearer token from standard input' },
  },
  examples: ['validator create --name Inventory --url https://inventory.example.com/scep --json'],
  async run({ options, io, withServices }) {
    const seconds = wholeNumber('timeout', options.timeout, 1, 15)
    const token = options['token-stdin'] ? await io.stdin() : undefined
    const request = {
      name: options.name,
      url: options.url,
      allowedHosts: options['allow-host'],
      ...given({
        dialect: options.dialect as 'standard' | 'smallstep' | undefined,
        timeoutMs: seconds === undefined ? undefined : seconds * 1_000,
        authorization: token === undefined ? undefined : ({ kind: 'bearer', token } as const),
      }),
    }
    const { view, secret } = await withServices((services, actor) =>
      services.connectors.createValidator(actor, request),
    )
    const text = facts([
      ['Id', view.id],
      ['Secret', secret],
    ])
    return { json: { id: view.id, secret }, text: `${text}\n\nKeep the secret now: it is not shown again.` }
  },
})

export const listValidators = command({
  name: 'validator list',
  summary: 'List the validators and how they are',
  options: {},
  examples: ['validator list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.connectors.validators(actor))
    const rows = items.map(({ id, name, url, enabled, health }) => [
      id,
      name,
      url,
      enabled ? (health.circuit === 'open' ? 'left alone' : `${health.failures} failures`) : 'disabled',
      moment(health.lastSuccessAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['ID', 'NAME', 'URL', 'STATE', 'LAST ANSWER'], rows, 'There are no validators yet.'),
    }
  },
})

export const testValidator = command({
  name: 'validator test',
  summary: 'Ask a validator about a made-up request',
  argument: 'ID',
  options: {},
  examples: ['validator test 0198d2bf-1000-7000-8000-000000000001'],
  async run({ argument, withServices }) {
    const result = await withServices((services, actor) => services.connectors.testValidator(actor, argument))
    return { json: result, text: result.sentence, exitCode: result.works ? 0 : 1 }
  },
})
