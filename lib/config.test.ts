/** The environment: what is understood, and that every fault is named at once. */
import { describe, expect, test } from 'vitest'
import { ConfigurationError, readConfig, settings, signerConfig } from './config'

const DATABASE_URL = 'postgresql://latchkey@localhost/latchkey'

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    settings(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

test('without any variable everything has a default', () => {
  expect(settings({})).toMatchObject({
    host: undefined,
    port: 3000,
    databaseUrl: undefined,
    dataDirChosen: false,
    trustedProxies: [],
    outboundAllow: [],
    log: 'text',
  })
  expect(settings({}).publicUrl.href).toBe('http://localhost:3000/')
  expect(settings({ PORT: '8080' }).publicUrl.href).toBe('http://localhost:8080/')
})

test.each([
  ['http://ca.example:8080', 'http://ca.example:8080/'],
  ['https://ca.example', 'http://ca.example/'],
  ['https://ca.example:8443', 'http://ca.example/'],
])('status is served over plain HTTP: %s gives %s', (publicUrl, statusUrl) => {
  expect(settings({ PUBLIC_URL: publicUrl }).statusUrl.href).toBe(statusUrl)
})

test('an empty variable is one that is not set, but an empty key-encryption key is a fault', () => {
  expect(settings({ DATABASE_URL: '', PORT: '' })).toMatchObject({ databaseUrl: undefined, port: 3000 })
  expect(problemsOf({ LATCHKEY_KEK: '' })).toEqual(['LATCHKEY_KEK is set but empty.'])
})

test('all faults are listed at once', () => {
  const problems = problemsOf({
    PORT: '70000',
    PUBLIC_URL: 'ftp://x',
    DATABASE_URL: 'mysql://x',
    LATCHKEY_KEK: 'short',
  })
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    'DATABASE_URL',
    'LATCHKEY_KEK',
    'PORT',
    'PUBLIC_URL',
  ])
})

describe.each([
  ['HOST', 'not a host'],
  ['PORT', '0'],
  ['PORT', '3000x'],
  ['PUBLIC_URL', 'https://ca.example/portal'],
  ['PUBLIC_URL', 'https://user:secret@ca.example'],
  ['PUBLIC_URL', 'ca.example'],
  ['STATUS_URL', 'https://ca.example'],
  ['DATABASE_URL', 'localhost:5432'],
  ['DATABASE_MIGRATION_URL', DATABASE_URL],
  ['LATCHKEY_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['LATCHKEY_TRUSTED_PROXIES', 'proxy.example'],
  ['LATCHKEY_OUTBOUND_ALLOW', 'https://validator.internal'],
  ['LATCHKEY_OUTBOUND_ALLOW', '10.0.0.0/33'],
  ['LATCHKEY_OUTBOUND_ALLOW', 'a host'],
  ['LATCHKEY_KEK', Buffer.alloc(31).toString('base64')],
  ['LATCHKEY_LOG', 'xml'],
  ['LATCHKEY_DATADIR', '/data'],
])('%s=%s', (name, value) => {
  test('is one clear sentence', () => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name} .*\\.$`))
  })
})

test('a fault never repeats a secret', () => {
  const problems = problemsOf({ LATCHKEY_KEK: 'c2VjcmV0LWtlaw', DATABASE_URL: 'mysql://root:hunter2@db' }).join(' ')
  expect(problems).not.toMatch(/c2VjcmV0|hunter2/)
})

test('proxies are kept as networks', () => {
  expect(settings({ LATCHKEY_TRUSTED_PROXIES: '10.0.0.5, 192.168.0.0/16,::1' }).trustedProxies).toEqual([
    '10.0.0.5/32',
    '192.168.0.0/16',
    '::1/128',
  ])
})

test('a process without a database does not start', () => {
  expect(() => readConfig({})).toThrow('DATABASE_URL is missing')
})

test("the tables' owner is known to the settings, and to no process", () => {
  const owner = 'postgresql://latchkey_owner:hunter2@localhost/latchkey'
  const environment = { DATABASE_URL, DATABASE_MIGRATION_URL: owner }
  expect(settings(environment)).toMatchObject({ databaseUrl: DATABASE_URL, databaseMigrationUrl: owner })
  expect(settings({ DATABASE_URL }).databaseMigrationUrl).toBeUndefined()
  expect(JSON.stringify([readConfig(environment), signerConfig(environment)])).not.toContain('hunter2')
  expect(problemsOf({ DATABASE_URL, DATABASE_MIGRATION_URL: 'mysql://root:hunter2@db' })).toEqual([
    'DATABASE_MIGRATION_URL must be a URL such as postgresql://user:password@host:5432/latchkey.',
  ])
})

test('the key-encryption key reaches the signer and nobody else', () => {
  const kek = Buffer.alloc(32, 7).toString('base64')
  const environment = { DATABASE_URL, LATCHKEY_KEK: kek, LATCHKEY_DATA_DIR: '/srv/latchkey' }
  expect(signerConfig(environment).kek).toEqual({ from: 'value', bytes: new Uint8Array(32).fill(7) })
  expect(signerConfig({ DATABASE_URL, LATCHKEY_DATA_DIR: '/srv/latchkey' }).kek).toEqual({
    from: 'file',
    path: '/srv/latchkey/kek',
    create: true,
  })
  expect(signerConfig({ DATABASE_URL, LATCHKEY_KEK_FILE: '/run/secrets/kek' }).kek).toEqual({
    from: 'file',
    path: '/run/secrets/kek',
    create: false,
  })
  expect(JSON.stringify(readConfig(environment))).not.toContain(kek)
  expect(problemsOf({ LATCHKEY_KEK: kek, LATCHKEY_KEK_FILE: '/x' })).toHaveLength(1)
})

test('where calls may go is read as hosts, ports and networks', () => {
  const { outboundAllow } = settings({
    LATCHKEY_OUTBOUND_ALLOW: 'Validator.Internal, 10.1.0.0/16,http://127.0.0.1:9000,[fd12::1]:8443,fd12::2',
  })
  expect(outboundAllow).toEqual([
    { host: 'validator.internal', port: null, prefix: null, plain: false },
    { host: '10.1.0.0', port: null, prefix: 16, plain: false },
    { host: '127.0.0.1', port: 9_000, prefix: null, plain: true },
    { host: 'fd12::1', port: 8_443, prefix: null, plain: false },
    { host: 'fd12::2', port: null, prefix: null, plain: false },
  ])
})
