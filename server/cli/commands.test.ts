/** Each command asks the service it should and prints the documents that scripts rely on. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { GroupView } from '@/lib/services/groups'
import { type Fakes, latchkey } from './testing/terminal'

const DATE = new Date('2026-11-23T10:00:00Z')
const LATER = new Date('2026-11-23T11:00:00Z')
const SERIAL = '3A7F19C0D2E45B6781920A1B2C3D4E5F'

let asked: unknown[][]
/** A service method that notes what it was asked, without the actor, and answers. */
const noted =
  (answer: unknown) =>
  async (...args: unknown[]): Promise<never> => {
    asked.push(args.slice(1))
    return answer as never
  }
beforeEach(() => {
  asked = []
})
const json = async (args: readonly string[], services: Fakes, stdin?: string) => {
  const ran = await latchkey([...args, '--json'], { services, ...(stdin === undefined ? {} : { stdin }) })
  return { code: ran.code, document: ran.json, error: ran.error }
}

const endpoint = { id: 'e1', slug: 'staff', name: 'Staff', enabled: true, scepUrl: 'https://portal.example/scep/staff' }
const group = {
  id: 'g1',
  slug: 'staff',
  name: 'Staff',
  ready: true,
  createdAt: DATE,
  issuer: {
    id: 'i1',
    slug: 'staff',
    subject: 'CN=Staff Issuer',
    notAfter: LATER,
    fingerprintSha256: 'ab',
    crlUrl: 'http://portal.example/crl/staff.crl',
    ocspUrl: 'http://portal.example/ocsp/staff',
  },
  endpoints: [endpoint],
  counts: { certificates: 3, valid: 2, revoked: 1, pendingChallenges: 0 },
} as unknown as GroupView
const user = {
  id: 'u1',
  name: 'Olga',
  email: 'olga@example.org',
  role: 'operator',
  groups: null,
  createdAt: DATE,
  lastSignInAt: null,
  disabledAt: null,
}
const certificate = {
  id: 'c1',
  serial: SERIAL,
  subject: 'CN=tablet-7',
  status: 'revoked',
  group: { slug: 'staff', name: 'Staff' },
  notAfter: LATER,
  revokedAt: DATE,
  revocationReason: 'keyCompromise',
  pem: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
  chainPem: 'CHAIN\n',
}

