/** The simulator of Jamf Pro is strict: what a careless client or server does wrong, it does not forgive. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Jamf, startJamf } from './jamf'
import { type ChallengeVariant, USER_PASSWORD } from './jamf-bodies'
import { FAULTS } from './jamf-faults'
import { payloadFor, scrape } from './jamf-profiles'
import { type ApiClient, refOf } from './jamf-state'

let jamf: Jamf
beforeEach(async () => {
  jamf = await startJamf()
})
afterEach(() => jamf.close())

const form = ({ clientId, secret }: Pick<ApiClient, 'clientId' | 'secret'>) =>
  new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret })

async function tokenOf(client: ApiClient): Promise<string> {
  const response = await fetch(`${jamf.url}/api/oauth/token`, { method: 'POST', body: form(client) })
  expect(response.status).toBe(200)
  return ((await response.json()) as { access_token: string }).access_token
}

async function get(path: string, token: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${jamf.url}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } })
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, text, json: type.startsWith('application/json') ? JSON.parse(text) : null }
}

const filtered = (filter: string) => `/api/v1/computers-inventory?section=HARDWARE&filter=${encodeURIComponent(filter)}`

describe('tokens', () => {
  test('come for a form with the right secret, and for nothing else', async () => {
    const client = jamf.state.addClient()
    const ask = (init: RequestInit) => fetch(`${jamf.url}/api/oauth/token`, { method: 'POST', ...init })
    const json = {
      body: JSON.stringify(Object.fromEntries(form(client))),
      headers: { 'content-type': 'application/json' },
    }
    expect((await ask(json)).status).toBe(415)
    const wrong = await ask({ body: form({ ...client, secret: 'wrong' }) })
    expect({ status: wrong.status, body: await wrong.json() }).toEqual({
      status: 401,
      body: { error: 'invalid_client' },
    })
    client.enabled = false
    expect((await ask({ body: form(client) })).status).toBe(401)
    client.enabled = true
    expect(await (await ask({ body: form(client) })).json()).toMatchObject({ token_type: 'Bearer', expires_in: 59 })
  })

  test('end when their time is over', async () => {
    const token = await tokenOf(jamf.state.addClient({ tokenSeconds: 60 }))
    jamf.state.advance(59)
    expect((await get('/api/v1/computers-inventory', token)).status).toBe(200)
    jamf.state.advance(2)
    expect(await get('/api/v1/computers-inventory', token)).toMatchObject({
      status: 401,
      json: { httpStatus: 401, errors: [{ code: 'INVALID_TOKEN', id: '0', field: null }] },
    })
    expect(await get('/JSSResource/computers/id/1', token)).toMatchObject({ status: 401, json: null })
  })

  test.each([
    ['Read Computers', '/api/v1/computers-inventory'],
    ['Read Mobile Devices', '/api/v2/mobile-devices'],
    ['Read Smart Computer Groups', '/api/v1/computer-groups'],
    ['Read Smart Mobile Device Groups', '/api/v1/mobile-device-groups'],
  ] as const)('open what the role may: %s', async (privilege, path) => {
    const token = await tokenOf(jamf.state.addClient({ privileges: [privilege] }))
    const paths = ['/api/v1/computers-inventory', '/api/v2/mobile-devices', '/api/v1/computer-groups']
    for (const each of [...paths, '/api/v1/mobile-device-groups'])
      expect((await get(each, token)).status).toBe(each === path ? 200 : 403)
  })
})

describe('the inventory', () => {
  let token: string
  beforeEach(async () => {
    token = await tokenOf(jamf.state.addClient())
  })

  test('is paged without a gap, in the order asked for, and shows the sections asked for', async () => {
    jamf.populate('computer', 23)
    jamf.state.delete('computer/7')
    const ids: string[] = []
    for (let page = 0; page < 4; page++) {
      const path = `/api/v1/computers-inventory?section=GENERAL&page=${page}&page-size=7&sort=id:asc`
      const { json } = await get(path, token)
      expect(json.totalCount).toBe(22)
      ids.push(...json.results.map(({ id }: { id: string }) => id))
    }
    expect(ids).toEqual([...jamf.state.computers.keys()].map(String))
    const [first] = (await get('/api/v1/computers-inventory?sort=id:desc&section=HARDWARE', token)).json.results
    expect(first).toMatchObject({ id: '23', general: null, userAndLocation: null, hardware: { make: 'Apple' } })
  })

  test.each([
    'page-size=0',
    'page-size=2001',
    'page=-1',
    'section=EVERYTHING',
    'sort=serial:asc',
    'sort=id:up',
    'filter=serialNumber==%22A%22',
    'filter=udid==',
    'filter=udid==A;',
    'filter=(udid==A',
    'filter=udid=A',
  ])('does not guess at %s', async (query) => {
    expect(await get(`/api/v1/computers-inventory?${query}`, token)).toMatchObject({
      status: 400,
      json: { errors: [{ code: 'INVALID_FIELD' }] },
    })
  })

  test('is filtered by RSQL: and before or, lists, quotes, and stars that find everything', async () => {
    const devices = jamf.populate('computer', 4)
    const odd = jamf.state.add('computer', { serialNumber: 'A";udid==*' })
    const [a, b, c] = devices.map(({ serialNumber }) => serialNumber)
    const found = async (filter: string) =>
      (await get(filtered(filter), token)).json.results.map(
        ({ hardware }: { hardware: { serialNumber: string } }) => hardware.serialNumber,
      )
    expect(await found(`hardware.serialNumber=="${a}"`)).toEqual([a])
    expect(await found(`hardware.serialNumber=in=("${a}",${c})`)).toEqual([a, c])
    expect(await found(`id==1;general.name=="other",id==2`)).toEqual([b])
    expect(await found(`(id==1,id==2);id=gt=1`)).toEqual([b])
    expect(await found(`hardware.serialNumber=="A\\";udid==\\*"`)).toEqual([odd.serialNumber])
    expect(await found('hardware.serialNumber=="*"')).toHaveLength(5)
    expect(await found('general.remoteManagement.managed==false')).toEqual([])
  })

  test('of mobile devices says who is managed in the detail alone, and only that can be filtered', async () => {
    const [phone] = jamf.populate('mobile', 3)
    await jamf.unmanage('mobile/1')
    const filter = `filter=${encodeURIComponent(`serialNumber=="${phone?.serialNumber}"`)}`
    const list = (await get(`/api/v2/mobile-devices?${filter}`, token)).json
    expect(list.totalCount).toBe(3)
    expect(list.results[0]).not.toHaveProperty('managed')
    const detail = (await get(`/api/v2/mobile-devices/detail?section=GENERAL&${filter}`, token)).json
    expect(detail).toMatchObject({ totalCount: 1, results: [{ mobileDeviceId: '1', general: { managed: false } }] })
    expect((await get('/api/v2/mobile-devices/1/detail', token)).json).toMatchObject({ id: '1', managed: false })
  })

  test('does not find what was deleted', async () => {
    const { serialNumber } = jamf.state.add('computer')
    const json = { accept: 'application/json' }
    const paths = ['/api/v1/computers-inventory-detail/1', `/JSSResource/computers/serialnumber/${serialNumber}`]
    for (const path of paths) expect((await get(path, token, json)).status).toBe(200)
    await jamf.delete('computer/1')
    expect(await get(paths[0] ?? '', token)).toMatchObject({ status: 404, json: { errors: [{ id: '1' }] } })
    expect(await get(paths[1] ?? '', token, json)).toMatchObject({ status: 404, type: expect.stringMatching(/html/) })
    expect((await get(filtered(`hardware.serialNumber=="${serialNumber}"`), token)).json.totalCount).toBe(0)
  })

  test('of the Classic API is XML for whoever does not ask for JSON', async () => {
    jamf.state.add('computer', { name: 'Ada & Co <1>' })
    const { type, text } = await get('/JSSResource/computers/id/1', token)
    expect(type).toContain('xml')
    expect(text).toContain('<name>Ada &amp; Co &lt;1&gt;</name>')
  })

  test('knows the members of smart groups, by each way to ask', async () => {
    const [mac] = jamf.populate('computer', 2)
    jamf.state.addGroup('computer', 'Wi-Fi / all', [1])
    expect((await get('/api/v1/computer-groups', token)).json).toEqual([
      { id: '1', name: 'Wi-Fi / all', smartGroup: true },
    ])
    expect((await get('/api/v2/computer-groups/smart-group-membership/1', token)).json).toEqual({ members: [1] })
    const path = `/JSSResource/computergroups/name/${encodeURIComponent('Wi-Fi / all')}`
    expect((await get(path, token, { accept: 'application/json' })).json).toMatchObject({
      computer_group: { computers: [{ id: 1, serial_number: mac?.serialNumber }] },
    })
    const sections = await get('/api/v1/computers-inventory?section=GROUP_MEMBERSHIPS&sort=id:asc', token)
    expect(sections.json.results.map((one: { groupMemberships: object[] }) => one.groupMemberships.length)).toEqual([
      1, 0,
    ])
  })
})

describe('faults', () => {
  test('happen where and as often as they were planned', async () => {
    const token = await tokenOf(jamf.state.addClient())
    jamf.populate('computer', 10)
    jamf.faults.plan('computers', 'server error', { after: 1, times: 2 })
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) statuses.push((await get('/api/v1/computers-inventory', token)).status)
    expect(statuses).toEqual([200, 500, 500, 200])
    jamf.faults.plan('computers', { share: 0.5 })
    expect((await get('/api/v1/computers-inventory', token)).json.totalCount).toBe(5)
    expect((await get('/api/v1/computers-inventory', token)).json.totalCount).toBe(10)
    expect(jamf.api.calls.map(({ fault }) => fault).filter(Boolean)).toEqual([
      'server error',
      'server error',
      '{"share":0.5}',
    ])
  })

  const unanswered = ['cut off', 'reset', 'hang', 'drip', 'endless body']
  test.each(FAULTS.filter((fault) => !unanswered.includes(String(fault))))('%s is no inventory', async (fault) => {
    const token = await tokenOf(jamf.state.addClient())
    jamf.faults.plan('computers', fault)
    const response = await fetch(`${jamf.url}/api/v1/computers-inventory`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
    })
    const text = await response.text()
    const inventory = () => Array.isArray(JSON.parse(text).results)
    expect(response.ok && text !== '' && text.startsWith('{') && !text.endsWith('[') && inventory()).toBe(false)
    if (fault === 'throttled') expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    if (fault === 'unauthorised') expect((await get('/api/v1/computers-inventory', token)).status).toBe(401)
  })

  test.each(unanswered)('%s never ends well', async (fault) => {
    const token = await tokenOf(jamf.state.addClient())
    jamf.faults.plan('computers', fault as (typeof FAULTS)[number])
    const asked = fetch(`${jamf.url}/api/v1/computers-inventory`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(300),
    })
    await expect(asked.then((response) => response.text())).rejects.toThrow()
  })
})

interface Heard {
  headers: IncomingMessage['headers']
  body: string
}

/** A server at the other end of the webhooks, which answers what a test says. */
async function listener(
  answer: (heard: Heard) => { status?: number; headers?: Record<string, string>; body?: string } | null,
) {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
    heard.push(one)
    const { status = 200, headers = {}, body = '' } = answer(one) ?? { status: 0 }
    if (status > 0) response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/jamf`, heard }
}

const MINTED = { headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' }, body: 'AB12CD34' }

describe('webhooks', () => {
  const basicAuth = { type: 'basic', user: 'jamf', password: 'secret' } as const

  test('carry the credentials that are configured, in JSON and in XML', async () => {
    const { url, heard } = await listener(() => ({}))
    const mac = jamf.state.add('computer', { name: 'A<B>&C' })
    const header = { type: 'header', name: 'X-Secret', value: 's3' } as const
    jamf.addWebhook({ event: 'ComputerAdded', url, authentication: basicAuth })
    jamf.addWebhook({ event: 'ComputerAdded', url, authentication: header, contentType: 'xml' })
    jamf.addWebhook({ event: 'ComputerAdded', url })
    jamf.addWebhook({ event: 'ComputerCheckIn', url })
    await jamf.event('ComputerAdded', refOf(mac))
    const [json, xml, none] = heard.toSorted(
      (a, b) =>
        Number(!a.headers.authorization) - Number(!b.headers.authorization) ||
        Number(!a.headers['x-secret']) - Number(!b.headers['x-secret']),
    )
    expect(heard).toHaveLength(3)
    expect(json?.headers.authorization).toBe(`Basic ${Buffer.from('jamf:secret').toString('base64')}`)
    expect(JSON.parse(json?.body ?? '')).toMatchObject({
      webhook: { webhookEvent: 'ComputerAdded' },
      event: { jssID: 1, serialNumber: mac.serialNumber, udid: mac.udid },
    })
    expect(xml?.headers).toMatchObject({ 'content-type': 'text/xml', 'x-secret': 's3' })
    expect(xml?.body).toContain('<deviceName>A&lt;B&gt;&amp;C</deviceName>')
    expect(none?.headers).not.toHaveProperty('authorization')
  })

  test.each([
    ['a challenge', MINTED, true],
    ['any other status than 200', { ...MINTED, status: 201 }, false],
    ['another content type', { ...MINTED, headers: { ...MINTED.headers, 'content-type': 'application/json' } }, false],
    ['an answer that may be cached', { ...MINTED, headers: { 'content-type': 'text/plain' } }, false],
    ['an empty challenge', { ...MINTED, body: '\n' }, false],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, false],
    ['silence', null, false],
  ])('take %s for what it is', async (_, answer, ok) => {
    const { url } = await listener(() => answer)
    jamf.addWebhook({ event: 'SCEPChallenge', url, readTimeoutMs: 200 })
    const { id } = jamf.addProfile({ url: 'http://ca.example/scep/staff' })
    const { step, challenge } = await jamf.challenge(refOf(jamf.state.add('computer')), id)
    expect({ ok: step.ok, challenge }).toEqual({ ok, challenge: ok ? 'AB12CD34' : null })
  })

  test('take the answer as it is, unless told to trim it', async () => {
    const { url } = await listener(() => ({ ...MINTED, body: 'AB12CD34\n' }))
    jamf.addWebhook({ event: 'SCEPChallenge', url })
    const { id } = jamf.addProfile({ url: 'http://ca.example/scep/staff' })
    const ref = refOf(jamf.state.add('computer'))
    expect((await jamf.challenge(ref, id)).challenge).toBe('AB12CD34\n')
    expect((await jamf.challenge(ref, id, { trims: true })).challenge).toBe('AB12CD34')
  })

  test('say SCEPChallenge in every form that is known', async () => {
    const { url, heard } = await listener(() => MINTED)
    jamf.addWebhook({ event: 'SCEPChallenge', url })
    const { id } = jamf.addProfile({ url: 'http://ca.example/scep/staff' })
    const mac = jamf.state.add('computer')
    const said = async (variant: ChallengeVariant) => {
      await jamf.challenge(refOf(mac), id, { variant })
      return JSON.parse(heard.at(-1)?.body ?? '')
    }
    expect(await said({})).toMatchObject({
      webhook: { webhookEvent: 'SCEPChallenge', eventTimestamp: expect.any(Number) },
      event: {
        payloadTypes: ['com.apple.security.scep'],
        targetDevice: { serialNumber: mac.serialNumber },
        targetUser: { password: '' },
      },
    })
    expect((await said({ targetUser: 'with password' })).event.targetUser.password).toBe(USER_PASSWORD)
    expect((await said({ targetUser: 'null' })).event.targetUser).toBeNull()
    expect((await said({ payloadTypes: 'string' })).event.payloadTypes).toBe('com.apple.security.scep')
    expect(String((await said({ timestamp: 's' })).webhook.eventTimestamp)).toHaveLength(10)
    expect((await said({ names: 'snake_case' })).event).toMatchObject({
      scep_server_url: 'http://ca.example/scep/staff',
      target_device: { serial_number: mac.serialNumber, icci_id: '', user_directory_id: '-1' },
    })
    expect((await said({ device: 'fleet' })).event).toMatchObject({ device: { uuid: mac.udid } })
    await jamf.probe(id)
    const probe = JSON.parse(heard.at(-1)?.body ?? '').event
    expect(Object.keys(probe)).toEqual(['scepServerUrl', 'payloadIdentifier', 'payloadTypes'])
    expect(jamf.state.computers.size).toBe(1)
  })

  test('of an older caller show their credentials only after a 401 that asks for Basic', async () => {
    const asking = { status: 401, headers: { 'www-authenticate': 'Basic realm="ca"' } }
    const { url, heard } = await listener(({ headers }) => (headers.authorization ? MINTED : asking))
    jamf.addWebhook({ event: 'SCEPChallenge', url, authentication: basicAuth })
    const { id } = jamf.addProfile({ url: 'http://ca.example/scep/staff' })
    const ref = refOf(jamf.state.add('computer'))
    expect((await jamf.challenge(ref, id, { after401: true })).challenge).toBe('AB12CD34')
    expect(heard.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true])
  })

  test('can come twice, too late, in the wrong order, or not at all', async () => {
    const { url, heard } = await listener(() => ({}))
    jamf.addWebhooks(['MobileDeviceEnrolled', 'MobileDeviceUnEnrolled'], { url })
    const phone = refOf(jamf.state.add('mobile'))
    const names = () => heard.map(({ body }) => JSON.parse(body).webhook.webhookEvent)
    await jamf.event('MobileDeviceEnrolled', phone, { times: 2 })
    expect(heard[0]?.body).toBe(heard[1]?.body)
    jamf.holdEvents()
    await jamf.unmanage(phone)
    await jamf.enrolAgain(phone)
    expect(heard).toHaveLength(2)
    await jamf.releaseEvents('reversed')
    expect(names().slice(2)).toEqual(['MobileDeviceEnrolled', 'MobileDeviceUnEnrolled'])
    jamf.loseEvents()
    await jamf.unmanage(phone)
    expect(heard).toHaveLength(4)
    expect(jamf.state.device(phone).managed).toBe(false)
  })

  test('tell nothing of a computer that is deleted, unless the API did it', async () => {
    const { url, heard } = await listener(() => ({}))
    jamf.addWebhooks(['ComputerPushCapabilityChanged', 'RestAPIOperation', 'ComputerAdded'], { url })
    jamf.populate('computer', 2)
    await jamf.delete('computer/1')
    expect(heard).toEqual([])
    await jamf.delete('computer/2', { byApi: true })
    expect(JSON.parse(heard[0]?.body ?? '').event).toMatchObject({ objectID: 2, restAPIOperationType: 'DELETE' })
  })

  test('of an attacker are what they should be', async () => {
    const { url, heard } = await listener(() => ({}))
    jamf.addWebhook({ event: 'MobileDeviceUnEnrolled', url, authentication: basicAuth })
    const phone = refOf(jamf.state.add('mobile'))
    const forged = { type: 'basic', user: 'jamf', password: 'guessed' } as const
    await jamf.event('MobileDeviceUnEnrolled', phone, { authentication: forged })
    expect(Buffer.from(heard[0]?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe('jamf:guessed')
    await jamf.event('MobileDeviceUnEnrolled', phone, { attack: 'five megabytes' })
    expect(heard[1]?.body.length).toBeGreaterThan(5_000_000)
    await jamf.event('MobileDeviceUnEnrolled', phone, { attack: 'external entity' })
    expect(heard[2]?.body).toMatch(/<!ENTITY e SYSTEM "http:.*<deviceName>&e;<\/deviceName>/)
    await fetch(jamf.entityUrl)
    expect(jamf.entityFetches).toBe(1)
  })
})

describe('profiles', () => {
  test('expand their variables, and leave what has no value', async () => {
    const phone = jamf.state.add('mobile', { email: '', username: 'a,b', serialNumber: 'F4G' })
    const profile = jamf.addProfile({
      url: 'http://ca.example/scep/staff',
      subject: 'CN=$SERIALNUMBER,OU=$PROFILEJSSID-$JSSID,O=$COMPUTERNAME,L=$USERNAME,ST=$NOBODY',
      san: [{ type: 'rfc822Name', value: '$EMAIL' }],
      redistribute: 'OU',
    })
    expect(payloadFor(profile, phone, null)).toMatchObject({
      subject: [
        { type: 'CN', value: 'F4G' },
        { type: 'OU', value: '1-1' },
        { type: 'O', value: '$COMPUTERNAME' },
        { type: 'L', value: 'a,b' },
        { type: 'ST', value: '$NOBODY' },
        { type: 'OU', value: profile.identifier },
      ],
      san: [{ type: 'email', value: '$EMAIL' }],
    })
    expect(payloadFor({ ...profile, unresolved: 'empty' }, phone, null).san).toEqual([{ type: 'email', value: '' }])
  })

  test('hold a static challenge of at most 32 characters', () => {
    const long = { type: 'Static', challenge: 'x'.repeat(33) } as const
    expect(() => jamf.addProfile({ url: 'http://ca.example', challenge: long })).toThrow('32')
  })

  const phrase = 'The enrollment challenge password is: <B> 8CE317021F690069 </B> <P> This password'
  const thumbprint =
    'The thumbprint (hash value) for the CA certificate is: <B> A656FA66 AB12B433 A2DA5CF7 CC153D9A </B>'
  test.each([
    ['16-bit characters', Buffer.from(`<HTML>${thumbprint} ${phrase}`, 'utf16le'), '8CE317021F690069'],
    ['8-bit characters', Buffer.from(`<HTML>${thumbprint} ${phrase}`), '8CE317021F690069'],
    ['another phrase', Buffer.from(phrase.replace('is: <B>', 'is:<B>')), 'an unexpected page'],
    ['a full cache', Buffer.from('The password cache is full.'), 'the password cache is full'],
  ])('scrape the page of NDES: %s', async (_, page, found) => {
    const server = createServer((request, response) => {
      const credentials = request.headers.authorization === `Basic ${Buffer.from('mdm:secret').toString('base64')}`
      response.writeHead(credentials ? 200 : 401, { 'content-type': 'text/html' }).end(page)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certsrv/mscep_admin/`
    const mode = { type: 'Dynamic-Microsoft CA', adminUrl, user: 'mdm', password: 'secret' } as const
    const scraped = await scrape(mode)
    expect(scraped.ok ? scraped.challenge : scraped.sentence).toBe(found)
    expect(await scrape({ ...mode, password: 'wrong' })).toMatchObject({ ok: false, status: 401 })
  })
})

test('over HTTP, people drive it and see what happened', async () => {
  const { url, heard } = await listener(() => ({}))
  const order = async (verb: string, body: object) => {
    const response = await fetch(`${jamf.url}/_sim/${verb}`, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, json: (await response.json()) as { [key: string]: unknown } }
  }
  expect((await order('device', { kind: 'mobile', device: { name: 'IP-1' } })).json).toMatchObject({
    deviceId: 'mobile/1',
  })
  await order('webhooks', { events: ['MobileDeviceUnEnrolled'], webhook: { url } })
  await order('unmanage', { deviceId: 'mobile/1' })
  expect(heard).toHaveLength(1)
  const list = async (name: string) => (await fetch(`${jamf.url}/_sim/${name}`)).json()
  expect(await list('deliveries')).toMatchObject([{ event: 'MobileDeviceUnEnrolled', status: 200 }])
  expect(await list('devices')).toMatchObject([{ deviceId: 'mobile/1', managed: false }])
  expect((await order('fault', { hop: 'nowhere', fault: 'hang' })).status).toBe(400)
  expect((await order('nothing', {})).status).toBe(404)
})
