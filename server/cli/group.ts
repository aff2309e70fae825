/** latchkey group: groups, each with an issuer of its own. */
import type { GroupView, IssuerKey } from '@/lib/services/groups'
import { CommandFault, command, given } from './command'
import { facts, moment, table } from './text'

export const createGroup = command({
  name: 'group create',
  summary: 'Create a group with its issuer and its first SCEP endpoint',
  details: 'Takes some seconds: keys are made.',
  options: {
    name: { value: 'NAME', description: 'Name of the group', required: true },
    'issuer-key': {
      value: 'KIND',
      description: 'Key of the issuer; rsa3072 unless given, which every device knows',
      choices: ['rsa3072', 'rsa4096', 'p256', 'p384'],
    },
    issuer: { value: 'SLUG', description: 'An issuer that came from elsewhere and has no group yet' },
    'answers-scep': { description: 'The issuer may answer SCEP with its own key (RSA only)' },
  },
  examples: ['group create --name Staff', 'group create --name Printers --issuer-key p256 --json'],
  async run({ options, withServices }) {
    const issuerKey = options['issuer-key'] as IssuerKey | undefined
    const answersScep = options['answers-scep'] || undefined
    const group = await withServices((services, actor) =>
      services.groups.create(actor, {
        name: options.name,
        ...given({ issuerKey, answersScep, issuer: options.issuer }),
      }),
    )
    return { json: created(group), text: described(group) }
  },
})

export const listGroups = command({
  name: 'group list',
  summary: 'List the groups',
  options: {},
  examples: ['group list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.groups.list(actor))
    const rows = items.map((group) => [
      group.slug,
      group.name,
      String(group.counts.valid),
      String(group.counts.revoked),
      group.endpoints.map(({ slug }) => slug).join(', '),
    ])
    return {
      json: { items, nextCursor: null },
      text: table(
        ['SLUG', 'NAME', 'VALID', 'REVOKED', 'ENDPOINTS'],
        rows,
        'There are no groups yet. Create one: group create',
      ),
    }
  },
})

export const showGroup = command({
  name: 'group show',
  summary: 'Show one group',
  argument: 'SLUG',
  options: {},
  examples: ['group show staff'],
  async run({ argument, withServices }) {
    const group = await withServices((services, actor) => services.groups.get(actor, argument))
    return { json: group, text: described(group) }
  },
})

export const switchTrustPage = command({
  name: 'group trust-page',
  summary: 'Show the public page of the CA certificates, or switch it on or off',
  argument: 'SLUG',
  options: { enabled: { value: 'on|off', description: 'Whether strangers see it', choices: ['on', 'off'] } },
  examples: ['group trust-page staff', 'group trust-page staff --enabled off'],
  async run({ argument, options: { enabled }, withServices }) {
    const page = await withServices((services, actor) =>
      enabled === undefined
        ? services.trust.setting(actor, argument)
        : services.trust.switchPage(actor, argument, enabled === 'on'),
    )
    return { json: page, text: `${page.url} is ${page.enabled ? 'on' : 'off'}.` }
  },
})

export const retireGroup = command({
  name: 'group retire',
  summary: 'Let nobody enrol into a group any more',
  details: 'Its endpoints go off, its pending challenges are revoked; its certificates keep their status.',
  argument: 'SLUG',
  options: { confirm: { value: 'NAME', description: 'The name of the group', required: true } },
  examples: ['group retire contractors --confirm Contractors'],
  async run({ argument, options: { confirm: confirmation }, withServices }) {
    const left = await withServices((services, actor) =>
      services.groupRetirement.retire(actor, argument, { confirmation }),
    )
    return { json: left, text: `${left.group.name} is retired; ${left.certificates} of its certificates are valid.` }
  },
})

export const reopenGroup = command({
  name: 'group reopen',
  summary: 'Take a retired group back; its endpoints stay off until each is switched on',
  argument: 'SLUG',
  options: {},
  examples: ['group reopen contractors'],
  async run({ argument, withServices }) {
    const group = await withServices((services, actor) => services.groupRetirement.reopen(actor, argument))
    return { json: group, text: `${group.group.name} is in use again.` }
  },
})

function created(group: GroupView) {
  const [endpoint] = group.endpoints
  if (group.issuer === null || endpoint === undefined) {
    throw new CommandFault(
      'unavailable',
      `The group ${group.name} is being made; "group show ${group.slug}" tells when it is ready.`,
    )
  }
  const { id, slug, scepUrl } = endpoint
  return {
    id: group.id,
    slug: group.slug,
    issuer: { id: group.issuer.id, slug: group.issuer.slug },
    endpoint: { id, slug, scepUrl },
  }
}

function described({ name, slug, issuer, endpoints, counts }: GroupView): string {
  return facts([
    ['Group', `${name} (${slug})`],
    ...(issuer === null
      ? []
      : ([
          ['Issuer', issuer.subject],
          ['Valid until', moment(issuer.notAfter)],
          ['SHA-256', issuer.fingerprintSha256],
          ['CRL', issuer.crlUrl],
          ['OCSP', issuer.ocspUrl],
        ] as const)),
    ...endpoints.map((endpoint) => ['SCEP URL', endpoint.scepUrl] as const),
    ['Certificates', `${counts.valid} valid, ${counts.revoked} revoked`],
  ])
}
