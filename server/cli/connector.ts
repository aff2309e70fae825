/** latchkey connector: MDMs that are connected, how they are, and what was said with them. */
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf, UsageFault } from './command'
import { facts, moment, table } from './text'

const SECRET_ONCE = 'Keep the hook secret now: it is not shown again.'

export const createConnector = command({
  name: 'connector create',
  summary: 'Connect an MDM',
  details:
    'Settings are those of its kind, as KEY=VALUE: true, false and numbers are taken as such, lists as JSON. A credential is read from standard input, as JSON such as {"clientSecret": "…"}. The hook secret is shown once.',
  options: {
    kind: { value: 'KIND', description: 'Which MDM it is', required: true, choices: ['intune', 'jamf', 'events'] },
    name: { value: 'NAME', description: 'As people call it', required: true },
    slug: { value: 'SLUG', description: 'Names it in its hook URL', required: true },
    set: { value: 'KEY=VALUE', description: 'A setting of its kind', repeats: true },
    'credential-stdin': { description: 'Read the credential from standard input' },
    'credential-expires': { value: 'TIME', description: 'When the credential expires' },
  },
  examples: ['connector create --kind events --name Mosyle --slug mosyle --json'],
  async run({ options, io, withServices }) {
    const request = {
      kind: options.kind,
      name: options.name,
      slug: options.slug,
      settings: settingsFrom(options.set),
      ...given({
        credential: options['credential-stdin'] ? jsonFrom(await io.stdin()) : undefined,
        credentialExpiresAt: timeOf('credential-expires', options['credential-expires']),
      }),
    }
    const { view, hookSecret } = await withServices((services, actor) => services.mdmConnectors.create(actor, request))
    const text = facts([
      ['Connector', view.slug],
      ['Hook URL', view.hookUrl ?? 'none'],
      ['Hook secret', hookSecret ?? 'none'],
    ])
    return { json: { ...view, hookSecret }, text: hookSecret === null ? text : `${text}\n\n${SECRET_ONCE}` }
  },
})

export const listConnectors = command({
  name: 'connector list',
  summary: 'List the connected MDMs and how they are',
  options: {},
  examples: ['connector list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.mdmConnectors.list(actor))
    const rows = items.map(({ slug, kind, name, light, health }) => [
      slug,
      kind,
      name,
      light,
      moment(health.lastSuccessAt),
      moment(health.lastHeardAt),
    ])
    const heads = ['CONNECTOR', 'KIND', 'NAME', 'STATE', 'LAST SUCCESS', 'LAST HEARD']
    return { json: { items, nextCursor: null }, text: table(heads, rows, 'No MDM is connected yet.') }
  },
})