describe('the documents of the issue', () => {
  test('setup', async () => {
    const services: Fakes = { setup: { complete: noted({ userId: 'u1', organisation: 'Example', rootSlug: 'root' }) } }
    const args = [
      'setup',
      '--organisation',
      'Example',
      '--name',
      'Ada',
      '--email',
      'ada@example.org',
      '--password-stdin',
    ]
    expect(await json(args, services, 'a long secret')).toMatchObject({
      code: 0,
      document: { organisation: 'Example', userId: 'u1' },
    })
    expect(asked).toEqual([
      [null, { organisation: 'Example', name: 'Ada', email: 'ada@example.org', password: 'a long secret' }],
    ])
  })

  test('api-key create → { id, key }', async () => {
    const view = { id: 'k1', role: 'operator', endpoints: null, groups: null, expiresAt: LATER }
    const services: Fakes = { access: { createApiKey: noted({ id: 'k1', key: 'lk_x', view }) } }
    const { document } = await json(['api-key', 'create', '--name', 'script', '--role', 'operator'], services)
    expect(document).toEqual({ id: 'k1', key: 'lk_x' })
    expect(asked).toEqual([[{ name: 'script', role: 'operator' }]])
  })

  test('group create → { id, slug, issuer, endpoint }', async () => {
    const services: Fakes = { groups: { create: noted(group) } }
    const { document } = await json(['group', 'create', '--name', 'Staff', '--issuer-key', 'p256'], services)
    expect(document).toEqual({
      id: 'g1',
      slug: 'staff',
      issuer: { id: 'i1', slug: 'staff' },
      endpoint: { id: 'e1', slug: 'staff', scepUrl: 'https://portal.example/scep/staff' },
    })
    expect(asked).toEqual([[{ name: 'Staff', issuerKey: 'p256' }]])
  })

  test('challenge mint → { id, challenge, expiresAt, scepUrl }', async () => {
    const minted = {
      id: 'm1',
      challenge: 'C'.repeat(32),
      expiresAt: LATER,
      scepUrl: 'u',
      endpoint: 'staff',
      subject: 'CN=a',
      san: [],
    }
    const services: Fakes = { challenges: { mint: noted(minted) } }
    const args = [
      'challenge',
      'mint',
      '--endpoint',
      'staff',
      '--subject',
      'CN=a',
      '--san',
      'dns:a.example',
      '--san',
      'uri:urn:x:y',
      '--ttl',
      '15',
    ]
    expect((await json(args, services)).document).toEqual({
      id: 'm1',
      challenge: 'C'.repeat(32),
      expiresAt: LATER.toISOString(),
      scepUrl: 'u',
    })
    const san = [
      { type: 'dns', value: 'a.example' },
      { type: 'uri', value: 'urn:x:y' },
    ]
    expect(asked).toEqual([[{ endpoint: 'staff', subject: 'CN=a', san, ttlMinutes: 15 }]])
  })

  test('certificate list and revoke', async () => {
    const services: Fakes = {
      certificates: { list: noted({ items: [certificate], nextCursor: 'n' }), revoke: noted(certificate) },
    }
    const listed = await json(
      ['certificate', 'list', '--group', 'staff', '--status', 'revoked', '--limit', '5'],
      services,
    )
    expect(listed.document).toMatchObject({ items: [{ serial: SERIAL }], nextCursor: 'n' })
    const revoked = await json(
      ['certificate', 'revoke', SERIAL, '--reason', 'keyCompromise', '--comment', 'stolen'],
      services,
    )
    expect(revoked.document).toEqual({
      id: 'c1',
      serial: SERIAL,
      status: 'revoked',
      revokedAt: DATE.toISOString(),
      revocationReason: 'keyCompromise',
    })
    expect(asked).toEqual([
      [{ group: 'staff', status: 'revoked' }, { limit: 5 }],
      [SERIAL, { reason: 'keyCompromise', comment: 'stolen' }],
    ])
  })

  test('certificate hold and release', async () => {
    const services: Fakes = { certificates: { revoke: noted(certificate), release: noted(certificate) } }
    await json(['certificate', 'hold', SERIAL, '--comment', 'missing'], services)
    await json(['certificate', 'release', SERIAL], services)
    expect(asked).toEqual([
      [SERIAL, { reason: 'certificateHold', comment: 'missing' }],
      [SERIAL, {}],
    ])
  })

  test('revocation start: the dry run first, then the number it said', async () => {
    const run = { action: 'revoke', described: 'all', matched: 3, affected: 2, statuses: {}, skipped: {}, samples: [] }
    const bulk = { id: 'b1', action: 'revoke', described: 'all', state: 'running', done: 0, skipped: 0, total: 2 }
    const services: Fakes = {
      bulkRevocations: {
        preview: noted({ ...run, confirm: '2' }),
        confirm: noted({ ...bulk, requestedBy: 'cli', startsAt: DATE, startedAt: DATE, endedAt: null }),
      },
    }
    const which = ['revocation', 'start', '--group', 'staff', '--status', 'valid', '--reason', 'superseded']
    expect((await json([...which, '--dry-run'], services)).document).toMatchObject({ dryRun: true, affected: 2 })
    expect((await json([...which, '--expect', '2'], services)).document).toMatchObject({ id: 'b1' })
    const selection = { filter: { group: 'staff', status: 'valid' } }
    expect(asked).toEqual([
      ['revoke', selection],
      [{ selection, action: 'revoke', expect: 2, confirmation: null, reason: 'superseded' }],
    ])
    for (const wrong of [which, ['revocation', 'start', '--dry-run'], [...which, '--certificate', 'c1', '--dry-run']])
      expect((await latchkey(wrong, { services })).code).toBe(2)
  })

  test('audit verify → { ok, events, firstBroken }, and exit code 1 for a broken chain', async () => {
    const verdict = (ok: boolean): Fakes => ({
      audit: {
        verify: noted({
          ok,
          events: 9,
          firstBroken: ok ? null : '4',
          problem: ok ? null : 'changed',
          headSeq: '9',
          headChain: 'x',
          covered: null,
          millis: 3,
        }),
      },
    })
    expect(await json(['audit', 'verify'], verdict(true))).toMatchObject({
      code: 0,
      document: { ok: true, events: 9, firstBroken: null },
    })
    const broken = await json(['audit', 'verify'], verdict(false))
    expect([broken.code, broken.document]).toEqual([1, { ok: false, events: 9, firstBroken: '4' }])
    expect((await latchkey(['audit', 'verify'], { services: verdict(false) })).out).toContain(
      'broken at event 4: changed',
    )
  })
})

