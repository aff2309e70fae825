import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decryptContentKey } from '@/e2e/fixtures/scep-messages'
import { fromPem } from '@/lib/pki/certificate'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { nameToText } from '@/lib/pki/name'
import { parseScepHttp } from './http'
import { chooseRecipient, openEnvelope, parseEnvelope, parsePkiMessage } from './message'

const file = (name: string): Buffer => readFileSync(new URL(`../../testdata/scep/${name}`, import.meta.url))
const raKey = createPrivateKey(file('ra-key.pem'))
const ra = fromPem(file('ra.pem').toString())

test('strongSwan 5.9.8, by POST and by GET with its line feeds', () => {
  const captured = file('strongswan-5.9.8-pkcsreq.der')
  const lines = captured.toString('base64').match(/.{1,64}/g) ?? []
  const query = `operation=PKIOperation&message=${encodeURIComponent(`${lines.join('\n')}\n`)}`
  const post = parseScepHttp(
    { method: 'POST', query: 'operation=PKIOperation', body: captured, contentEncoding: null },
    131_072,
  )
  const get = parseScepHttp({ method: 'GET', query, body: new Uint8Array(), contentEncoding: null }, 131_072)
  expect(get).toEqual(post)
  if (!('message' in post) || !post.message) throw new Error('no message')

  const message = parsePkiMessage(post.message)
  expect(message).toMatchObject({ messageType: 19, digest: 'sha256', signer: { selfSigned: true } })
  expect(Buffer.from(message.transactionId).toString()).toMatch(/^[0-9A-F]{40}$/)
  const envelope = parseEnvelope(message.envelope ?? new Uint8Array())
  const chosen = chooseRecipient(envelope, ra)
  expect(envelope.cipher).toBe('aes128')
  const csr = parseCsr(
    (chosen && openEnvelope(envelope, decryptContentKey(raKey, chosen.recipient))) ?? new Uint8Array(),
  )
  expect(verifyCsr(csr)).toBe(true)
  expect(nameToText(csr.subjectDer)).toBe('C=CH,O=Example,CN=tablet-7')
  expect(csr.challengePasswords).toEqual(['ABCDEFGH23456789'])
  expect(csr.san).toEqual([{ type: 'dns', value: 'tablet-7.example' }])
})

test('certmonger 0.79.17, by GET with its decimal transactionID', () => {
  const query = file('certmonger-0.79.17-pkcsreq.query').toString()
  const asked = parseScepHttp({ method: 'GET', query, body: new Uint8Array(), contentEncoding: null }, 131_072)
  if (!('message' in asked) || !asked.message) throw new Error('no message')
  const message = parsePkiMessage(asked.message)
  expect(message).toMatchObject({ messageType: 19, digest: 'sha256' })
  expect(Buffer.from(message.transactionId).toString()).toMatch(/^[0-9]{77}$/)
  const envelope = parseEnvelope(message.envelope ?? new Uint8Array())
  const chosen = chooseRecipient(envelope, ra)
  const csr = parseCsr(
    (chosen && openEnvelope(envelope, decryptContentKey(raKey, chosen.recipient))) ?? new Uint8Array(),
  )
  expect([verifyCsr(csr), nameToText(csr.subjectDer)]).toEqual([true, 'C=CH,O=Example,CN=tablet-7'])
  expect(csr.challengePasswords).toEqual(['ABCDEFGH23456789'])
})

test("micromdm's scepclient 2.1.0: SHA-1, a transactionID in base64, a signer of its own making", () => {
  const message = parsePkiMessage(file('scepclient-2.1.0-pkcsreq.der'))
  expect(message).toMatchObject({ messageType: 19, digest: 'sha1', signer: { selfSigned: true } })
  expect(Buffer.from(message.transactionId).toString()).toBe('rVIJbRde7AsseSOrsJVJtqE+B/A=')
})
