import { afterEach, expect, test, vi } from 'vitest'
import { isOnThisMachine } from './database'

afterEach(() => vi.unstubAllEnvs())

test.each([
  'postgresql://latchkey:secret@localhost/latchkey?host=/data/postgres-socket',
  'postgresql://latchkey@/latchkey?host=/var/run/postgresql',
  'postgresql://latchkey@127.0.0.1:5433/latchkey',
  'postgresql://latchkey@[::1]/latchkey',
])('%s is', (url) => {
  expect(isOnThisMachine(url)).toBe(true)
})

test.each(['postgresql://latchkey@db.example/latchkey', 'postgresql://latchkey@localhost/latchkey?host=10.0.0.7'])(
  '%s is not',
  (url) => {
    expect(isOnThisMachine(url)).toBe(false)
  },
)

test('where the address says nothing, the environment does', () => {
  vi.stubEnv('PGHOST', 'db.example')
  expect(isOnThisMachine('postgresql:///latchkey')).toBe(false)
})
