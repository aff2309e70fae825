/** latchkey api-key: keys for programs that use the API. */
import type { ApiKeyView } from '@/lib/services/access'
import type { KeyRole } from '@/lib/services/actor'
import { command, given, wholeNumber } from './command'
import { KEY_ROLES } from './names'
import { facts, moment, table } from './text'

export const createApiKey = command({
  name: 'api-key create',
  summary: 'Create an API key',
  details: 'The key is shown once. It lives 90 days unless told otherwise, and a year at most.',
  options: {
    name: { value: 'NAME', description: 'What the key is for', required: true },
    role: { value: 'ROLE', description: 'What it may do', required: true, choices: KEY_ROLES },
    endpoint: { value: 'SLUG', description: 'Limit it to the challenges of this endpoint', repeats: true },
    group: { value: 'SLUG', description: 'Limit it to what an operator of this group can do', repeats: true },
    'expires-in-days': { value: 'DAYS', description: 'Life of the key, 1 to 365' },
  },
  examples: [
    'api-key create --name "device enrolment" --role operator --json',
    'api-key create --name "MDM" --role operator --endpoint staff --json',
    'api-key create --name "reports" --role operator --group staff --json',
  ],
  async run({ options, withServices }) {
    const expiresInDays = wholeNumber('expires-in-days', options['expires-in-days'], 1, 365)
    const endpoints = options.endpoint.length > 0 ? options.endpoint : undefined
    const groups = options.group.length > 0 ? options.group : undefined
    const request = {
      name: options.name,
      role: options.role as KeyRole,
      ...given({ expiresInDays, endpoints, groups }),
    }
    const { id, key, view } = await withServices((services, actor) => services.access.createApiKey(actor, request))
    const text = facts([
      ['Key', key],
      ['Id', id],
      ['Role', view.role],
      ['Limited to', limits(view)],
      ['Expires', moment(view.expiresAt)],
    ])
    return { json: { id, key }, text: `${text}\n\nKeep the key now: it is not shown again.` }
  },
})

export const listApiKeys = command({
  name: 'api-key list',
  summary: 'List the API keys, without their values',
  options: {},
  examples: ['api-key list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.access.apiKeys(actor))
    const rows = items.map((key) => [
      key.id,
      key.name,
      key.role,
      limits(key),
      key.revokedAt ? `revoked ${moment(key.revokedAt)}` : `until ${moment(key.expiresAt)}`,
      moment(key.lastUsedAt),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['ID', 'NAME', 'ROLE', 'LIMITED TO', 'LIFE', 'LAST USED'], rows, 'There are no API keys yet.'),
    }
  },
})

export const revokeApiKey = command({
  name: 'api-key revoke',
  summary: 'Revoke an API key at once',
  argument: 'ID',
  options: {},
  examples: ['api-key revoke 0198d2bf-1000-7000-8000-000000000001'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.access.revokeApiKey(actor, argument))
    return { json: { id: argument, revoked: true }, text: `The API key ${argument} is revoked.` }
  },
})

function limits({ endpoints, groups }: Pick<ApiKeyView, 'endpoints' | 'groups'>): string {
  const named = (of: { slug: string }[]) => of.map(({ slug }) => slug).join(', ')
  if (groups !== null) return `groups ${named(groups)}`
  return endpoints === null ? 'nothing' : `endpoints ${named(endpoints)}`
}