describe('accounts of challenge pages', () => {
  const view = {
    id: 'p1',
    name: 'Fleet',
    user: 'fleet',
    url: 'https://ca.example.com/certsrv/mscep_admin/staff',
    scepUrl: 'https://ca.example.com/scep/staff',
    subjectTemplate: 'CN=laptop-*',
    allowedAddresses: ['0.0.0.0/0', '::/0'],
    fromEverywhere: true,
    encoding: 'utf-16le',
    format: 'hex32',
    ttlMinutes: 60,
    mostPending: 9,
    pending: 2,
    enabled: true,
    lastUsedAt: null,
    previousSecretUntil: null,
  }
  const args = ['challenge-page', 'add', '--endpoint', 'staff', '--name', 'Fleet', '--template', 'CN=laptop-*']

  test('add → { id, url, user, secret, scepUrl }, and says what it is', async () => {
    const services: Fakes = { challengePageAccounts: { create: noted({ secret: 'the-value', view }) } }
    const { document } = await json([...args, '--from-anywhere', '--ttl', '30', '--format', 'hex16'], services)
    const { id, url, user, scepUrl } = view
    expect(document).toEqual({ id, url, user, secret: 'the-value', scepUrl })
    const request = { name: 'Fleet', subjectTemplate: 'CN=laptop-*', anyAddress: true, format: 'hex16', ttlMinutes: 30 }
    expect(asked).toEqual([['staff', request]])
    const { out } = await latchkey([...args, '--from', '192.0.2.0/24'], { services })
    expect(out).toContain('from anywhere in the world')
    expect(asked[1]).toEqual(['staff', expect.objectContaining({ allowedAddresses: ['192.0.2.0/24'] })])
  })

  test('without a network, with a wrong number or encoding, nobody is asked', async () => {
    expect((await latchkey(args, { services: {} })).code).toBe(2)
    expect((await latchkey([...args, '--from-anywhere', '--ttl', '4'], { services: {} })).code).toBe(2)
    expect((await latchkey([...args, '--from-anywhere', '--encoding', 'latin1'], { services: {} })).code).toBe(2)
  })

  test('list, update and rotate', async () => {
    const services: Fakes = {
      challengePageAccounts: {
        list: noted([view]),
        update: noted({ ...view, enabled: false }),
        rotate: noted({ secret: 'new-value', view }),
      },
    }
    expect((await latchkey(['challenge-page', 'list', 'staff'], { services })).out).toContain('2 of 9')
    const update = ['challenge-page', 'update', 'p1', '--endpoint', 'staff', '--enabled', 'off']
    expect((await json(update, services)).document).toMatchObject({ id: 'p1', enabled: false })
    expect(asked.at(-1)).toEqual(['staff', 'p1', { enabled: false }])
    const rotate = ['challenge-page', 'rotate', 'p1', '--endpoint', 'staff', '--grace-hours', '0']
    expect((await json(rotate, services)).document).toMatchObject({ secret: 'new-value' })
    expect(asked.at(-1)).toEqual(['staff', 'p1', 0])
  })
})

