/** The simulator of Jamf Pro sends its webhooks and profiles as strictly as it is known of them, and as oddly. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Jamf, startJamf } from './jamf'
import { type ChallengeVariant, USER_PASSWORD } from './jamf-bodies'
import { keptJamf } from './jamf-keeping'
import { payloadFor, scrape } from './jamf-profiles'
import { refOf } from './jamf-state'

let jamf: Jamf
beforeEach(async () => {
  jamf = await startJamf()
})
afterEach(() => jamf.close())

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

describe('started again', () => {
  const again = async () => {
    const before = JSON.parse(JSON.stringify(keptJamf(jamf)))
    await jamf.close()
    jamf = await startJamf({ before })
    return before
  }

  test('it is the same server at the same place, and gives no number twice', async () => {
    const { url } = jamf
    const [mac, gone] = jamf.populate('computer', 2)
    if (mac === undefined || gone === undefined) throw new Error('no computers')
    const client = jamf.state.addClient({ privileges: ['Read Computers'] })
    jamf.state.addGroup('computer', 'Managed', [mac.id])
    const authentication = { type: 'basic', user: 'jamf', password: 'secret' } as const
    jamf.addWebhook({ event: 'ComputerAdded', url: 'http://portal.example/hooks/jamf', authentication })
    const profile = jamf.addProfile({ url: 'http://portal.example/scep/jamf' })
    await jamf.delete(refOf(gone))

    expect(await again()).toEqual(keptJamf(jamf))
    expect(jamf.url).toBe(url)
    expect([jamf.state.bySerial('computer', mac.serialNumber), jamf.state.clients.get(client.clientId)]).toEqual([
      mac,
      client,
    ])
    expect(jamf.state.groupsOf(jamf.state.device(refOf(mac)))).toMatchObject([{ name: 'Managed' }])
    expect(jamf.profiles).toEqual([profile])
    expect([jamf.state.add('computer').id, jamf.state.addGroup('computer', 'New').id]).toEqual([3, 2])
  })

  test('it is elsewhere where its place is taken', async () => {
    const taken = await startJamf()
    onTestFinished(() => taken.close())
    jamf.populate('mobile', 1)
    const before = { ...keptJamf(jamf), port: taken.port }
    await jamf.close()
    jamf = await startJamf({ before })
    expect(jamf.port).not.toBe(taken.port)
    expect(jamf.state.mobiles.size).toBe(1)
  })
})

test('webhooks and profiles follow the portal to another address', () => {
  jamf.addWebhook({ event: 'ComputerAdded', url: 'http://localhost:3000/hooks/jamf' })
  jamf.addProfile({ url: 'http://localhost:3000/scep/jamf' })
  jamf.move('https://pki.example')
  expect([jamf.webhooks[0]?.url, jamf.profiles[0]?.url]).toEqual([
    'https://pki.example/hooks/jamf',
    'https://pki.example/scep/jamf',
  ])
})
