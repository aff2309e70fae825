import { expect, test } from 'vitest'
import { JamfFault } from './jamf-api'
import { createJamfKind } from './jamf-kind'
import type { JamfSettings } from './jamf-settings'
import { jamfConnector, jamfDevice } from './testing/jamf'
import { memoryJamf } from './testing/jamf-api'

const NOW = new Date('2026-11-28T12:00:00Z')
const HOUR_MS = 3_600_000

function kind(settings: Partial<JamfSettings> = {}, lastHeard: Date | null = new Date(NOW.getTime() - 1_000)) {
  const jamf = memoryJamf([jamfDevice()])
  const { test: look } = createJamfKind({
    api: jamf.api,
    devices: { lastHeard: async () => lastHeard },
    urls: { publicUrl: new URL('https://pki.example.com') },
    clock: () => NOW,
  })
  return { jamf, checks: async () => (await look?.(jamfConnector(settings))) ?? [] }
}

test('all is well: a token, a page of each inventory, the smart groups, and a webhook that came', async () => {
  const { jamf, checks } = kind({ smartGroups: ['Staff', 'Pads'] })
  jamf.groups.computer.push({ id: '4', name: 'Staff' })
  jamf.groups.mobile.push({ id: '4', name: 'Pads' })
  const found = await checks()
  expect(found.map(({ step, ok }) => `${step} ${ok}`)).toEqual([
    'Token true',
    'Computers true',
    'Mobile devices true',
    'Smart groups true',
    'Webhook true',
  ])
  expect(found.map(({ advice }) => advice)).toEqual([null, null, null, null, null])
})

test('the first step that fails ends it, and says what to do', async () => {
  const { jamf, checks } = kind()
  jamf.faults.set(
    'mobile',
    new JamfFault('privilege', 'INVALID_PRIVILEGE', 'It lacks “Read Mobile Devices”.', 'Add it.'),
  )
  expect((await checks()).at(-1)).toEqual({
    step: 'Mobile devices',
    ok: false,
    code: 'INVALID_PRIVILEGE',
    sentence: 'It lacks “Read Mobile Devices”.',
    advice: 'Add it.',
  })
})

test('a group that is not there is named', async () => {
  const { jamf, checks } = kind({ smartGroups: ['Staff', 'Gone'] })
  jamf.groups.computer.push({ id: '4', name: 'Staff' })
  expect((await checks()).at(-1)).toMatchObject({
    step: 'Smart groups',
    code: 'group_unknown',
    sentence: expect.stringContaining('“Gone”'),
  })
})

test('a webhook that never came is told with its address', async () => {
  const { checks } = kind({}, null)
  expect((await checks()).at(-1)).toMatchObject({
    step: 'Webhook',
    ok: false,
    code: 'never_heard',
    advice: expect.stringContaining('https://pki.example.com/hooks/jamf'),
  })
})

test.each([
  [30 * 60_000, 'within the last hour'],
  [5 * HOUR_MS, 'within 6 hours'],
  [50 * HOUR_MS, '2 days ago'],
])('one that came %i ms ago is said to', async (ago, words) => {
  const { checks } = kind({}, new Date(NOW.getTime() - ago))
  expect((await checks()).at(-1)).toMatchObject({ ok: true, sentence: expect.stringContaining(words) })
})

test('a connector that only listens is tested by what it heard', async () => {
  const { jamf, checks } = kind({ clientId: '' })
  expect((await checks()).map(({ step }) => step)).toEqual(['Webhook'])
  expect(jamf.asked).toEqual([])
})