describe('static secrets', () => {
  const view = {
    id: 's1',
    hint: 'Kt4x',
    state: 'active',
    subjectTemplate: 'CN=printer-*',
    allowedAddresses: ['0.0.0.0/0'],
    fromEverywhere: true,
    maxUses: 9,
    uses: 0,
    perHour: 60,
    expiresAt: LATER,
    revokedAt: null,
  }
  const args = ['static-secret', 'create', '--endpoint', 'staff', '--template', 'CN=printer-*', '--max-uses', '9']

  test('create → { id, secret, expiresAt }, and says what it is', async () => {
    const services: Fakes = { staticSecrets: { create: noted({ secret: 'the-value', view }) } }
    const { document } = await json([...args, '--from', '0.0.0.0/0'], services)
    expect(document).toEqual({ id: 's1', secret: 'the-value', expiresAt: LATER.toISOString() })
    const bounds = { allowedAddresses: ['0.0.0.0/0'], maxUses: 9, perHour: 60, expiresInDays: 90 }
    expect(asked).toEqual([['staff', { subjectTemplate: 'CN=printer-*', ...bounds }]])
    const { out } = await latchkey([...args, '--from', '0.0.0.0/0'], { services })
    expect(out).toContain('from anywhere in the world')
  })

  test('without a network nobody is asked', async () => {
    expect((await latchkey(args, { services: {} })).code).toBe(2)
  })

  test('list and revoke', async () => {
    const services: Fakes = { staticSecrets: { list: noted([view]), revoke: noted({ ...view, state: 'revoked' }) } }
    expect((await latchkey(['static-secret', 'list', 'staff'], { services })).out).toContain('0 of 9')
    expect((await json(['static-secret', 'revoke', 's1', '--endpoint', 'staff'], services)).document).toMatchObject({
      id: 's1',
      state: 'revoked',
    })
    expect(asked).toEqual([['staff'], ['staff', 's1']])
  })
})

describe('approvals', () => {
  const view = {
    id: 'a1',
    state: 'open',
    endpoint: { slug: 'staff', name: 'Staff' },
    subject: 'CN=tablet-7',
    sourceIp: '192.0.2.9',
    spkiSha256: 'ab'.repeat(32),
    expiresAt: LATER,
    certificate: null,
    problem: null,
  }

  test('the queue is what is listed unless something else is asked', async () => {
    const services: Fakes = { approvals: { list: noted({ items: [view], nextCursor: null }) } }
    expect((await latchkey(['approval', 'list'], { services })).out).toContain('CN=tablet-7')
    await json(['approval', 'list', '--state', 'denied', '--endpoint', 'staff'], services)
    expect(asked).toEqual([
      [{ state: 'open' }, { limit: 50 }],
      [{ state: 'denied', endpoint: 'staff' }, { limit: 50 }],
    ])
  })

  test.each([['approve', 'approved'] as const, ['deny', 'denied'] as const])('%s', async (verb, state) => {
    const services: Fakes = { approvals: { [verb]: noted({ ...view, state, problem: 'Being made.' }) } }
    const { document } = await json(['approval', verb, 'a1', '--comment', 'known'], services)
    expect(document).toEqual({ id: 'a1', state, certificate: null, problem: 'Being made.' })
    expect(asked).toEqual([['a1', 'known']])
    expect((await latchkey(['approval', verb, 'a1'], { services })).out).toContain(state)
  })
})

describe('people', () => {
  const users = { users: noted([user]) }

  test('create reads the password from standard input, and never prints it', async () => {
    const services: Fakes = { access: { createUser: noted(user) } }
    const args = [
      'user',
      'create',
      '--name',
      'Olga',
      '--email',
      'olga@example.org',
      '--role',
      'operator',
      '--password-stdin',
    ]
    const ran = await latchkey(args, { services, stdin: 'canary canary' })
    expect([ran.code, (ran.out + ran.error).includes('canary')]).toEqual([0, false])
    expect(asked).toEqual([[{ name: 'Olga', email: 'olga@example.org', role: 'operator', password: 'canary canary' }]])
  })

  test.each([
    ['disable', true],
    ['enable', false],
  ])('%s finds the user by e-mail address', async (verb, disabled) => {
    const services: Fakes = { access: { ...users, updateUser: noted({ ...user, disabledAt: disabled ? DATE : null }) } }
    expect((await json(['user', verb, 'OLGA@example.org'], services)).code).toBe(0)
    expect(asked.at(-1)).toEqual(['u1', { disabled }])
  })

  test.each([
    [
      ['--role', 'operator', '--group', 'staff', '--group', 'guests'],
      { role: 'operator', groups: ['staff', 'guests'] },
    ],
    [['--role', 'operator'], { role: 'operator', groups: null }],
  ])('set-role %j says all of it', async (args, change) => {
    const services: Fakes = { access: { ...users, updateUser: noted(user) } }
    expect((await json(['user', 'set-role', 'olga@example.org', ...args], services)).code).toBe(0)
    expect(asked.at(-1)).toEqual(['u1', change])
  })

  test('create may name groups', async () => {
    const groups = [{ slug: 'staff', name: 'Staff' }]
    const services: Fakes = { access: { createUser: noted({ ...user, groups }) } }
    const args = ['user', 'create', '--name', 'Olga', '--email', 'o@x.org', '--role', 'operator', '--group', 'staff']
    const ran = await json([...args, '--password-stdin'], services, 'long enough')
    expect(ran.document).toMatchObject({ role: 'operator', groups: ['staff'] })
    expect(asked).toEqual([[expect.objectContaining({ role: 'operator', groups: ['staff'] })]])
  })

  test('set-password for nobody is a refusal', async () => {
    const ran = await json(['user', 'set-password', 'nobody@example.org', '--password-stdin'], { access: users }, 'x')
    expect([ran.code, ran.document.error?.code]).toEqual([1, 'not_found'])
  })
})

