/** latchkey endpoint: where devices ask, on or off. */
import { command, UsageFault } from './command'
import { facts, moment, table } from './text'

export const listEndpoints = command({
  name: 'endpoint list',
  summary: 'List the enrolment endpoints',
  options: {},
  examples: ['endpoint list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.groups.listEndpoints(actor))
    const rows = items.map((endpoint) => [
      endpoint.slug,
      endpoint.group.name,
      endpoint.policy,
      endpoint.enabled ? 'on' : 'off',
      endpoint.scepUrl,
    ])
    return {
      json: { items, nextCursor: null },
      text: table(
        ['SLUG', 'GROUP', 'CHALLENGES', 'STATE', 'SCEP URL'],
        rows,
        'There are no endpoints yet. Create a group first: group create',
      ),
    }
  },
})

export const showEndpoint = command({
  name: 'endpoint show',
  summary: 'Show one enrolment endpoint',
  argument: 'SLUG',
  options: {},
  examples: ['endpoint show staff'],
  async run({ argument, withServices }) {
    const endpoint = await withServices((services, actor) => services.groups.getEndpoint(actor, argument))
    const { registrationAuthority: ra, profile } = endpoint
    const text = facts([
      ['Endpoint', `${endpoint.name} (${endpoint.slug})`],
      ['Group', endpoint.group.name],
      ['State', endpoint.enabled ? 'on' : 'off'],
      ['SCEP URL', endpoint.scepUrl],
      ['Challenges', `${endpoint.policy}, ${endpoint.challengeTtlMinutes} minutes`],
      [
        'Certificates',
        `${profile.validityDays} days, RSA from ${profile.minRsaBits} bits, ${profile.ellipticCurves.join(', ')}`,
      ],
      ['RA SHA-256', ra === null ? 'being made' : ra.fingerprintSha256],
      ['RA valid until', moment(ra?.notAfter ?? null)],
      ['Issuer SHA-256', endpoint.issuer.fingerprintSha256],
      ['Root SHA-256', endpoint.root.fingerprintSha256],
    ])
    return { json: endpoint, text }
  },
})

const switched = (name: string, summary: string, enabled: boolean) =>
  command({
    name,
    summary,
    argument: 'SLUG',
    options: {},
    examples: [`${name} staff`],
    async run({ argument, withServices }) {
      const endpoint = await withServices((services, actor) =>
        services.groups.updateEndpoint(actor, argument, { enabled }),
      )
      return {
        json: { id: endpoint.id, slug: endpoint.slug, enabled: endpoint.enabled },
        text: `The endpoint ${endpoint.slug} is ${endpoint.enabled ? 'on' : 'off: every request is refused'}.`,
      }
    },
  })

export const enableEndpoint = switched('endpoint enable', 'Let devices enrol at an endpoint again', true)
export const disableEndpoint = switched('endpoint disable', 'Refuse every request at an endpoint, at once', false)

export const defaultEndpoint = command({
  name: 'endpoint default',
  summary: 'Show or choose where clients lead that cannot name an endpoint',
  options: {
    set: { value: 'SLUG', description: 'Choose this endpoint' },
    none: { description: 'Choose none: the only endpoint there is answers, or nobody' },
  },
  examples: ['endpoint default', 'endpoint default --set staff'],
  async run({ options, withServices }) {
    const { set, none } = options
    if (set !== undefined && none) throw new UsageFault('Give either --set or --none.')
    const leads = await withServices((services, actor) =>
      set === undefined && !none
        ? services.defaultEndpoint.get(actor)
        : services.defaultEndpoint.choose(actor, set ?? null),
    )
    const { endpoint, chosen } = leads
    const text = endpoint === null ? 'none' : `${endpoint.slug}${chosen ? '' : ' (the only one)'}`
    return {
      json: leads,
      text: facts([['Default endpoint', text], ...leads.urls.map((url) => ['Asked at', url] as const)]),
    }
  },
})
