/** Where a challenge was, only asterisks are; all else is as it was. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { buildCsr, parseCsr, verifyCsr } from './csr'
import { maskChallenge } from './csr-mask'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const subject = [{ type: 'CN', value: 'tablet-7' }]
const san = [{ type: 'dns', value: 'tablet-7.example' } as const]

test('the challenge is gone, its length and the rest stay', () => {
  const csr = parseCsr(buildCsr({ subject, san, challengePassword: '8CE317021F690069', privateKey }))
  const masked = maskChallenge(csr)
  expect(Buffer.from(masked).includes('8CE317021F690069')).toBe(false)
  const read = parseCsr(masked)
  expect(read).toMatchObject({ challengePasswords: ['*'.repeat(16)], san, subject: csr.subject })
  expect(Buffer.from(read.spki)).toEqual(Buffer.from(csr.spki))
  expect(verifyCsr(read)).toBe(false)
  expect(verifyCsr(csr)).toBe(true)
})

test('a request without one stays as it is', () => {
  const csr = parseCsr(buildCsr({ subject, privateKey }))
  expect(Buffer.from(maskChallenge(csr))).toEqual(Buffer.from(csr.der))
})
