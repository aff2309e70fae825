/** Password hashes: the format, the pepper, the queue. */
import { argon2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isRefusal } from '@/lib/errors'
import { createPasswords } from './passwords'
import { CHEAP, testMac } from './testing/people'

const PASSWORD = 'gleam turbine walnut echo'
const passwords = createPasswords({ signer: testMac, parameters: CHEAP })

describe('a password hash', () => {
  test('matches its password and no other', async () => {
    const stored = await passwords.hash(PASSWORD)
    expect(await passwords.verify(PASSWORD, stored)).toEqual({ matches: true, outdated: false })
    for (const other of ['', PASSWORD.slice(1), `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      expect(await passwords.verify(other, stored)).toEqual({ matches: false, outdated: false })
    }
    expect(await passwords.hash(PASSWORD)).not.toBe(stored)
  })

  test('is argon2id in PHC form, its tag under the pepper', async () => {
    const stored = await passwords.hash(PASSWORD)
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    const [salt = '', tag = ''] = stored.split('$').slice(-2)
    const parameters = { memory: 8, passes: 1, parallelism: 1, tagLength: 32 }
    const plain = argon2Sync('argon2id', { ...parameters, message: PASSWORD, nonce: Buffer.from(salt, 'base64') })
    expect(Buffer.from(tag, 'base64')).not.toEqual(plain)
    expect(Buffer.from(tag, 'base64')).toEqual(await testMac.mac('pepper', plain))
  })

  test('is the same for letters composed either way', async () => {
    const stored = await passwords.hash('caf\u00e9 turbine walnut')
    expect((await passwords.verify('cafe\u0301 turbine walnut', stored)).matches).toBe(true)
  })

  test('is outdated when the parameters rose', async () => {
    const stored = await passwords.hash(PASSWORD)
    for (const more of [{ memoryKib: 16 }, { passes: 2 }]) {
      const risen = createPasswords({ signer: testMac, parameters: { ...CHEAP, ...more } })
      expect(await risen.verify(PASSWORD, stored)).toEqual({ matches: true, outdated: true })
      expect(await risen.verify('wrong', stored)).toEqual({ matches: false, outdated: false })
    }
  })

  test('costs what the contract says, for an unknown user too', async () => {
    const real = createPasswords({ signer: testMac })
    const timed = async (stored: string | null) => {
      const start = performance.now()
      expect((await real.verify('wrong', stored)).matches).toBe(false)
      return performance.now() - start
    }
    const stored = await real.hash(PASSWORD)
    expect(stored).toContain('$m=65536,t=3,p=4$')
    const [known, unknown] = [await timed(stored), await timed(null)]
    expect(unknown).toBeGreaterThan(known / 4)
  })

  test('that is malformed is an outage, not a wrong password', async () => {
    await expect(passwords.verify(PASSWORD, '$argon2i$broken')).rejects.toThrow('malformed')
  })
})

describe('the queue', () => {
  test('works on four at once, lets fifty wait and sends the others away', async () => {
    let running = 0
    let most = 0
    const slow = createPasswords({
      parameters: CHEAP,
      signer: testMac,
      argon2id: async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setTimeout(resolve, 5))
        running -= 1
        return Buffer.alloc(32)
      },
    })
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => slow.hash(PASSWORD)))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason)
    expect(most).toBe(4)
    expect(refused).toHaveLength(6)
    for (const reason of refused) expect(isRefusal(reason, 'unavailable')).toBe(true)
    await slow.hash(PASSWORD)
  })

  test('gives a place back when the work fails', async () => {
    let broken = true
    const signer: typeof testMac = { mac: (purpose, data) => testMac.mac(purpose, data) }
    const argon2id = async () => (broken ? Promise.reject(new Error('out of memory')) : Buffer.alloc(32))
    const flaky = createPasswords({ parameters: CHEAP, signer, argon2id })
    await Promise.allSettled(Array.from({ length: 20 }, () => flaky.hash(PASSWORD)))
    broken = false
    await Promise.all(Array.from({ length: 20 }, () => flaky.hash(PASSWORD)))
  })
})
