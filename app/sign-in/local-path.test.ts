/** Nobody is sent anywhere else by signing in. */
import { expect, test } from 'vitest'
import { localPath } from './local-path'

test.each(['/certificates?status=revoked', '/groups/staff', '/'])('%j is a page of ours', (path) => {
  expect(localPath(path)).toBe(path)
})

test.each([
  undefined,
  '',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/groups\\..\\x',
  '/\tevil',
  'javascript:alert(1)',
  '/api/v1/me',
  '/sign-in?next=/',
  '/setup',
])('%j leads to the overview', (path) => expect(localPath(path)).toBe('/'))
