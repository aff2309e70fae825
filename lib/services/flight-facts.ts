/** What the flight recorder keeps of a message, its envelope and its request: everything but the challenge. */
import type { Csr } from '@/lib/pki/csr'
import { nameToText } from '@/lib/pki/name'
import type { Envelope, PkiMessage } from '@/lib/scep/message'
import type { Json } from './audit'

type Facts = { [key: string]: Json }

export function messageFacts({ messageType, digest, signer, transactionIdTag, senderNonce }: PkiMessage): Facts {
  return {
    messageType,
    digest,
    signerKey: keyName(signer.publicKey),
    signerSelfSigned: signer.selfSigned,
    transactionIdTag,
    nonceBytes: senderNonce?.length ?? 0,
  }
}

export function envelopeFacts({ cipher, recipients, ciphertext }: Envelope): Facts {
  const [first] = recipients
  return {
    cipher,
    keyTransport: first?.transport ?? null,
    ...(first?.oaepHash === undefined ? {} : { oaepHash: first.oaepHash }),
    recipients: recipients.length,
    bytes: ciphertext.length,
  }
}

/** A request whose parts can be judged again later; its challenge and its signature are left out. */
export function csrFacts(csr: Csr, signerSpki: Uint8Array): Facts {
  return {
    subject: readable(csr.subjectDer),
    san: csr.san.map(({ type, value }) => `${type}:${value}`),
    key: keyName(csr.publicKey),
    signature: csr.signatureAlgorithm,
    signerKey: Buffer.from(signerSpki).equals(csr.spki) ? 'same' : 'other',
    challenges: csr.challengePasswords.length,
    extensions: csr.requestedExtensions.map(({ oid }) => oid),
    request: requestParts(csr),
  }
}

/** Beyond this the parts are not kept: such a request is shown, but cannot be judged again. */
const MOST_PART_BYTES = 4_096

function requestParts({ subjectDer, spki, requestedExtensions }: Csr): Json {
  const values = requestedExtensions.reduce((sum, { value }) => sum + value.length, 0)
  if (subjectDer.length + spki.length + values > MOST_PART_BYTES) return null
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return {
    subject: base64(subjectDer),
    spki: base64(spki),
    extensions: requestedExtensions.map(({ oid, critical, value }) => ({ oid, critical, value: base64(value) })),
  }
}

export function keyName(key: Csr['publicKey']): string {
  switch (key.algorithm) {
    case 'RSA':
      return `RSA ${key.bits}`
    case 'EC':
      return key.curve
    case 'Ed25519':
      return 'Ed25519'
  }
}

function readable(subjectDer: Uint8Array): string {
  try {
    return nameToText(subjectDer)
  } catch {
    return '(unreadable)'
  }
}
