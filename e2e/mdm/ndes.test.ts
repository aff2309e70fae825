/** A device management that knows only NDES, against the real product behind a proxy that ends TLS. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'
import {
  fetchPage,
  fleet,
  manageEngine,
  SCRAPERS,
  type Scraped,
  scepWright,
  zentralNdes,
} from '@/e2e/simulators/ndes-scrapers'

const run = promisify(execFile)
/** As the proxy passes them on. */
const TLS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '198.51.100.20' }

interface Account {
  id: string
  user: string
  secret: string
  url: string
}

let portal: Organisation
let staff: GroupCreated
let folder: string
let local: string
let key: string
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-ndes-'))
  const env = { PUBLIC_URL: 'https://ca.example.com', LATCHKEY_TRUSTED_PROXIES: '127.0.0.1/32,::1/128' }
  portal = await startOrganisation({ env })
  local = `http://localhost:${portal.port}`
  staff = await portal.createGroup('Staff', 'p256')
  key = await portal.apiKey('admin')
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** By the API: a command of its own for each of them would start a process of its own. */
async function add(name: string, more: Record<string, unknown> = {}): Promise<Account> {
  const response = await fetch(`${local}/api/v1/endpoints/${staff.endpoint.slug}/challenge-page-accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      subjectTemplate: 'CN=laptop-*,O=Example',
      allowedAddresses: ['198.51.100.0/24'],
      ...more,
    }),
  })
  expect(response.status, name).toBe(201)
  return (await response.json()) as Account
}

const pageOf = ({ url }: Account) => url.replace('https://ca.example.com', local)
const ask = (account: Account, headers: Record<string, string> = TLS) =>
  fetchPage(pageOf(account), { user: `EXAMPLE\\${account.user}`, secret: account.secret, headers })

function challengeIn(scraped: Scraped): string {
  if (scraped.found !== 'challenge') throw new Error(`no challenge but ${scraped.found}`)
  return scraped.challenge
}

interface Answer {
  status: string
  failInfo: string | null
}

async function enrol(challenge: string, subject: string): Promise<Answer> {
  const { json } = await portal.cli([
    ...['enrol', '--url', `${local}/scep/${staff.endpoint.slug}`, '--challenge', challenge, '--subject', subject],
    ...['--key-out', at('device.key'), '--cert-out', at('device.pem'), '--json'],
  ])
  return json as Answer
}

describe('from the page to the certificate', () => {
  test('what a scraper reads enrols one device, once', async () => {
    const account = await add('Fleet')
    const challenge = challengeIn(fleet.scrape(await ask(account)))
    expect(await enrol(challenge, 'CN=laptop-1,O=Example')).toMatchObject({ status: 'SUCCESS' })
    const { stdout } = await run('openssl', ['x509', '-in', at('device.pem'), '-noout', '-subject'])
    expect(stdout).toContain('laptop-1')
    const listed = await fetch(`${local}/api/v1/challenges?search=laptop`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(await listed.json()).toMatchObject({
      items: [{ mintedVia: 'ndes', state: 'consumed', rules: { subjectTemplate: 'CN=laptop-*,O=Example' } }],
    })
    await rm(at('device.key'))
    await rm(at('device.pem'))
    expect(await enrol(challenge, 'CN=laptop-1,O=Example')).toMatchObject({ status: 'FAILURE' })
  })

  test('a name outside the template is refused', async () => {
    const account = await add('Zentral')
    const challenge = challengeIn(zentralNdes.scrape(await ask(account)))
    expect(await enrol(challenge, 'CN=domain-controller,O=Example')).toMatchObject({ status: 'FAILURE' })
  })

  test.skipIf(needs('pki'))('strongSwan enrols with a short challenge from a page in UTF-8', async () => {
    const account = await add('ScepWright', { encoding: 'utf-8', format: 'hex16' })
    const challenge = challengeIn(scepWright.scrape(await ask(account)))
    expect(challenge).toMatch(/^[0-9A-F]{16}$/)
    const url = ['--url', `${local}/scep/${staff.endpoint.slug}`]
    await run('pki', [
      '--scepca',
      ...url,
      '--caout',
      at('ca.pem'),
      '--raout',
      at('ra.pem'),
      '--outform',
      'pem',
      '--force',
    ])
    const { stdout: key } = await run('pki', ['--gen', '--type', 'rsa', '--size', '2048', '--outform', 'pem'])
    await writeFile(at('sw.key'), key)
    const { stdout } = await run('pki', [
      ...['--scep', ...url, '--in', at('sw.key'), '--dn', 'CN=laptop-2, O=Example', '--password', challenge],
      ...['--cacert-enc', at('ra.pem'), '--cacert-sig', at('ra.pem'), '--cacert', at('ca.pem')],
      ...['--cacert', at('ca-1.pem'), '--outform', 'pem'],
    ])
    expect(stdout).toContain('BEGIN CERTIFICATE')
  })

  test('every scraper is served in each encoding it reads', async () => {
    for (const scraper of SCRAPERS)
      for (const encoding of scraper.reads) {
        const account = await add(`${scraper.name} in ${encoding}`, { encoding })
        expect(challengeIn(scraper.scrape(await ask(account))), scraper.name).toMatch(/^[0-9A-F]{32}$/)
      }
  })

  test('a full cache and a missing permission are said in words that scrapers know', async () => {
    const account = await add('ManageEngine', { mostPending: 1 })
    challengeIn(manageEngine.scrape(await ask(account)))
    for (const scraper of [manageEngine, fleet])
      expect(scraper.scrape(await ask(account))).toEqual({ found: 'cache_full' })
    await portal.json('challenge-page', 'update', account.id, '--endpoint', staff.endpoint.slug, '--enabled', 'off')
    expect(fleet.scrape(await ask(account))).toEqual({ found: 'no_permission' })
    const wrong = await ask({ ...account, secret: 'wrong' }, { ...TLS, 'x-forwarded-for': '198.51.100.21' })
    expect(fleet.scrape(wrong)).toEqual({ found: 'wrong_credentials' })
  })
})

describe('who gets no page', () => {
  test('whoever comes over plain HTTP, or says by himself that he did not', async () => {
    const account = await add('Plain', { allowedAddresses: ['127.0.0.0/8', '::1/128'] })
    const plain = await ask(account, {})
    expect([plain.status, plain.contentType]).toEqual([403, 'text/html'])
    expect((await ask(account, { 'x-forwarded-proto': 'http' })).status).toBe(403)
  })

  test('NTLM is answered with Basic, and nothing else is offered', async () => {
    const account = await add('Windows')
    const response = await fetch(pageOf(account), { headers: { ...TLS, authorization: 'NTLM TlRMTVNTUAABAAAA' } })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="ca.example.com"')
  })

  test('with a new secret the old one can be over at once', async () => {
    const account = await add('Rotated')
    const rotate = ['challenge-page', 'rotate', account.id, '--endpoint', staff.endpoint.slug, '--grace-hours', '0']
    const { secret } = await portal.json<{ secret: string }>(...rotate)
    const from = { ...TLS, 'x-forwarded-for': '198.51.100.30' }
    expect((await ask(account, from)).status).toBe(401)
    challengeIn(fleet.scrape(await ask({ ...account, secret }, from)))
  })
})

test('many at the same moment never get more than may wait', async () => {
  const account = await add('Many', { mostPending: 3 })
  const pages = await Promise.all(Array.from({ length: 20 }, () => ask(account)))
  const found = pages.map((page) => fleet.scrape(page).found)
  expect(found.filter((each) => each === 'challenge')).toHaveLength(3)
  expect(found.filter((each) => each === 'cache_full')).toHaveLength(17)
})

test('neither secrets nor challenges are in what the product writes', async () => {
  const account = await add('Quiet')
  const challenge = challengeIn(fleet.scrape(await ask(account)))
  const basic = Buffer.from(`EXAMPLE\\${account.user}:${account.secret}`).toString('base64')
  const events = JSON.stringify(await portal.json('audit', 'list', '--limit', '200'))
  expect(events).toContain('Quiet minted a challenge for CN=laptop-*,O=Example')
  for (const each of [account.secret, challenge, basic]) {
    expect(portal.output()).not.toContain(each)
    expect(events).not.toContain(each)
  }
})
