import { expect, test } from 'vitest'
import { makeCsr, makeMessage, makeParties, streamed } from '@/e2e/fixtures/scep-messages'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseCrlHeader } from '@/lib/pki/crl'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { describeExtensions } from '@/lib/pki/inspect'
import { lintCertificate } from '@/lib/pki/lint'
import { nameToText, parseName } from '@/lib/pki/name'
import { parseScepHttp, slugOfPath } from './http'
import { openEnvelope, parseEnvelope, parsePkiMessage, ScepFault } from './message'

/** A small generator with a seed, so that a finding can be found again. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** One to four changes: a bit, an octet that means something in DER, a cut, a repetition, a hole. */
function mutate(bytes: Uint8Array, pick: (below: number) => number): Buffer {
  let out = Buffer.from(bytes)
  for (let left = 1 + pick(4); left > 0; left--) {
    const at = pick(out.length)
    const span = pick(64)
    switch (pick(6)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << pick(8))
        break
      case 1:
        out[at] = TELLING[pick(TELLING.length)] ?? 0
        break
      case 2:
        out = out.subarray(0, Math.max(1, at))
        break
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + span), out.subarray(at)])
        break
      case 4:
        out = Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + span))])
        break
      default:
        out = Buffer.concat([out.subarray(0, at), Buffer.from([0x30, 0x80]), out.subarray(at)])
    }
    if (out.length === 0) out = Buffer.of(0)
  }
  return out
}

const TELLING = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x02, 0x03, 0x04, 0x06, 0x24, 0x30, 0x31, 0xa0, 0x1f]

const { ra, device, issuer } = makeParties()
const message = makeMessage(device, ra)
const { envelope } = parsePkiMessage(message)
if (!envelope) throw new Error('no envelope')

const TARGETS: [string, Uint8Array, number, (bytes: Uint8Array) => unknown][] = [
  ['pkiMessage', message, 3_000, parsePkiMessage],
  ['streamed pkiMessage', streamed(message), 1_500, parsePkiMessage],
  ['envelope', envelope, 3_000, (bytes) => openEnvelope(parseEnvelope(bytes), new Uint8Array(16))],
  ['CSR', makeCsr(device), 3_000, (bytes) => verifyCsr(parseCsr(bytes))],
  ['certificate', ra.der, 3_000, (bytes) => [parseCertificate(bytes), describeExtensions(bytes)]],
  ['TBSCertificate', parseCertificate(ra.der).tbs, 1_500, (bytes) => lintCertificate(bytes, { kind: 'ra' })],
  ['name', parseCertificate(issuer).subjectDer, 1_500, (bytes) => [parseName(bytes), nameToText(bytes)]],
  ['CRL', issuer, 1_500, parseCrlHeader],
]

test.each(TARGETS)('%s: any octets yield a value or a refusal, and soon', (_, sound, rounds, parse) => {
  const pick = random(20_261_123)
  let slowest = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(sound, pick)
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
  expect(slowest).toBeLessThan(250)
})

test('queries and paths: any text yields an answer', () => {
  const pick = random(7)
  const sound = 'operation=PKIOperation&message=MIIB%2BAYJ%3D%3D&x=y'
  for (let round = 0; round < 3_000; round++) {
    const text = mutate(Buffer.from(sound), pick).toString('latin1')
    parseScepHttp({ method: 'GET', query: text, body: new Uint8Array(), contentEncoding: null }, 1_000)
    slugOfPath(`/scep/${text}`)
  }
})