describe('certificate export', () => {
  const services = (): Fakes => ({ certificates: { get: noted(certificate) } })

  test('PEM goes to standard output, or into the document', async () => {
    expect((await latchkey(['certificate', 'export', SERIAL], { services: services() })).out).toBe(certificate.pem)
    expect((await json(['certificate', 'export', SERIAL], services())).document).toEqual({
      serial: SERIAL,
      format: 'pem',
      pem: certificate.pem,
    })
  })

  test('DER goes to standard output byte for byte, and as base64 into the document', async () => {
    expect((await latchkey(['certificate', 'export', SERIAL, '--format', 'der'], { services: services() })).out).toBe(
      '0\0',
    )
    expect((await json(['certificate', 'export', SERIAL, '--format', 'der'], services())).document).toEqual({
      serial: SERIAL,
      format: 'der',
      base64: 'MAA=',
    })
  })

  test('a file is written once, and over another only with --force', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-export-'))
    const out = join(folder, 'chain.pem')
    const args = ['certificate', 'export', SERIAL, '--format', 'chain', '--out', out]
    expect((await json(args, services())).document).toEqual({ serial: SERIAL, format: 'chain', file: out })
    writeFileSync(out, 'precious')
    expect((await json(args, services())).code).toBe(1)
    expect(readFileSync(out, 'utf8')).toBe('precious')
    expect((await json([...args, '--force'], services())).code).toBe(0)
    expect(readFileSync(out, 'utf8')).toBe('CHAIN\n')
    rmSync(folder, { recursive: true })
  })
})

describe('authorities from elsewhere', () => {
  const authority = { slug: 'root-2', subject: 'CN=Root', key: 'here', notAfter: LATER, fingerprintSha256: 'ab' }
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-authority-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)

  test('a PKCS#12 goes to the service as bytes, and its password is shown nowhere', async () => {
    writeFileSync(at('root.p12'), Buffer.from([0x30, 0]))
    const services: Fakes = { authorityImports: { importPkcs12: noted(authority) } }
    const args = ['authority', 'import-pkcs12', '--file', at('root.p12')]
    const ran = await latchkey(args, { services, stdin: 'canary canary' })
    expect([ran.code, (ran.out + ran.error).includes('canary')]).toEqual([0, false])
    expect(asked).toEqual([[Uint8Array.of(0x30, 0), Buffer.from('canary canary')]])
    expect((await latchkey(args, { services, stdin: '' })).code).not.toBe(0)
  })

  test('a file that is not there is told before anything is asked', async () => {
    const services: Fakes = { authorityImports: { importRoot: noted(authority) } }
    const ran = await json(['authority', 'import-root', '--file', at('nothing.pem')], services)
    expect([ran.code === 0, asked]).toEqual([false, []])
  })

  test('a sealed key is written for its owner alone', async () => {
    const services: Fakes = { authorityImports: { sealedKey: noted(Buffer.from('{}')) } }
    expect((await json(['authority', 'seal-key', 'root', '--out', at('root.json')], services)).code).toBe(0)
    expect([readFileSync(at('root.json'), 'utf8'), statSync(at('root.json')).mode & 0o777]).toEqual(['{}', 0o600])
  })
})