export const showConnector = command({
  name: 'connector show',
  summary: 'Show one connected MDM',
  argument: 'SLUG',
  options: {},
  examples: ['connector show mosyle'],
  async run({ argument, withServices }) {
    const view = await withServices((services, actor) => services.mdmConnectors.get(actor, argument))
    const { health } = view
    const text = facts([
      ['Connector', view.slug],
      ['Kind', view.kind],
      ['Name', view.name],
      ['State', view.light],
      ['Last success', moment(health.lastSuccessAt)],
      ['Last heard', moment(health.lastHeardAt)],
      ['Last error', health.lastError ?? 'none'],
      ['Credential', view.hasCredential ? `expires ${moment(view.credentialExpiresAt)}` : 'none'],
      ['Hook URL', view.hookUrl ?? 'none'],
      ...Object.entries(view.settings).map(([key, value]): [string, string] => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ])
    return { json: view, text }
  },
})

export const changeConnector = command({
  name: 'connector change',
  summary: 'Change a connected MDM',
  details: 'As for connector create. A changed address forgets the credential, unless a new one comes with it.',
  argument: 'SLUG',
  options: {
    name: { value: 'NAME', description: 'As people call it' },
    set: { value: 'KEY=VALUE', description: 'A setting of its kind', repeats: true },
    'credential-stdin': { description: 'Read a new credential from standard input' },
    'credential-expires': { value: 'TIME', description: 'When the credential expires' },
    enable: { description: 'Ask it and believe it again' },
    disable: { description: 'Neither ask it nor believe it' },
  },
  examples: ['connector change mosyle --disable', 'connector change jamf --set syncMinutes=30'],
  async run({ argument, options, io, withServices }) {
    if (options.enable && options.disable) throw new UsageFault('Choose one of --enable and --disable.')
    const change = given({
      name: options.name,
      settings: options.set.length > 0 ? settingsFrom(options.set) : undefined,
      credential: options['credential-stdin'] ? jsonFrom(await io.stdin()) : undefined,
      credentialExpiresAt: timeOf('credential-expires', options['credential-expires']),
      enabled: options.enable ? true : options.disable ? false : undefined,
    })
    const view = await withServices((services, actor) => services.mdmConnectors.change(actor, argument, change))
    return { json: view, text: `${view.name} is ${view.light}.` }
  },
})

export const testConnector = command({
  name: 'connector test',
  summary: 'Test the connection to an MDM, step by step',
  argument: 'SLUG',
  options: {},
  examples: ['connector test intune'],
  async run({ argument, withServices }) {
    const result = await withServices((services, actor) => services.mdmConnectors.test(actor, argument))
    const lines = result.checks.flatMap(({ step, ok, code, sentence, advice }) => [
      `${ok ? 'ok    ' : 'FAILED'} ${step}: ${sentence}${code === null ? '' : ` (${code})`}`,
      ...(advice === null ? [] : [`       ${advice}`]),
    ])
    return { json: result, text: lines.join('\n'), exitCode: result.works ? 0 : 1 }
  },
})

export const rotateConnectorSecret = command({
  name: 'connector rotate-secret',
  summary: 'Make a new hook secret for an MDM',
  details: 'The secret before is believed for another day.',
  argument: 'SLUG',
  options: {},
  examples: ['connector rotate-secret mosyle --json'],
  async run({ argument, withServices }) {
    const { view, hookSecret } = await withServices((services, actor) =>
      services.mdmConnectors.rotateHookSecret(actor, argument),
    )
    const text = facts([
      ['Hook URL', view.hookUrl ?? 'none'],
      ['Hook secret', hookSecret],
    ])
    return { json: { ...view, hookSecret }, text: `${text}\n\n${SECRET_ONCE}` }
  },
})

export const listConnectorCalls = command({
  name: 'connector calls',
  summary: 'List what was said with an MDM, newest first',
  argument: 'SLUG',
  options: {
    outcome: { value: 'OUTCOME', description: 'Only these', choices: ['success', 'refused', 'failed'] },
    operation: { value: 'OPERATION', description: 'Only these, such as device.removed' },
    ...PAGE_OPTIONS,
  },
  examples: ['connector calls intune --outcome failed'],
  async run({ argument, options, withServices }) {
    const filter = given({
      outcome: options.outcome as 'success' | 'refused' | 'failed' | undefined,
      operation: options.operation,
    })
    const page = await withServices((services, actor) =>
      services.mdmConnectors.calls(actor, argument, filter, pageFrom(options)),
    )
    const rows = page.items.map(({ at, direction, operation, outcome, status, code, milliseconds }) => [
      moment(at),
      direction,
      operation,
      outcome,
      status === null ? '' : String(status),
      code ?? '',
      `${milliseconds} ms`,
    ])
    const heads = ['TIME', 'WAY', 'OPERATION', 'OUTCOME', 'STATUS', 'CODE', 'TOOK']
    return { json: page, text: table(heads, rows, 'There are no calls.') + moreHint(page.nextCursor) }
  },
})

function settingsFrom(entries: readonly string[]): { [key: string]: unknown } {
  return Object.fromEntries(
    entries.map((entry) => {
      const [, key, value] = /^([A-Za-z]{1,64})=(.*)$/s.exec(entry) ?? []
      if (key === undefined || value === undefined) throw new UsageFault('--set takes KEY=VALUE.')
      return [key, /^(true|false|\d{1,9}|\[.*\])$/s.test(value) ? jsonOr(value) : value]
    }),
  )
}

function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageFault('The credential on standard input is JSON, such as {"clientSecret": "…"}.')
  }
}
