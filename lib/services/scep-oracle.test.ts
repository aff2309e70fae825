/** RFC 3218 and scep.md §9.1 item 1: whatever keeps an envelope from leading to a request, the answer is the same. */
import { beforeAll, describe, expect, test } from 'vitest'
import { makeMessage, type Party, TRANSACTION_ID } from '@/e2e/fixtures/scep-messages'
import { FAULTS, type Fault, unopenable } from '@/e2e/fixtures/unopenable'
import { parseDer, TAG } from '@/lib/pki/der'
import { OID } from '@/lib/pki/oid'
import { parseSignedAttributes } from '@/lib/scep/attributes'
import { identityOf, parseSignedData } from '@/lib/scep/signed-data'
import {
  type EnrolmentPortal,
  enrolmentPortal,
  memoryEnrolmentBacking,
  REQUEST,
  rsaKey,
  signerCertificate,
} from './testing/enrolment'

let portal: EnrolmentPortal
let device: Party
let ra: Party
let envelopes: Record<Fault, () => Uint8Array>
let challengeId: string

beforeAll(async () => {
  const endless = { count: 10_000, seconds: 60 }
  const limits = {
    operations: endless,
    wrongChallenges: endless,
    decryptionFailures: endless,
    recordedFailures: 10_000,
  }
  portal = await enrolmentPortal(memoryEnrolmentBacking(), { limits, floorMilliseconds: 50 })
  const { challenge, id } = await portal.mint()
  challengeId = id
  const [raDer = new Uint8Array()] = await portal.chain()
  const der = signerCertificate(0)
  device = { privateKey: rsaKey(0), spki: identityOf(parseDer(der)).spki, der }
  ra = { ...device, der: raDer }
  const { csr } = await portal.device({ challenge })
  envelopes = unopenable(raDer, csr, identityOf(parseDer(signerCertificate(1))).spki)
})

async function answerTo(fault: Fault) {
  portal.paused.length = 0
  const body = makeMessage(device, ra, { content: envelopes[fault]() })
  const response = await portal.scep.handle({ ...REQUEST, endpoint: portal.slug, body })
  return { response, paused: [...portal.paused] }
}

/** The reply without what is random in every reply: our nonce, and the signature over it. */
function withoutChance(reply: Uint8Array): string {
  const out = Buffer.from(reply)
  const [signer] = parseSignedData(reply).signers
  const nonce = signer?.signedAttributes && parseSignedAttributes(signer.signedAttributes).first.get(OID.senderNonce)
  if (!signer || nonce?.tag !== TAG.octetString) throw new Error('the reply has no nonce')
  for (const part of [nonce.content, signer.signature]) out.fill(0, out.indexOf(part), out.indexOf(part) + part.length)
  return out.toString('hex')
}

describe('no decryption oracle', () => {
  test('for eight causes status, headers and every octet of the answer are the same, nonce and signature apart', async () => {
    const answers = new Set<string>()
    for (const fault of FAULTS) {
      const { response } = await answerTo(fault)
      const { status, contentType, headers } = response
      answers.add(JSON.stringify({ status, contentType, headers, reply: withoutChance(response.body) }))
    }
    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain(Buffer.from('request could not be processed').toString('hex'))
    expect([...answers][0]).toContain(Buffer.from(TRANSACTION_ID).toString('hex'))
  })

  test.each(FAULTS)('%s: the answer waits for the floor, nothing is issued and nothing spent', async (fault) => {
    const { paused } = await answerTo(fault)
    expect(paused).toEqual([50])
    expect(await portal.backing.challengeState(challengeId)).toBe('pending')
  })

  test('the trail tells them apart, and never to the device', async () => {
    const reasons = new Set<string>()
    for (const fault of FAULTS) {
      const { events } = await portal.eventsOf(() => answerTo(fault))
      for (const event of events) reasons.add(event)
    }
    expect([...reasons].every((event) => event.startsWith('enrol.request.rejected '))).toBe(true)
    expect([...reasons].map((event) => event.split(' ')[1])).toEqual(
      expect.arrayContaining(['csr_signature_invalid', 'csr_malformed', 'decryption_failed']),
    )
  })
})
