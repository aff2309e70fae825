/** Which origins may change things. */
import { expect, test, vi } from 'vitest'

vi.mock('server-only', () => ({}))
vi.mock('@/lib/server', () => ({ server: () => ({}) }))

const { isOurs } = await import('./_session')

const NAMED = new URL('https://ca.example.com')
const UNNAMED = new URL('http://localhost:3000')

test.each([
  { origin: 'https://ca.example.com', host: 'ca.example.com', url: NAMED, ours: true },
  { origin: 'https://other.example.com', host: 'other.example.com', url: NAMED, ours: false },
  { origin: 'http://localhost:3000', host: 'localhost:3000', url: UNNAMED, ours: true },
  { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000', url: UNNAMED, ours: true },
  { origin: 'http://vm.lan:3000', host: 'VM.lan:3000', url: UNNAMED, ours: true },
  { origin: 'http://evil.example', host: 'localhost:3000', url: UNNAMED, ours: false },
  { origin: 'null', host: 'localhost:3000', url: UNNAMED, ours: false },
])('$origin asked of $host is ours: $ours', ({ origin, host, url, ours }) => {
  expect(isOurs(origin, host, url)).toBe(ours)
})
