/** Cookies anybody can edit. */
import { expect, test } from 'vitest'
import { readSingleKeys, readTheme, readTimes, readZone } from './reader-choices'

test('an unknown theme follows the system', () => {
  expect(readTheme('dark')).toBe('dark')
  expect(readTheme('"><script>')).toBe('system')
  expect(readTheme(undefined)).toBe('system')
})

test('an unknown zone is UTC', () => {
  expect(readZone('Europe%2FBerlin')).toBe('Europe/Berlin')
  expect(readZone('Mars/Olympus')).toBe('UTC')
  expect(readZone('%')).toBe('UTC')
  expect(readZone(undefined)).toBe('UTC')
})

test('times are local and single keys work, until somebody says otherwise', () => {
  expect([undefined, 'utc', 'mars'].map(readTimes)).toEqual(['local', 'utc', 'local'])
  expect([undefined, 'off', 'maybe'].map(readSingleKeys)).toEqual([true, false, true])
})