describe('for people', () => {
  test('lists are aligned tables, and an empty one says what to do', async () => {
    const { out } = await latchkey(['group', 'list'], { services: { groups: { list: noted([group]) } } })
    expect(out).toBe('SLUG   NAME   VALID  REVOKED  ENDPOINTS\nstaff  Staff  2      1        staff\n')
    const empty = await latchkey(['group', 'list'], { services: { groups: { list: noted([]) } } })
    expect(empty.out).toBe('There are no groups yet. Create one: group create\n')
  })

  test('a subject cannot command the terminal', async () => {
    const evil = { ...certificate, subject: 'CN=\u001b]0;pwned\u0007\u202e' }
    const services: Fakes = { certificates: { list: noted({ items: [evil], nextCursor: null }) } }
    const { out } = await latchkey(['certificate', 'list'], { services })
    expect(out).toContain('CN=\\u{1b}]0;pwned\\u{7}\\u{202e}')
  })

  test('a page that is not the last says how to go on', async () => {
    const services: Fakes = { certificates: { list: noted({ items: [certificate], nextCursor: 'abc' }) } }
    expect((await latchkey(['certificate', 'list'], { services })).out).toContain('--cursor abc')
  })

  test('endpoint disable', async () => {
    const services: Fakes = { groups: { updateEndpoint: noted({ ...endpoint, enabled: false }) } }
    const { out } = await latchkey(['endpoint', 'disable', 'staff'], { services })
    expect(out).toBe('The endpoint staff is off: every request is refused.\n')
    expect(asked).toEqual([['staff', { enabled: false }]])
  })

  const whole = { ...endpoint, policy: 'dynamic', weaknesses: ['des'] }

  test('endpoint update hands over what was given, and nothing else', async () => {
    const services: Fakes = { groups: { updateEndpoint: noted(whole) } }
    const args = ['--allow-des', 'on', '--renewal-window', 'default', '--supersede-after', '24', '--curve', 'none']
    const { document } = await json(['endpoint', 'update', 'staff', ...args, '--validity', '90'], services)
    expect(asked).toEqual([
      [
        'staff',
        {
          allowDes: true,
          renewalWindowDays: null,
          supersedeAfterHours: 24,
          profile: { validityDays: 90, ellipticCurves: [] },
        },
      ],
    ])
    expect(document).toEqual(whole)
  })

  test('endpoint create and endpoint copy', async () => {
    const services: Fakes = { endpoints: { create: noted(whole), copy: noted(whole) } }
    const create = ['endpoint', 'create', '--group', 'staff', '--name', 'Lab', '--trusted-signer', 'AB:CD']
    const { out } = await latchkey(create, { services })
    await latchkey(['endpoint', 'copy', 'staff', '--slug', 'lab'], { services })
    expect(asked).toEqual([
      [{ group: 'staff', name: 'Lab', trustedProxySigners: ['AB:CD'] }],
      ['staff', { slug: 'lab' }],
    ])
    expect(out).toMatch(/Weak: +des/)
  })

  test.each([
    ['nothing to change', []],
    ['no number', ['--validity', 'long']],
    ['neither on nor off', ['--allow-des', 'maybe']],
  ])('endpoint update with %s is a wrong call', async (_, args) => {
    const services: Fakes = { groups: { updateEndpoint: noted(whole) } }
    const { code } = await latchkey(['endpoint', 'update', 'staff', ...args], { services })
    expect(code).toBe(2)
    expect(asked).toEqual([])
  })
})

