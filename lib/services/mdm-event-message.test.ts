/** Whatever is posted is an event or a refusal that names its member, and never a fault of ours. */
import { describe, expect, test } from 'vitest'
import { isRefusal } from '@/lib/errors'
import { MDM_EVENT_TYPES, parseMdmEvent } from './mdm-event-message'

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const device = {
  id: '42',
  serial: 'c02',
  udid: 'ab-1',
  name: 'MB-17',
  platform: 'macOS',
  model: 'Mac14,2',
  osVersion: '15',
}
const user = { id: 'u1', name: 'ada', email: 'ada@example.com' }

/** What stands where something else was expected. */
const ODDITIES = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'x'.repeat(10_000),
  'a\u0000b',
  '\ud800',
  [],
  [1],
  {},
  { a: { b: {} } },
]

function* variants(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    const { [key]: inner, ...rest } = value as Record<string, unknown>
    yield rest
    for (const odd of ODDITIES) yield { ...rest, [key]: odd }
    for (const deeper of variants(inner)) yield { ...rest, [key]: deeper }
  }
}

describe.each(MDM_EVENT_TYPES)('%s', (type) => {
  test('with any part of it missing or odd', () => {
    for (const message of variants({ type, timestamp: '2026-11-26T18:00:00Z', data: { device, user } })) {
      try {
        const event = parseMdmEvent(bytes(message))
        if (event.about === 'device') {
          const { externalId, serial, udid } = event.report
          expect(externalId ?? serial ?? udid).toEqual(expect.stringMatching(/\S/))
        }
        if (event.about === 'user') expect(Object.values(event.user).join('')).toMatch(/\S/)
      } catch (error) {
        expect(isRefusal(error, 'invalid_input'), JSON.stringify(message).slice(0, 200)).toBe(true)
      }
    }
  })
})

test.each([
  ['nothing', ''],
  ['no JSON', '<event/>'],
  ['half of it', '{"type":"device.removed","data":{"device":'],
  ['a list', '[]'],
  ['a text', '"device.removed"'],
  ['other bytes', Buffer.from([0xff, 0xfe, 0x00])],
  ['deep nesting', `${'['.repeat(30_000)}`],
  ['a name of every object, as data', '{"type":"device.removed","data":{"__proto__":{"device":{"id":"1"}}}}'],
])('%s is no event', (_what, message) => {
  const read = () => parseMdmEvent(message instanceof Buffer ? message : bytes(message))
  expect(read).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test.each(['__proto__', 'constructor', 'device.renamed'])('the type %s means nothing', (type) => {
  expect(parseMdmEvent(bytes({ type, data: {} }))).toEqual({ about: 'nothing', type })
})

test('ids are compared as devices are kept, and numbers are their digits', () => {
  const event = parseMdmEvent(bytes({ type: 'device.wiped', data: { device: { ...device, id: 42 } } }))
  expect(event).toMatchObject({ report: { externalId: '42', serial: 'C02', udid: 'AB-1', management: 'wiped' } })
})
