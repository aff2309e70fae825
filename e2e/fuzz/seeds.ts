/** Where fuzzing starts: what real clients sent, the keys it takes to sign anew, and parties with keys of the wrong kind. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decryptContentKey, makeMessage, type Party, streamed } from '@/e2e/fixtures/scep-messages'
import { fromPem } from '@/lib/pki/certificate'
import { selfSignedCertificate } from '@/lib/scep/client'
import { parseScepHttp } from '@/lib/scep/http'
import { chooseRecipient, openEnvelope, parseEnvelope, parsePkiMessage, ScepFault } from '@/lib/scep/message'

/** Relative to the repository, for this runs from a bundle as well as from the tests. */
const file = (name: string): Buffer => readFileSync(join('testdata', 'scep', name))

export interface Seeds {
  /** The registration authority that every captured message was encrypted to. */
  ra: Party & { key: KeyObject }
  /** Whole pkiMessages. */
  messages: Uint8Array[]
  /** pkcsPKIEnvelopes. */
  envelopes: Uint8Array[]
  /** CSRs with challenges that were never minted here. */
  csrs: Uint8Array[]
  device: Party
  stranger: Party
  proxy: Party
}

export function seeds(): Seeds {
  const raKey = createPrivateKey(file('ra-key.pem'))
  const [raDer] = fromPem(file('ra.pem').toString())
  if (!raDer) throw new Error('the registration authority is missing')
  const ra = { ...party(raKey, 'ra'), key: raKey, der: raDer }
  const device = party(createPrivateKey(file('device-key.pem')), 'tablet-7')
  const captured = [
    file('strongswan-5.9.8-pkcsreq.der'),
    file('scepclient-2.1.0-pkcsreq.der'),
    messageOf(file('certmonger-0.79.17-pkcsreq.query').toString()),
  ]
  const envelopes = [
    ...captured.flatMap((message) => parsePkiMessage(message).envelope ?? []),
    file('openssl-3.0.19-envelope-ber-oaep.der'),
    file('openssl-3.0.19-envelope-3des.der'),
  ]
  const csrs = envelopes.flatMap((envelope) => opened(envelope, [raDer], raKey) ?? [])
  const wrapped = envelopes.map((content) => makeMessage(device, ra, { content }))
  return {
    ra,
    messages: [...captured, ...wrapped, ...captured.map(streamed)],
    envelopes,
    csrs,
    device,
    stranger: party(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'stranger'),
    proxy: party(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'proxy'),
  }
}

function messageOf(query: string): Uint8Array {
  const asked = parseScepHttp({ method: 'GET', query, body: new Uint8Array(), contentEncoding: null }, 131_072)
  if (!('message' in asked) || !asked.message) throw new Error('the captured query holds no message')
  return asked.message
}

/** Null for what no setting of ours opens. */
function opened(envelope: Uint8Array, ra: Uint8Array[], raKey: KeyObject): Uint8Array | null {
  try {
    const parsed = parseEnvelope(envelope)
    const chosen = chooseRecipient(parsed, ra)
    return chosen && openEnvelope(parsed, decryptContentKey(raKey, chosen.recipient))
  } catch (error) {
    if (error instanceof ScepFault) return null
    throw error
  }
}

function party(privateKey: KeyObject, name: string): Party {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, spki, der: selfSignedCertificate({ subject: [{ type: 'CN', value: name }], privateKey }) }
}
