/** The API of Jamf Pro's simulator is strict: what a careless client does wrong, it does not forgive. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Jamf, startJamf } from './jamf'
import { FAULTS } from './jamf-faults'
import type { ApiClient } from './jamf-state'

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