describe('minters', () => {
  const minter = {
    id: 'm1',
    name: 'Fleet MDM',
    issuer: 'mdm',
    keys: [{ kid: 'ed', algorithm: 'EdDSA', thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' }],
    endpoints: [endpoint],
  }
  const args = ['minter', 'add', '--name', 'Fleet MDM', '--issuer', 'mdm', '--endpoint', 'staff']
  const services = (): Fakes => ({
    minters: { create: noted(minter) },
    urls: { challengeKeysUrl: (slug) => `https://portal.example/.well-known/latchkey/${slug}/jwks.json` },
  })

  test('minter add leaves it to the server to fetch the keys, and shows what was pinned', async () => {
    const { out } = await latchkey([...args, '--jwks-url', 'https://mdm.example.com/jwks.json'], {
      services: services(),
    })
    expect(asked).toEqual([
      [
        {
          name: 'Fleet MDM',
          issuer: 'mdm',
          jwksUrl: 'https://mdm.example.com/jwks.json',
          endpoints: ['staff'],
          sanTypes: [],
        },
      ],
    ])
    expect(out).toMatch(/Key: +EdDSA ed, thumbprint kPrK_/)
    expect(out).toMatch(/Encrypt to: +https:.*staff.jwks.json/)
  })

  test.each([
    ['no keys', []],
    ['keys twice', ['--jwks', 'keys.json', '--jwks-url', 'https://mdm.example.com/jwks.json']],
  ])('minter add with %s is a wrong call', async (_, more) => {
    const { code } = await latchkey([...args, ...more], { services: services() })
    expect([code, asked]).toEqual([2, []])
  })
})

describe('connector', () => {
  const reading = {
    id: '0198d2d2-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
    startedAt: new Date('2026-11-23T10:00:00Z'),
    finishedAt: new Date('2026-11-23T10:01:00Z'),
    ...{ seen: 3, missing: 2, whole: false, before: 5 },
  }

  test('inventory shows the last reading, and says when there is none', async () => {
    const { document } = await json(['connector', 'inventory', 'jamf'], { inventoryReadings: { last: noted(reading) } })
    expect(document).toMatchObject({ lastReading: { id: reading.id, seen: 3, before: 5, whole: false } })
    const none = { inventoryReadings: { last: noted(null) } }
    expect((await json(['connector', 'inventory', 'jamf'], none)).document).toEqual({ lastReading: null })
    expect(asked).toEqual([['jamf'], ['jamf']])
  })

  test('accept-inventory names the reading that was looked at', async () => {
    const services: Fakes = { inventoryReadings: { accept: noted({ ...reading, whole: true, before: null }) } }
    const { document } = await json(['connector', 'accept-inventory', 'jamf', '--reading', reading.id], services)
    expect(document).toMatchObject({ lastReading: { whole: true, before: null } })
    expect((await json(['connector', 'accept-inventory', 'jamf'], services)).code).toBe(2)
    expect(asked).toEqual([['jamf', reading.id]])
  })
})

describe('device', () => {
  const rules = {
    group: { slug: 'staff', name: 'Staff' },
    rules: [{ trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' }],
  }
  const brake = {
    connector: { id: 'k1', slug: 'jamf', name: 'Jamf Pro' },
    mostPerHour: 25,
    pulledAt: null,
    waiting: 0,
  }

  test('list hands over its filters', async () => {
    const services: Fakes = { devices: { list: noted({ items: [], nextCursor: null }) } }
    const { document } = await json(['device', 'list', '--state', 'removed', '--connector', 'jamf'], services)
    expect(asked).toEqual([[{ state: 'removed', connector: 'jamf' }, { limit: 50 }]])
    expect(document).toEqual({ items: [], nextCursor: null })
  })

  test('rules are tried without being set, and set', async () => {
    const tried = { effects: [], total: { devices: 2, certificates: 3, releases: 0 }, connectors: [], samples: [] }
    const services: Fakes = { deviceRules: { dryRun: noted(tried), change: noted(rules) } }
    const given = [
      'device',
      'set-rules',
      'staff',
      '--rule',
      'wiped=revoke:keyCompromise',
      '--rule',
      'noncompliant=hold',
    ]
    const change = [
      { trigger: 'wiped', action: 'revoke', reason: 'keyCompromise' },
      { trigger: 'noncompliant', action: 'hold' },
    ]
    expect((await json([...given, '--dry-run'], services)).document).toEqual(tried)
    expect((await json(given, services)).document).toEqual(rules)
    expect(asked).toEqual([
      ['staff', change],
      ['staff', change],
    ])
  })

  test.each(['wiped', 'wiped=erase', 'stolen=revoke', 'wiped=revoke:certificateHold'])(
    '--rule %s is no rule',
    async (rule) => {
      const { code } = await json(['device', 'set-rules', 'staff', '--rule', rule], {})
      expect(code).toBe(2)
      expect(asked).toEqual([])
    },
  )

  test('what waits behind a brake is decided, and how much it lets pass is changed', async () => {
    const services: Fakes = { deviceBrake: { change: noted(brake), decide: noted({ devices: 3, brake }) } }
    await json(['device', 'brake', 'jamf', '--per-hour', '5', '--cancel'], services)
    expect(asked).toEqual([
      ['jamf', { mostPerHour: 5 }],
      ['jamf', 'cancel', 'all'],
    ])
    expect((await json(['device', 'brake', 'jamf', '--cancel', '--let-through'], services)).code).toBe(2)
    expect((await json(['device', 'brake', 'jamf'], services)).code).toBe(2)
  })
})

test('an event webhook is made, and its secret printed once', async () => {
  const services: Fakes = { eventWebhooks: { create: noted({ view: { id: 'w1' }, secret: 'whsec_value' }) } }
  const given = ['event-webhook', 'create', '--name', 'Tickets', '--url', 'https://hooks.example.com/']
  const { document } = await json([...given, '--event', 'certificate.issued'], services)
  expect(document).toEqual({ id: 'w1', secret: 'whsec_value' })
  expect(asked).toEqual([
    [{ name: 'Tickets', url: 'https://hooks.example.com/', events: ['certificate.issued'], allowedHosts: [] }],
  ])
  expect((await json([...given, '--event', 'everything'], services)).code).toBe(2)
})

describe('notices', () => {
  test('the mail server is set with a password from standard input, which no answer repeats', async () => {
    const services: Fakes = { mailServer: { set: noted({ host: 'mail.example.org', fromAddress: 'pki@example.org' }) } }
    const args = ['mail-server', 'set', '--host', 'mail.example.org', '--username', 'pki']
    const ran = await latchkey([...args, '--from-address', 'pki@example.org', '--password-stdin', '--json'], {
      services,
      stdin: 'correct horse',
    })
    expect(ran.code).toBe(0)
    expect(ran.out + ran.error).not.toContain('correct horse')
    expect(asked).toEqual([
      [
        {
          host: 'mail.example.org',
          port: 587,
          security: 'starttls',
          username: 'pki',
          password: 'correct horse',
          fromName: 'Latchkey',
          fromAddress: 'pki@example.org',
          privateNetwork: false,
          ca: null,
        },
      ],
    ])
  })

  test('a test that does not work ends with 1', async () => {
    const services: Fakes = { mailServer: { test: noted({ works: false, sentence: 'It refused the recipient.' }) } }
    const { code, document } = await json(['mail-server', 'test', '--to', 'ada@example.org'], services)
    expect([code, document]).toEqual([1, { works: false, sentence: 'It refused the recipient.' }])
  })

  test('thresholds that are not named stay, and kinds that do not exist are refused', async () => {
    const settings = {
      thresholds: {},
      enrolmentFailures: { count: 20, minutes: 60 },
      connectorFailures: { count: 5 },
    }
    const services: Fakes = { notices: { settings: noted(settings), changeSettings: noted(settings) } }
    await json(['notice', 'set', '--days', 'api-key-expiry=30,7', '--minutes', '30'], services)
    expect(asked.at(-1)).toEqual([
      {
        thresholds: { 'api-key-expiry': [30, 7] },
        enrolmentFailures: { count: 20, minutes: 30 },
        connectorFailures: { count: 5 },
      },
    ])
    const { code } = await json(['notice', 'set', '--days', 'wombat=30'], services)
    expect(code).toBe(2)
  })

  test('who is added without kinds is told everything', async () => {
    const services: Fakes = { notices: { addRecipient: noted({ id: 'r1' }) } }
    await json(['notice-recipient', 'add', '--name', 'PKI', '--address', 'pki@example.org'], services)
    expect(asked).toMatchObject([[{ name: 'PKI', groups: [], topics: { length: 7 } }]])
  })
})
