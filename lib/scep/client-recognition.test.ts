import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeName } from '@/lib/pki/name'
import type { ClientFamily } from './client-catalogue'
import { CLIENT_FAMILIES, CLIENTS } from './client-catalogue'
import { type ClientTraits, recognise } from './client-recognition'
import { parseEnvelope, parsePkiMessage } from './message'

function captured(name: string): ClientTraits {
  const message = parsePkiMessage(readFileSync(new URL(`../../testdata/scep/${name}`, import.meta.url)))
  const { cipher } = parseEnvelope(message.envelope ?? new Uint8Array())
  return { digest: message.digest, transactionId: message.transactionId, signer: message.signer, cipher }
}

const ascii = (text: string) => Buffer.from(text, 'latin1')
const cn = (value: string) => encodeName([{ type: 'CN', value }])
const serial = (...octets: number[]) => new Uint8Array(octets)

test('captured messages: strongSwan and micromdm, without a word from their HTTP', () => {
  expect(recognise(captured('strongswan-5.9.8-pkcsreq.der'))).toBe('strongswan')
  expect(recognise(captured('micromdm-2.1.0-pkcsreq.der'))).toBe('micromdm')
})

const FACTS: [string, ClientFamily, ClientTraits][] = [
  ['Windows by its header', 'windows', { userAgent: 'Mozilla/4.0 (compatible; Win32; NDES client)' }],
  [
    'Windows by its signer',
    'windows',
    { signer: { subjectDer: cn('SCEP Protocol Certificate'), serial: serial(7, 7) } },
  ],
  ['Windows by its question', 'windows', { method: 'GET', query: 'operation=GetCACert&message=default' }],
  ['Cisco by its header', 'cisco', { userAgent: 'Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)' }],
  ['macOS by its HTTP library', 'apple', { userAgent: 'mdmclient/1 CFNetwork/1390 Darwin/22.0.0' }],
  [
    'iOS by its signer',
    'apple',
    {
      transactionId: ascii('BA38321D37AE0C9C0A7BDC9C7F27F1CFB810AA8D'),
      signer: { subjectDer: cn('0D8E6E0A-3B55-4F0E-9C43-6F4D0B0E8D11'), serial: serial(1) },
    },
  ],
  ['sscep asking for its certificate', 'sscep', { transactionId: ascii('SSCEP transactionId') }],
  [
    'sscep by the serial number of its signer',
    'sscep',
    {
      transactionId: ascii('0123456789ABCDEF0123456789ABCDEF'),
      signer: { subjectDer: cn('tablet-7'), serial: new Uint8Array(32).fill(1) },
    },
  ],
  ['sscep by its literal identifier', 'sscep', { method: 'GET', query: 'operation=GetCACert&message=CAIdentifier' }],
  ['certmonger counting certificates', 'certmonger', { method: 'GET', query: 'operation=GetCACert&message=0' }],
  ['certmonger asking for the chain', 'certmonger', { method: 'GET', query: 'operation=GetCAChain&message=0' }],
  [
    'jscep by its transactionID, content type and runtime',
    'jscep',
    {
      transactionId: ascii('ba38321d37ae0c9c0a7bdc9c7f27f1cfb810aa8d'),
      contentType: 'application/octet-stream',
      userAgent: 'Java/11.0.2',
    },
  ],
  [
    "Go's old library by DES and base64",
    'micromdm',
    { transactionId: ascii('QPiBQvcdHiZ4wg/zN13FWfqCeAo='), cipher: 'des' },
  ],
  ['clients of NDES by their path', 'ndes_shaped', { path: '/certsrv/mscep/mscep.dll/pkiclient.exe' }],
  ['our own', 'latchkey', { userAgent: 'latchkey' }],
]

test.each(FACTS)('%s', (_, family, traits) => {
  expect(recognise(traits)).toBe(family)
})

test('what several could have sent is not guessed', () => {
  expect(recognise({})).toBeNull()
  expect(recognise({ userAgent: 'curl/7.88', method: 'POST', query: 'operation=PKIOperation' })).toBeNull()
  expect(recognise({ transactionId: ascii('BA38321D37AE0C9C0A7BDC9C7F27F1CFB810AA8D'), digest: 'sha256' })).toBeNull()
  expect(recognise({ userAgent: 'Go-http-client/1.1', digest: 'sha256', cipher: 'aes128' })).toBeNull()
})

test('what a stranger makes up is looked at without failing', () => {
  const signer = { subjectDer: new Uint8Array([0x30, 0xff, 1]), serial: new Uint8Array(0) }
  expect(recognise({ transactionId: new Uint8Array([0, 255, 10]), signer, userAgent: '\u0000'.repeat(300) })).toBeNull()
})

test('every family has a row in whole sentences', () => {
  expect(Object.keys(CLIENTS).sort()).toEqual([...CLIENT_FAMILIES].sort())
  for (const { name, transport, oddities, server, advice } of Object.values(CLIENTS)) {
    expect(name).not.toBe('')
    for (const sentence of [transport, ...oddities, ...server, ...(advice ? [advice] : [])])
      expect(sentence).toMatch(/^[A-Z].*\.$/s)
  }
})
