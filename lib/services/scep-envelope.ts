/** From a verified message to its certificate request. Whatever goes wrong inside looks the same from outside. */
import { isRefusal } from '@/lib/errors'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import {
  type CertificateName,
  type Cipher,
  type Envelope,
  openEnvelope,
  type PkiMessage,
  parseCertificateName,
  parseEnvelope,
  ScepFault,
} from '@/lib/scep/message'
import { EnrolmentRefusal } from './enrolment-refusals'
import { csrFacts, envelopeFacts } from './flight-facts'
import { recipientOf } from './scep-endpoints'
import { type Exchange, type OpenedRequest, openedRequest } from './scep-exchange'
import type { ScepThrottle } from './scep-throttle'
import type { Signer } from './signer'

export interface OpeningDependencies {
  signer: Pick<Signer, 'decryptScep'>
  throttle: Pick<ScepThrottle, 'check' | 'count'>
  log(level: 'error', event: string, facts: Record<string, string>): void
}

/**
 * RSA unwrapping, CBC, DER and the CSR's own signature: one answer for every fault, or the endpoint would be a padding
 * oracle (scep.md §9.1, RFC 3218). The caller adds the floor time; the throttle bounds how often it can be asked.
 */
export async function openRequest(
  dependencies: OpeningDependencies,
  exchange: Exchange,
  message: PkiMessage,
): Promise<OpenedRequest> {
  const { content, cipher } = await open(dependencies, exchange, message, (plaintext) =>
    readCsr(dependencies, exchange, message, plaintext),
  )
  return openedRequest(message, content, cipher)
}

/** What GetCert and GetCRL name. */
export async function openQuery(
  dependencies: OpeningDependencies,
  exchange: Exchange,
  message: PkiMessage,
): Promise<{ name: CertificateName; cipher: Cipher }> {
  const { content, cipher } = await open(dependencies, exchange, message, readName)
  return { name: content, cipher }
}

async function open<T>(
  dependencies: OpeningDependencies,
  exchange: Exchange,
  message: PkiMessage,
  read: (plaintext: Uint8Array) => T,
): Promise<{ content: T; cipher: Cipher }> {
  const envelope = readEnvelope(message)
  exchange.trace.note('envelope.read', envelopeFacts(envelope))
  if (envelope.cipher === '3des' && !exchange.endpoint.allow3des)
    throw new EnrolmentRefusal('triple_des_not_allowed', 'encrypted with 3DES')
  const scope = exchange.current.id
  dependencies.throttle.check('decryptionFailures', exchange.source, scope)
  const found = recipientOf(exchange.endpoint, envelope)
  try {
    const plaintext = await decrypt(dependencies, exchange, envelope, found)
    return { content: read(plaintext), cipher: envelope.cipher }
  } catch (error) {
    if (!(error instanceof EnrolmentRefusal)) throw error
    await dependencies.throttle.count('decryptionFailures', exchange.source, scope)
    // What a wrong key makes of an envelope is noise: its real cause is the certificate that the client used.
    if (found?.named === false) throw new EnrolmentRefusal('decryption_failed', NOT_OURS)
    throw error
  }
}

const NOT_OURS = 'encrypted to none of our registration authorities'

function readEnvelope(message: PkiMessage): Envelope {
  if (message.envelope === null) throw new EnrolmentRefusal('envelope_malformed', 'the message has no envelope')
  try {
    return parseEnvelope(message.envelope)
  } catch (error) {
    if (!(error instanceof ScepFault)) throw error
    throw new EnrolmentRefusal(
      error.kind === 'badAlg' ? 'algorithm_not_supported' : 'envelope_malformed',
      error.message,
    )
  }
}

async function decrypt(
  { signer, log }: OpeningDependencies,
  exchange: Exchange,
  envelope: Envelope,
  found: ReturnType<typeof recipientOf>,
): Promise<Uint8Array> {
  if (found === null) throw new EnrolmentRefusal('decryption_failed', NOT_OURS)
  const { authority, recipient, named } = found
  const current = authority.id === exchange.current.id
  exchange.trace.note('recipient.found', { registrationAuthority: authority.id, current, named })
  let contentKey: Uint8Array
  try {
    const oaep = recipient.transport === 'oaep' ? (recipient.oaepHash ?? 'sha1') : undefined
    contentKey = await signer.decryptScep(authority.keyId, recipient.encryptedKey, oaep)
  } catch (error) {
    if (isRefusal(error, 'unavailable')) throw error
    // OAEP and ciphertexts of a wrong length do fail; which of them it was is for the log alone.
    log('error', 'scep.decrypt_failed', { requestId: exchange.requestId, registrationAuthority: authority.id })
    throw new EnrolmentRefusal('decryption_failed', 'the content key could not be unwrapped')
  }
  const plaintext = openEnvelope(envelope, contentKey)
  if (plaintext === null) throw new EnrolmentRefusal('decryption_failed', 'the envelope does not open')
  return plaintext
}

function readName(plaintext: Uint8Array): CertificateName {
  try {
    return parseCertificateName(plaintext)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new EnrolmentRefusal('query_malformed', error.message.slice(0, 200))
  }
}

function readCsr({ log }: OpeningDependencies, exchange: Exchange, message: PkiMessage, plaintext: Uint8Array): Csr {
  let csr: Csr
  let proven: boolean
  try {
    csr = parseCsr(plaintext)
    for (const value of csr.challengePasswords) exchange.trace.hide(value)
    exchange.trace.note('csr.read', csrFacts(csr, message.signer.spki))
    proven = verifyCsr(csr)
  } catch (error) {
    if (!(error instanceof DerError))
      log('error', 'scep.csr_parser_failed', { requestId: exchange.requestId, error: String(error).slice(0, 200) })
    throw new EnrolmentRefusal('csr_malformed', error instanceof DerError ? error.message.slice(0, 200) : 'unreadable')
  }
  if (!proven) throw new EnrolmentRefusal('csr_signature_invalid', `signed with ${csr.signatureAlgorithm}`)
  return csr
}
