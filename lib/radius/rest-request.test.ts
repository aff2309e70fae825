import { describe, expect, test } from 'vitest'
import { parseQuestion } from './rest-request'

const ask = (document: unknown) => parseQuestion(Buffer.from(JSON.stringify(document)))
const sent = (attributes: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, { type: 'string', value: [value].flat() }]),
  )
const SERIAL = { 'TLS-Client-Cert-Serial': '3a7f19c0' }

test('attributes as FreeRADIUS sends them', () => {
  const body = sent({
    'User-Name': '%{exec:/bin/id}',
    'NAS-Identifier': 'ap-12',
    'NAS-IP-Address': '192.0.2.12',
    'Called-Station-Id': '00-10-A4-23-19-C0:Staff',
    'Calling-Station-Id': '02-00-00-00-00-01',
    'TLS-Client-Cert-Issuer': '/O=Example/CN=Example Staff CA',
    'TLS-Client-Cert-X509v3-Authority-Key-Identifier': '0A:1B:2C:3D:4E:5F\n',
    ...SERIAL,
  })
  expect(ask(body)).toEqual({
    form: 'rlm_rest',
    serial: '3A7F19C0',
    authorityKeyId: '0a1b2c3d4e5f',
    issuer: '/O=Example/CN=Example Staff CA',
    ssid: 'Staff',
    networkServers: ['ap-12', '192.0.2.12'],
    station: '02-00-00-00-00-01',
  })
})

test('our own shape', () => {
  const body = { serial: '0x003A:7F', authorityKeyId: '0a1b2c3d', ssid: 'Staff', networkServer: 'ap-12' }
  expect(ask(body)).toEqual({
    form: 'plain',
    serial: '3A7F',
    authorityKeyId: '0a1b2c3d',
    issuer: null,
    ssid: 'Staff',
    networkServers: ['ap-12'],
    station: null,
  })
})

describe('serials are compared as numbers', () => {
  test.each(['3a7f', '3A7F', '003a7f', '3a:7f'])('%s', (serial) => {
    expect(ask(sent({ 'TLS-Client-Cert-Serial': serial }))?.serial).toBe('3A7F')
  })
})

describe('what is no question', () => {
  test.each([
    ['text', 'no'],
    ['a list', [1]],
    ['null', null],
    ['nothing', {}],
    ['no serial', sent({ 'User-Name': 'ada' })],
    ['two serials', sent({ 'TLS-Client-Cert-Serial': ['01', '02'] })],
    ['a serial that is none', sent({ 'TLS-Client-Cert-Serial': '%{User-Name}' })],
    ['a serial that is an object', { 'TLS-Client-Cert-Serial': { value: [{ hex: '01' }] } }],
    ['a serial without end', { serial: '1'.repeat(300) }],
  ])('%s', (_, document) => {
    expect(ask(document)).toBeNull()
  })
  test.each(['', '{', '\u0000', '{"serial"'])('the bytes %j', (text) => {
    expect(parseQuestion(Buffer.from(text))).toBeNull()
  })
})

describe('the SSID of Called-Station-Id', () => {
  test.each([
    ['00-10-A4-23-19-C0:Staff', 'Staff'],
    ['00:10:a4:23:19:c0:Staff', 'Staff'],
    ['0010a42319c0:Staff: upstairs', 'Staff: upstairs'],
    ['00-10-A4-23-19-C0', null],
    ['00:10:A4:23:19:C0', null],
    ['ap-12:Staff', 'Staff'],
    ['ap-12', null],
    ['ap-12:', null],
  ])('%s', (station, ssid) => {
    expect(ask(sent({ ...SERIAL, 'Called-Station-Id': station }))?.ssid).toBe(ssid)
  })
})

describe('the issuer key identifier as OpenSSL prints it', () => {
  test.each([
    ['keyid:0A:1B:2C:3D\nDirName:/CN=root\nserial:01\n', '0a1b2c3d'],
    ['0A:1B:2C:3D', '0a1b2c3d'],
    ['0a1b2c3d', '0a1b2c3d'],
    ['DirName:/CN=root', null],
    ['0A:1B:2C:3', null],
    ['', null],
  ])('%j', (text, keyId) => {
    const name = 'TLS-Client-Cert-X509v3-Authority-Key-Identifier'
    expect(ask(sent({ ...SERIAL, [name]: text }))?.authorityKeyId).toBe(keyId)
  })
})
