/** The reply that is made ahead: of the certificate that was recorded, and in nobody's way. */
import { expect, test, vi } from 'vitest'
import { madeAhead } from './scep-attempt'

const der = (...bytes: number[]) => new Uint8Array(bytes)

test('is the one that was begun, where that certificate was recorded', async () => {
  const seal = vi.fn(async (certificate: Uint8Array) => certificate)
  const reply = madeAhead(seal)
  reply.begin(der(1))
  expect(await reply.of(der(1))).toEqual(der(1))
  expect(seal).toHaveBeenCalledTimes(1)
})

test('is another one, where another was quicker to record its own', async () => {
  const reply = madeAhead(async (certificate) => certificate)
  reply.begin(der(1))
  expect(await reply.of(der(2))).toEqual(der(2))
})

test('that cannot be made keeps nothing from being recorded, and is told when it is due', async () => {
  const reply = madeAhead(() => {
    throw new Error('no key to seal with')
  })
  expect(() => reply.begin(der(1))).not.toThrow()
  await expect(reply.of(der(1))).rejects.toThrow('no key to seal with')
})
