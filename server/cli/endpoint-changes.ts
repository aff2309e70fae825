/** latchkey endpoint create, copy, update: endpoints with all their settings. */
import type { EndpointView } from '@/lib/services/groups'
import { command, given, UsageFault } from './command'
import { changeFrom, SETTING_OPTIONS } from './endpoint-settings'
import { facts } from './text'

const NAMING = {
  name: { value: 'NAME', description: 'Name of the endpoint' },
  slug: { value: 'SLUG', description: 'Its part of the SCEP URL, for good; made from the names unless given' },
} as const

export const createEndpoint = command({
  name: 'endpoint create',
  summary: 'Create a further endpoint of a group',
  details: 'Takes some seconds: its registration authority gets a key. What is not given is as in a new group.',
  options: {
    group: { value: 'SLUG', description: 'The group whose issuer signs', required: true },
    ...NAMING,
    name: { ...NAMING.name, required: true },
    ...SETTING_OPTIONS,
  },
  examples: ['endpoint create --group staff --name "Old printers" --allow-des on --validity 90'],
  async run({ options, withServices }) {
    const { group, name, slug } = options
    const change = changeFrom(options)
    const endpoint = await withServices((services, actor) =>
      services.endpoints.create(actor, { group, name, ...given({ slug }), ...change }),
    )
    return { json: endpoint, text: described(endpoint) }
  },
})

export const copyEndpoint = command({
  name: 'endpoint copy',
  summary: 'Copy an endpoint with all its settings',
  details: 'Challenges, accounts of the challenge page, static secrets and minters are not copied.',
  argument: 'SLUG',
  options: NAMING,
  examples: ['endpoint copy staff', 'endpoint copy staff --name Canary --slug staff-canary'],
  async run({ argument, options: { name, slug }, withServices }) {
    const endpoint = await withServices((services, actor) =>
      services.endpoints.copy(actor, argument, given({ name, slug })),
    )
    return { json: endpoint, text: described(endpoint) }
  },
})

export const updateEndpoint = command({
  name: 'endpoint update',
  summary: 'Change the settings of an endpoint',
  argument: 'SLUG',
  options: {
    name: NAMING.name,
    enabled: { value: 'on|off', description: 'Let devices in', choices: ['on', 'off'] },
    ...SETTING_OPTIONS,
  },
  examples: [
    'endpoint update staff --allow-sha1 off --allow-3des off',
    'endpoint update staff --validity 90 --renewal-window 20 --json',
  ],
  async run({ argument, options, withServices }) {
    const { name, enabled } = options
    const change = {
      ...given({ name, enabled: enabled === undefined ? undefined : enabled === 'on' }),
      ...changeFrom(options),
    }
    if (Object.keys(change).length === 0) throw new UsageFault('Name at least one setting to change.')
    const endpoint = await withServices((services, actor) => services.groups.updateEndpoint(actor, argument, change))
    return { json: endpoint, text: described(endpoint) }
  },
})

function described({ name, slug, enabled, policy, scepUrl, weaknesses }: EndpointView): string {
  return facts([
    ['Endpoint', `${name} (${slug})`],
    ['State', enabled ? 'on' : 'off'],
    ['Challenges', policy],
    ['SCEP URL', scepUrl],
    ['Weak', weaknesses.length === 0 ? 'nothing' : weaknesses.join(', ')],
  ])
}
