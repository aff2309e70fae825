/** latchkey minter: other systems that sign challenges themselves. */
import { readFile } from 'node:fs/promises'
import type { SanType } from '@/lib/services/challenges'
import { SAN_TYPES } from '@/lib/services/minter-limits'
import type { MinterView } from '@/lib/services/minters'
import { CommandFault, command, given, UsageFault, wholeNumber } from './command'
import { facts, table } from './text'

const LIMITS = {
  subject: { value: 'TEMPLATE', description: 'Subjects it may ask for, such as "CN=*,O=Example"; any unless given' },
  san: {
    value: 'TYPE',
    description: `Kind of alternative name it may ask for: ${SAN_TYPES.join(', ')}`,
    repeats: true,
  },
  ttl: { value: 'MINUTES', description: 'Longest life of a challenge, 1 to 1440; 60 unless given' },
  'per-hour': { value: 'COUNT', description: 'Challenges an hour; 1000 unless given' },
} as const

export const addMinter = command({
  name: 'minter add',
  summary: 'Register a system that signs its own challenges',
  details: 'From then on what one of these keys signs enrols at these endpoints, within the limits.',
  options: {
    name: { value: 'NAME', description: 'For people', required: true },
    issuer: { value: 'ISSUER', description: 'What its tokens say in "iss"', required: true },
    jwks: { value: 'FILE', description: 'Public keys: a JWK set, Ed25519 or P-256' },
    'jwks-url': {
      value: 'URL',
      description: 'Instead of --jwks: the https:// address of the set, fetched once; its keys are pinned',
    },
    endpoint: { value: 'SLUG', description: 'Endpoint it may mint for', required: true, repeats: true },
    ...LIMITS,
  },
  examples: [
    'minter add --name "Fleet MDM" --issuer https://mdm.example.com --jwks mdm.json --endpoint staff --subject "CN=*,O=Example"',
    'minter add --name "Fleet MDM" --issuer https://mdm.example.com --jwks-url https://mdm.example.com/jwks.json --endpoint staff',
  ],
  async run({ options, withServices }) {
    const [file, jwksUrl] = [options.jwks, options['jwks-url']]
    if ((file === undefined) === (jwksUrl === undefined)) throw new UsageFault('Give either --jwks or --jwks-url.')
    const request = {
      name: options.name,
      issuer: options.issuer,
      endpoints: options.endpoint,
      sanTypes: sanTypesOf(options.san),
      ...given({
        jwks: file === undefined ? undefined : await textOf(file),
        jwksUrl,
        subjectTemplate: options.subject,
        maxTtlMinutes: wholeNumber('ttl', options.ttl, 1, 1440),
        perHour: wholeNumber('per-hour', options['per-hour'], 1, 100_000),
      }),
    }
    return withServices(async (services, actor) => {
      const minter = await services.minters.create(actor, request)
      const keys = minter.endpoints.map(({ slug }) => services.urls.challengeKeysUrl(slug))
      const text = facts([
        ['Minter', minter.name],
        ['Issuer', minter.issuer],
        ['Id', minter.id],
        ...minter.keys.map(
          ({ kid, algorithm, thumbprint }) => ['Key', `${algorithm} ${kid}, thumbprint ${thumbprint}`] as const,
        ),
        ...keys.map((url) => ['Encrypt to', url] as const),
      ])
      return { json: { ...minter, challengeKeys: keys }, text }
    })
  },
})

export const listMinters = command({
  name: 'minter list',
  summary: 'List the systems that sign their own challenges',
  options: {},
  examples: ['minter list --json'],
  async run({ withServices }) {
    const minters = await withServices((services, actor) => services.minters.list(actor))
    const rows = minters.map(({ id, name, issuer, endpoints, disabledAt }) => [
      id,
      name,
      issuer,
      endpoints.map(({ slug }) => slug).join(' '),
      disabledAt === null ? 'on' : 'off',
    ])
    return {
      json: { items: minters, nextCursor: null },
      text: table(['ID', 'NAME', 'ISSUER', 'ENDPOINTS', 'STATE'], rows, 'There are no minters.'),
    }
  },
})

const switched = (word: 'enable' | 'disable', enabled: boolean) =>
  command({
    name: `minter ${word}`,
    summary: enabled ? 'Take its challenges again' : 'Take none of its challenges any more',
    argument: 'ID',
    options: {},
    examples: [`minter ${word} 0198d2d0-0301-7f00-8a0b-2c3d4e5f6a7b`],
    async run({ argument, withServices }) {
      const minter = await withServices((services, actor) => services.minters.setEnabled(actor, argument, enabled))
      return { json: minter, text: `${minter.name} is ${stateOf(minter)}.` }
    },
  })
export const enableMinter = switched('enable', true)
export const disableMinter = switched('disable', false)

function stateOf({ disabledAt }: MinterView): string {
  return disabledAt === null ? 'on' : 'off'
}

function sanTypesOf(types: string[]): SanType[] {
  return types.map((text) => {
    const known = SAN_TYPES.find((type) => type === text)
    if (known === undefined) throw new UsageFault(`--san is one of ${SAN_TYPES.join(', ')}.`)
    return known
  })
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandFault('file_unreadable', `Cannot read ${path} (${code}).`)
  }
}
