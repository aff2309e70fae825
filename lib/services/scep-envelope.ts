/** From a verified message to its certificate request. Whatever goes wrong inside looks the same from outside. */
import { isRefusal } from '@/lib/errors'
import { type Csr, parseCsr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { type Envelope, openEnvelope, type PkiMessage, parseEnvelope, ScepFault } from '@/lib/scep/message'
import { EnrolmentRefusal } from './enrolment-refusals'
import { recipientOf } from './scep-endpoints'
import { type Exchange, type OpenedRequest, openedRequest, recogniseClient } from './scep-exchange'
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
  const envelope = readEnvelope(message)
  if (exchange.client === null) recogniseClient(exchange, message, envelope.cipher)
  if (envelope.cipher === '3des' && !exchange.endpoint.allow3des)
    throw new EnrolmentRefusal('triple_des_not_allowed', 'encrypted with 3DES')
  if (envelope.cipher === 'des' && !exchange.endpoint.allowDes)
    throw new EnrolmentRefusal('des_not_allowed', 'encrypted with single DES')
  const scope = exchange.current.id
  dependencies.throttle.check('decryptionFailures', exchange.source, scope)
  try {
    const plaintext = await decrypt(dependencies, exchange, envelope)
    return openedRequest(message, readCsr(dependencies, exchange, plaintext), envelope.cipher)
  } catch (error) {
    if (error instanceof EnrolmentRefusal)
      await dependencies.throttle.count('decryptionFailures', exchange.source, scope)
    throw error
  }
}

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
): Promise<Uint8Array> {
  const found = recipientOf(exchange.endpoint, envelope)
  if (found === null)
    throw new EnrolmentRefusal('decryption_failed', 'encrypted to none of our registration authorities')
  const { authority, recipient } = found
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

function readCsr({ log }: OpeningDependencies, exchange: Exchange, plaintext: Uint8Array): Csr {
  let csr: Csr
  let proven: boolean
  try {
    csr = parseCsr(plaintext)
    proven = verifyCsr(csr)
  } catch (error) {
    if (!(error instanceof DerError))
      log('error', 'scep.csr_parser_failed', { requestId: exchange.requestId, error: String(error).slice(0, 200) })
    throw new EnrolmentRefusal('csr_malformed', error instanceof DerError ? error.message.slice(0, 200) : 'unreadable')
  }
  if (!proven) throw new EnrolmentRefusal('csr_signature_invalid', `signed with ${csr.signatureAlgorithm}`)
  return csr
}
