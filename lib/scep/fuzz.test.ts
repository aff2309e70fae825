/** Each parser by itself, more often than the whole service could be asked: lib/services/scep-fuzz.test.ts does that. */
import { expect, test } from 'vitest'
import { makeCsr, makeMessage, makeParties, streamed } from '@/e2e/fixtures/scep-messages'
import { damaged } from '@/e2e/fuzz/bytes'
import { chance } from '@/e2e/fuzz/random'
import { seeds } from '@/e2e/fuzz/seeds'
import { bent } from '@/e2e/fuzz/tree'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseCrlHeader } from '@/lib/pki/crl'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { describeExtensions } from '@/lib/pki/inspect'
import { lintCertificate } from '@/lib/pki/lint'
import { namesEqual, nameToText, parseName } from '@/lib/pki/name'
import { parseScepHttp, slugOfPath } from './http'
import { chooseRecipient, openEnvelope, parseEnvelope, parsePkiMessage, ScepFault } from './message'

const { ra, device, issuer } = makeParties()
const message = makeMessage(device, ra)
const { envelope } = parsePkiMessage(message)
if (!envelope) throw new Error('no envelope')
const real = seeds()

function open(bytes: Uint8Array): void {
  const parsed = parseEnvelope(bytes)
  chooseRecipient(parsed, [ra.der, real.ra.der])
  openEnvelope(parsed, new Uint8Array(16))
}

function compare(bytes: Uint8Array): void {
  const name = parseName(bytes)
  nameToText(bytes)
  expect(namesEqual(name, name)).toBe(true)
}

const TARGETS: [string, Uint8Array[], number, (bytes: Uint8Array) => unknown][] = [
  ['pkiMessage', [message, ...real.messages], 4_000, parsePkiMessage],
  ['streamed pkiMessage', [streamed(message)], 1_500, parsePkiMessage],
  ['envelope', [envelope, ...real.envelopes], 4_000, open],
  ['CSR', [makeCsr(device), ...real.csrs], 4_000, (bytes) => verifyCsr(parseCsr(bytes))],
  ['certificate', [ra.der, device.der], 3_000, (bytes) => [parseCertificate(bytes), describeExtensions(bytes)]],
  ['TBSCertificate', [parseCertificate(ra.der).tbs], 1_500, (bytes) => lintCertificate(bytes, { kind: 'ra' })],
  ['name', [parseCertificate(issuer).subjectDer], 3_000, compare],
  ['CRL', [issuer], 1_500, parseCrlHeader],
]

test.each(TARGETS)('%s: any octets yield a value or a refusal, and soon', (_, sound, rounds, parse) => {
  const by = chance(20_261_123)
  let slowest = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = (by.oneIn(2) ? damaged : bent)(by.one(sound), by)
    // Processor time: the machine may be busy with other tests.
    const start = process.cpuUsage()
    try {
      parse(bytes)
    } catch (error) {
      if (!(error instanceof DerError) && !(error instanceof ScepFault)) {
        throw new Error(`round ${round}: ${bytes.toString('hex')}`, { cause: error })
      }
    }
    slowest = Math.max(slowest, process.cpuUsage(start).user / 1000)
  }
  expect(slowest).toBeLessThan(1_000)
})

test('queries and paths: any text yields an answer', () => {
  const by = chance(7)
  const sound = 'operation=PKIOperation&message=MIIB%2BAYJ%3D%3D&x=y'
  for (let round = 0; round < 3_000; round++) {
    const text = damaged(Buffer.from(sound), by).toString('latin1')
    parseScepHttp({ method: 'GET', query: text, body: new Uint8Array(), contentEncoding: null }, 1_000)
    slugOfPath(`/scep/${text}`)
  }
})
