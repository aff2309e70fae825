/** The environment, parsed once into typed values with every fault listed at once. The only reader of process.env. */
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** What an administrator sets. Where the database is not chosen, npm start provides an embedded one. */
export interface Settings {
  /** Address to listen on; undefined is every address of the machine, IPv4 and IPv6. */
  host: string | undefined
  port: number
  /** As devices and browsers see us, without a path. */
  publicUrl: URL
  /** Where relying parties fetch CRLs and CA certificates: always plain HTTP, so that no check needs another check first. */
  statusUrl: URL
  /** Whether new certificates name a shard of their issuer's CRL, or the whole one. */
  crlShards: boolean
  databaseUrl: string | undefined
  /** Of the role that owns the tables, if that is not the one of databaseUrl: only what prepares the database has it. */
  databaseMigrationUrl: string | undefined
  /** Absolute. */
  dataDir: string
  /** False while it is the default, which may then be supplemented by a place that the database's user can reach. */
  dataDirChosen: boolean
  /** Networks whose X-Forwarded-For we believe, as "address/prefix". */
  trustedProxies: string[]
  /** What calls to addresses typed in the portal may reach beyond public ones. */
  outboundAllow: OutboundPlace[]
  log: 'text' | 'json'
}

/** A host or a network, perhaps with a port; `plain` where http:// may be used. */
export interface OutboundPlace {
  host: string
  port: number | null
  prefix: number | null
  plain: boolean
}

/** What every process of an installation knows. No secret beside the database's address. */
export interface Config extends Omit<Settings, 'databaseUrl' | 'databaseMigrationUrl'> {
  databaseUrl: string
  signerSocket: string
  webSocket: string
}

/** The key-encryption key: given as a value, or in a file, which is created when it is our own default and missing. */
export type KekSource = { from: 'value'; bytes: Uint8Array } | { from: 'file'; path: string; create: boolean }

export interface SignerConfig {
  databaseUrl: string
  dataDir: string
  signerSocket: string
  kek: KekSource
}

type Environment = Readonly<Record<string, string | undefined>>

/** Everything that is wrong with the environment, one sentence per variable. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

let current: Config | undefined

/** The configuration of this process. */
export function config(): Config {
  current ??= readConfig(process.env)
  return current
}

/** For the processes that find out the database and the sockets themselves: the supervisor and the command line. */
export function setConfig(value: Config): void {
  current = value
}

/** What the administrator set, checked. */
export function settings(environment: Environment = process.env): Settings {
  return toSettings(parse(environment))
}

export function readConfig(environment: Environment): Config {
  const variables = parse(environment)
  const { databaseUrl, databaseMigrationUrl: _, ...rest } = toSettings(variables)
  if (!databaseUrl)
    throw new ConfigurationError(['DATABASE_URL is missing: only npm start provides a database by itself.'])
  return {
    ...rest,
    databaseUrl,
    signerSocket: variables.LATCHKEY_SIGNER_SOCKET ?? join(rest.dataDir, 'run', 'signer.sock'),
    webSocket: variables.LATCHKEY_WEB_SOCKET ?? join(rest.dataDir, 'run', 'web.sock'),
  }
}

/** For the signer alone: the only place where the key-encryption key enters. */
export function signerConfig(environment: Environment = process.env): SignerConfig {
  const { databaseUrl, dataDir, signerSocket } = readConfig(environment)
  return { databaseUrl, dataDir, signerSocket, kek: kekSource(parse(environment), dataDir) }
}

function kekSource(variables: Variables, dataDir: string): KekSource {
  if (variables.LATCHKEY_KEK) return { from: 'value', bytes: variables.LATCHKEY_KEK }
  if (variables.LATCHKEY_KEK_FILE) return { from: 'file', path: resolve(variables.LATCHKEY_KEK_FILE), create: false }
  return { from: 'file', path: join(dataDir, 'kek'), create: true }
}

function toSettings(variables: Variables): Settings {
  const publicUrl = variables.PUBLIC_URL ?? new URL(`http://localhost:${variables.PORT}`)
  return {
    host: variables.HOST,
    port: variables.PORT,
    publicUrl,
    statusUrl: variables.STATUS_URL ?? plainHttp(publicUrl),
    crlShards: variables.LATCHKEY_CRL_SHARDS === 'on',
    databaseUrl: variables.DATABASE_URL,
    databaseMigrationUrl: variables.DATABASE_MIGRATION_URL,
    // The comment is for Next's bundler, which would otherwise take the data folder for a part of the program.
    dataDir: resolve(/* turbopackIgnore: true */ variables.LATCHKEY_DATA_DIR ?? 'data'),
    dataDirChosen: variables.LATCHKEY_DATA_DIR !== undefined,
    trustedProxies: variables.LATCHKEY_TRUSTED_PROXIES,
    outboundAllow: variables.LATCHKEY_OUTBOUND_ALLOW,
    log: variables.LATCHKEY_LOG,
  }
}

/** A port that speaks TLS cannot speak plain HTTP as well, so https://host:8443 becomes http://host. */
function plainHttp(url: URL): URL {
  return new URL(url.protocol === 'https:' ? `http://${url.hostname}` : url.origin)
}

// The schema. Each message completes the sentence "VARIABLE …".

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?)*$/i
const KEK_BASE64 = /^[A-Za-z0-9+/]{43}=$/

