import { expect, test } from 'vitest'
import { jamfContentType, parseJamfBody } from './jamf-body'
import { momentOf, readJamfMessage } from './jamf-message'

const json = (value: unknown) => readJamfMessage(parseJamfBody('json', Buffer.from(JSON.stringify(value))))
const xml = (value: string) => readJamfMessage(parseJamfBody('xml', Buffer.from(value)))

const challenge = {
  webhook: { id: 3, name: 'mint', webhookEvent: 'SCEPChallenge', eventTimestamp: 1_772_000_000_000 },
  event: {
    scepServerUrl: 'https://scep.example.com/scep/staff/pkiclient.exe',
    payloadIdentifier: '8E2D6C1A-0000-4000-8000-000000000001',
    payloadTypes: ['com.apple.security.scep'],
    targetDevice: {
      ...{ deviceName: 'MB-0017', serialNumber: 'C02EXAMPLE01', udid: '11112222-3333-4444-5555-666677778888' },
      ...{
        model: 'Mac14,2',
        product: null,
        wifiMacAddress: '',
        icciID: '',
        userDirectoryID: '-1',
        username: 'ada',
        room: '',
      },
    },
    targetUser: {
      ...{ dn: '', username: 'ada', realname: 'Ada Example', email: 'ada@example.com', buildingId: -1 },
      password: 'hunter2-of-ada',
    },
  },
}
const request = {
  scepServerUrl: 'https://scep.example.com/scep/staff/pkiclient.exe',
  payloadIdentifier: '8E2D6C1A-0000-4000-8000-000000000001',
  payloadTypes: ['com.apple.security.scep'],
  device: { kind: null, jamfId: null, serial: 'C02EXAMPLE01', udid: '11112222-3333-4444-5555-666677778888' },
  values: {
    COMPUTERNAME: 'MB-0017',
    DEVICENAME: 'MB-0017',
    SERIALNUMBER: 'C02EXAMPLE01',
    UDID: '11112222-3333-4444-5555-666677778888',
    USERNAME: 'ada',
    FULLNAME: 'Ada Example',
    REALNAME: 'Ada Example',
    EMAIL: 'ada@example.com',
  },
}

test('a SCEPChallenge in JSON is read, and what is empty is not there', () => {
  expect(json(challenge)).toEqual({ about: 'challenge', event: 'SCEPChallenge', request })
})

test('snake_case says the same', () => {
  const snake = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(snake)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name.replace(/[A-Z]+/g, (upper) => `_${upper.toLowerCase()}`),
        snake(member),
      ]),
    )
  }
  expect(json(snake(challenge))).toEqual({ about: 'challenge', event: 'SCEPChallenge', request })
})

test('so does XML, with payload types as repeated elements', () => {
  const message = xml(`<?xml version="1.0" encoding="UTF-8"?>
    <JSSEvent><webhook><id>3</id><name>mint</name><webhookEvent>SCEPChallenge</webhookEvent></webhook>
    <event><scepServerUrl>https://scep.example.com/scep/staff/pkiclient.exe</scepServerUrl>
    <payloadIdentifier>8E2D6C1A-0000-4000-8000-000000000001</payloadIdentifier>
    <payloadTypes><payloadType>com.apple.security.scep</payloadType></payloadTypes>
    <targetDevice><deviceName>MB-0017</deviceName><serialNumber>C02EXAMPLE01</serialNumber>
    <udid>11112222-3333-4444-5555-666677778888</udid><username>ada</username><room/></targetDevice>
    <targetUser><username>ada</username><realname>Ada Example</realname><email>ada@example.com</email><password>hunter2-of-ada</password></targetUser>
    </event></JSSEvent>`)
  expect(message).toEqual({ about: 'challenge', event: 'SCEPChallenge', request })
})

test('payload types are a text in some versions, and the user is away for profiles of the device', () => {
  const { targetUser, ...event } = challenge.event
  const message = json({ ...challenge, event: { ...event, payloadTypes: 'com.apple.security.scep', targetUser: null } })
  expect(message).toMatchObject({ request: { payloadTypes: ['com.apple.security.scep'], values: { USERNAME: 'ada' } } })
  expect(JSON.stringify(message)).not.toContain('ada@example.com')
})

test("Fleet's device is a device, and without one there is none", () => {
  const { targetDevice, targetUser, ...event } = challenge.event
  const fleet = json({ ...challenge, event: { ...event, device: { uuid: 'ABCD-1234', serialNumber: 'FLEET0001' } } })
  expect(fleet).toMatchObject({ request: { device: { serial: 'FLEET0001', udid: 'ABCD-1234' } } })
  expect(json({ ...challenge, event })).toMatchObject({ request: { device: null, values: {} } })
})

test('a password is nowhere after parsing, whatever it is called', () => {
  const event = { ...challenge.event, userPassword: 'hunter2', nested: { PASSWORD_hash: { deep: ['hunter2'] } } }
  expect(JSON.stringify(parseJamfBody('json', Buffer.from(JSON.stringify({ ...challenge, event }))))).not.toContain(
    'hunter2',
  )
})

test.each([
  ['a star', '*'],
  ['a quotation mark', 'C02"'],
  ['a line break', 'C02\nX'],
  ['a list', ['C02']],
  ['an object', { a: 'b' }],
  ['4,000 characters', 'C'.repeat(4_000)],
])('a serial number that is %s is none', (_, serialNumber) => {
  const event = { ...challenge.event, targetDevice: { serialNumber } }
  expect(json({ ...challenge, event })).toMatchObject({ request: { device: null } })
})

