/** The self-test passes here, and fails for each broken side of the cryptography. */
import { constants, privateDecrypt, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { selfTest } from './self-test'

const real = { privateDecrypt, verify, debuggerUrl: () => undefined }

test('this Node passes', () => {
  expect(() => selfTest()).not.toThrow()
})

test('a decryption that tells tampered messages apart stops the start', () => {
  const decrypt: typeof privateDecrypt = (key, message) => {
    const { padding } = key as { padding: number }
    const plaintext = privateDecrypt(key, message)
    if (padding === constants.RSA_PKCS1_PADDING && plaintext.length !== 32) throw new Error('padding')
    return plaintext
  }
  expect(() => selfTest({ ...real, privateDecrypt: decrypt })).toThrow(/tampered message/)
})

test('a verification that accepts everything stops the start', () => {
  const accept = (() => true) as unknown as typeof verify
  expect(() => selfTest({ ...real, verify: accept })).toThrow(/ECDSA accepts the known signature/)
})

test('an attached debugger stops the start', () => {
  expect(() => selfTest({ ...real, debuggerUrl: () => 'ws://127.0.0.1:9229' })).toThrow(/no debugger/)
})