function databaseAddress() {
  return z
    .string()
    .refine(
      (url) => /^postgres(ql)?:\/\/./.test(url),
      'must be a URL such as postgresql://user:password@host:5432/latchkey.',
    )
    .optional()
}

const Variables = z.object({
  HOST: z
    .string()
    .refine((host) => isIP(host) !== 0 || HOST_NAME.test(host), 'must be an IP address or a host name of this machine.')
    .optional(),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number between 1 and 65535.')
    .transform(Number)
    .refine((port) => port >= 1 && port <= 65_535, 'must be a port number between 1 and 65535.')
    .default(3000),
  PUBLIC_URL: z
    .string()
    .transform(toUrl)
    .refine(
      (url) => isOrigin(url, ['http:', 'https:']),
      'must be a URL such as https://pki.example.com, without a path.',
    )
    .optional(),
  STATUS_URL: z
    .string()
    .transform(toUrl)
    .refine(
      (url) => isOrigin(url, ['http:']),
      'must be a URL that begins with http://, without a path: CRLs are fetched without TLS.',
    )
    .optional(),
  DATABASE_URL: databaseAddress(),
  DATABASE_MIGRATION_URL: databaseAddress(),
  LATCHKEY_CRL_SHARDS: z.enum(['on', 'off'], 'must be on or off.').default('on'),
  LATCHKEY_DATA_DIR: z
    .string()
    .refine((path) => !path.includes('\0'), 'must be the path of a folder.')
    .optional(),
  LATCHKEY_KEK: z
    .string()
    .regex(KEK_BASE64, 'must be 32 random bytes in base64 (44 characters), as "openssl rand -base64 32" prints them.')
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .optional(),
  LATCHKEY_KEK_FILE: z.string().optional(),
  LATCHKEY_TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((item) => item.trim()))
    .refine(
      (list) => list.every(isNetwork),
      'must be addresses or networks separated by commas, such as 10.0.0.5,192.168.1.0/24.',
    )
    .transform((list) => list.map(withPrefix))
    .default([]),
  LATCHKEY_OUTBOUND_ALLOW: z
    .string()
    .transform((list) => list.split(',').map((item) => outboundPlace(item.trim())))
    .refine(
      (list) => list.every((place) => place !== null),
      'must be hosts or networks separated by commas, such as validator.internal,10.1.0.0/16,http://127.0.0.1:9000.',
    )
    .transform((list) => list.filter((place) => place !== null))
    .default([]),
  LATCHKEY_LOG: z.enum(['text', 'json'], 'must be text or json.').default('text'),
  LATCHKEY_SIGNER_SOCKET: z.string().optional(),
  LATCHKEY_WEB_SOCKET: z.string().optional(),
})

type Variables = z.infer<typeof Variables>

const KNOWN = Object.keys(Variables.shape)

function parse(environment: Environment): Variables {
  const result = Variables.safeParse(withoutEmpty(environment))
  const problems = result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  problems.push(...strayVariables(environment))
  if (environment.LATCHKEY_KEK === '') problems.push('LATCHKEY_KEK is set but empty.')
  if (environment.LATCHKEY_KEK && environment.LATCHKEY_KEK_FILE) {
    problems.push('LATCHKEY_KEK and LATCHKEY_KEK_FILE are both set; keep one of them.')
  }
  if (environment.DATABASE_MIGRATION_URL && !environment.DATABASE_URL) {
    problems.push('DATABASE_MIGRATION_URL is set without DATABASE_URL; set both, or neither for the embedded Postgres.')
  }
  if (!result.success || problems.length > 0) throw new ConfigurationError(problems)
  return result.data
}

/** `NAME=` in a .env file or a compose file means "not set". */
function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(KNOWN.map((name) => [name, environment[name] || undefined]))
}

/** A misspelt variable of ours would silently be a default: a second key-encryption key, say. LATCHKEY_TEST_… is for tests. */
function strayVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('LATCHKEY_') && !name.startsWith('LATCHKEY_TEST_') && !KNOWN.includes(name))
    .map(
      (name) =>
        `${name} is not a variable that Latchkey knows (those are ${KNOWN.filter((known) => known.startsWith('LATCHKEY_')).join(', ')}).`,
    )
}

function toUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

function isOrigin(url: URL | null, protocols: string[]): url is URL {
  if (!url || !protocols.includes(url.protocol) || url.username || url.password) return false
  return url.pathname === '/' && !url.search && !url.hash
}

/** "host", "host:port", "address/prefix"; with "http://" in front, plain HTTP is allowed there as well. */
function outboundPlace(text: string): OutboundPlace | null {
  const plain = text.startsWith('http://')
  const rest = text.slice(plain ? 'http://'.length : 0)
  if (rest.includes('/')) {
    const [host = '', prefix] = rest.split('/')
    return isNetwork(rest) ? { host, port: null, prefix: Number(prefix), plain } : null
  }
  if (isIP(rest) === 6) return { host: rest, port: null, prefix: null, plain }
  const [, name = '', port] = /^(.+?)(?::(\d{1,5}))?$/.exec(rest) ?? []
  const host = name.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIP(host) === 0 && !HOST_NAME.test(host)) return null
  return { host, port: port === undefined ? null : Number(port), prefix: null, plain }
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

function withPrefix(network: string): string {
  return network.includes('/') ? network : `${network}/${isIP(network) === 4 ? 32 : 128}`
}