test('times are milliseconds or seconds, as a number or a text', () => {
  const at = new Date(1_772_000_000_000)
  for (const text of ['1772000000000', '1772000000']) expect(momentOf(text)).toEqual(at)
  for (const text of [null, undefined, '', 'soon', '-5', '17', '99999999999999999999', ['1772000000']])
    expect(momentOf(text)).toBeNull()
})

const event = (webhookEvent: string, details: unknown) => json({ webhook: { id: 1, webhookEvent }, event: details })
const mac = { jssID: 17, serialNumber: 'C02EXAMPLE01', udid: 'AAAA-1111', username: 'ada' }
const named = { jamfId: '17', serial: 'C02EXAMPLE01', udid: 'AAAA-1111' }

test.each([
  ['ComputerAdded', 'computer'],
  ['ComputerInventoryCompleted', 'computer'],
  ['ComputerPushCapabilityChanged', 'computer'],
  ['MobileDeviceEnrolled', 'mobile'],
  ['MobileDeviceUnEnrolled', 'mobile'],
  ['MobileDeviceUnenrolled', 'mobile'],
  ['MobileDeviceInventoryCompleted', 'mobile'],
])('%s names a device', (name, kind) => {
  expect(event(name, mac)).toEqual({ about: 'devices', event: name, devices: [{ kind, ...named }] })
})

test('a check-in says that a device was seen, wrapped or not', () => {
  const seen = { about: 'seen', event: 'ComputerCheckIn', device: { kind: 'computer', ...named } }
  expect(event('ComputerCheckIn', { computer: mac, trigger: 'CLIENT_CHECKIN' })).toEqual(seen)
  expect(event('ComputerCheckIn', mac)).toEqual(seen)
})

test('a smart group names whoever came and went, by number', () => {
  const change = {
    name: 'Staff',
    jssid: 4,
    smartGroup: true,
    groupAddedDevicesIds: [17, 18],
    groupRemovedDevicesIds: ['19', 0],
  }
  expect(event('SmartGroupComputerMembershipChange', change)).toMatchObject({
    devices: ['17', '18', '19'].map((jamfId) => ({ kind: 'computer', jamfId, serial: null })),
  })
  expect(event('SmartGroupMobileDeviceMembershipChange', { groupRemovedDevices: [mac] })).toMatchObject({
    devices: [{ kind: 'mobile', jamfId: '17', serial: 'C02EXAMPLE01' }],
  })
})

test('a deleted computer is named by the API operation; anything else that was written is not', () => {
  const operation = {
    objectID: 17,
    objectTypeName: 'Computer',
    restAPIOperationType: 'DELETE',
    operationSuccessful: true,
  }
  expect(event('RestAPIOperation', operation)).toMatchObject({
    about: 'devices',
    devices: [{ kind: 'computer', jamfId: '17' }],
  })
  for (const change of [
    { restAPIOperationType: 'PUT' },
    { objectTypeName: 'Policy' },
    { operationSuccessful: false },
    { objectID: 0 },
  ])
    expect(event('RestAPIOperation', { ...operation, ...change })).toMatchObject({ about: 'nothing' })
})

test.each(['JSSStartup', 'PushSent', 'SmartGroupUserMembershipChange', 'SomethingNew', '__proto__', 'constructor'])(
  '%s says nothing here',
  (name) => {
    expect(event(name, { whatever: [1, 2, { deep: null }] })).toEqual({ about: 'nothing', event: name })
  },
)

test.each([
  ['json', 'no JSON', '{"webhook":'],
  ['json', 'a text', '"SCEPChallenge"'],
  ['json', 'a list', '[]'],
  ['json', 'nothing', ''],
  ['json', 'no event', '{"event":{}}'],
  ['json', 'nested too deep', `{"webhook":{"webhookEvent":"X"},"event":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['xml', 'no XML', '<JSSEvent><webhook>'],
  ['xml', 'a text', 'SCEPChallenge'],
  [
    'xml',
    'an external entity',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><JSSEvent><webhook><webhookEvent>&x;</webhookEvent></webhook></JSSEvent>',
  ],
  [
    'xml',
    'a document type alone',
    '<!doctype html><JSSEvent><webhook><webhookEvent>X</webhookEvent></webhook></JSSEvent>',
  ],
  ['xml', 'an unknown entity', '<JSSEvent><webhook><webhookEvent>&x;</webhookEvent></webhook></JSSEvent>'],
  ['xml', 'nested too deep', `<a>${'<b>'.repeat(9_000)}${'</b>'.repeat(9_000)}</a>`],
  ['xml', 'nested too deep behind attributes', `<a>${'<b c="/>">'.repeat(6_000)}${'</b>'.repeat(6_000)}</a>`],
] as const)('a body in %s that is %s is refused, and nothing of it is said', (type, _, body) => {
  let refusal: unknown
  try {
    readJamfMessage(parseJamfBody(type, Buffer.from(body)))
  } catch (error) {
    refusal = error
  }
  expect(refusal).toMatchObject({ code: 'invalid_input', reason: 'malformed_body' })
  expect(String(refusal)).not.toMatch(/passwd|webhookEvent/)
})

test('bytes that are no UTF-8 are refused', () => {
  expect(() => parseJamfBody('json', Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(
    expect.objectContaining({ reason: 'malformed_body' }),
  )
})

test('the types that Jamf sends are known, and no other', () => {
  expect(['application/json', 'Application/JSON; charset=UTF-8'].map(jamfContentType)).toEqual(['json', 'json'])
  expect(['text/xml', 'application/xml;charset=utf-8'].map(jamfContentType)).toEqual(['xml', 'xml'])
  expect(
    [null, '', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'].map(jamfContentType),
  ).toEqual([null, null, null, null, null])
})
