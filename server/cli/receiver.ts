/** latchkey receiver: other SCEP servers that ask us about challenges. */
import { command } from './command'
import { facts, moment, table } from './text'

export const createReceiver = command({
  name: 'receiver create',
  summary: 'Add another SCEP server that may ask about challenges',
  details: 'Prints what goes into its webhook of kind SCEPCHALLENGE. The secret is shown once.',
  options: {
    name: { value: 'NAME', description: 'Which server it is', required: true },
    endpoint: { value: 'SLUG', description: 'Endpoint whose challenges count', required: true },
  },
  examples: ['receiver create --name "step-ca in Berlin" --endpoint staff --json'],
  async run({ options: { name, endpoint }, withServices }) {
    const { view, secret } = await withServices((services, actor) =>
      services.connectors.createReceiver(actor, { name, endpoint }),
    )
    const text = facts([
      ['URL', view.url],
      ['Id', view.id],
      ['Secret', secret],
    ])
    return {
      json: { id: view.id, url: view.url, secret },
      text: `${text}\n\nKeep the secret now: it is not shown again.`,
    }
  },
})

export const listReceivers = command({
  name: 'receiver list',
  summary: 'List the other servers that may ask',
  options: {},
  examples: ['receiver list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.connectors.receivers(actor))
    const rows = items.map(({ id, name, endpoint, enabled, lastUsedAt }) => [
      id,
      name,
      endpoint.slug,
      enabled ? 'enabled' : 'disabled',
      moment(lastUsedAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['ID', 'NAME', 'ENDPOINT', 'STATE', 'LAST ASKED'], rows, 'There are no receivers yet.'),
    }
  },
})
