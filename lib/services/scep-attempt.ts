/** One request of a device, as the services behind the protocol want to see it, and the reply about its certificate. */
import { type Cipher, type PkiMessage, parseEnvelope } from '@/lib/scep/message'
import type { Presentation } from './challenge-presentation'
import type { Attempt } from './enrolment-turns'
import { type Exchange, namedAfter, type OpenedRequest, transactionIdText } from './scep-exchange'

export function attemptOf(exchange: Exchange, message: PkiMessage, opened: OpenedRequest): Attempt {
  return {
    endpointId: exchange.endpoint.id,
    transactionId: message.transactionId,
    messageType: message.messageType ?? 0,
    csrSha256: opened.csrSha256,
    spkiSha256: opened.spkiSha256,
    signerSpkiSha256: opened.signerSpkiSha256,
    subject: opened.subject,
    sourceIp: exchange.request.ip,
    userAgent: exchange.actor.userAgent,
    client: exchange.client,
    policyVersion: exchange.endpoint.policyVersion,
  }
}

export function presentationOf(
  exchange: Exchange,
  message: PkiMessage,
  opened: OpenedRequest,
  rowId: string,
): Presentation {
  return {
    endpoint: exchange.endpoint,
    actor: namedAfter(exchange.actor, opened.subject),
    trace: exchange.trace,
    messageType: message.messageType ?? 0,
    signerDer: message.signer.der,
    transactionRowId: rowId,
    transactionId: transactionIdText(message.transactionId),
    csr: opened.csr,
    csrSha256: opened.csrSha256,
    spkiSha256: opened.spkiSha256,
    signerSpkiSha256: opened.signerSpkiSha256,
    // scep.md §4.1, allow-with-challenge: proxies and Windows sign with another key than the one to be certified.
    signerDiffers: !Buffer.from(opened.signerSpkiSha256).equals(opened.spkiSha256),
    dropped: [],
  }
}

/**
 * The reply about a certificate, made while that one is being recorded. It is sent when that is done, and only then; one that
 * cannot be made keeps no certificate from being recorded.
 */
export function madeAhead(seal: (der: Uint8Array) => Promise<Uint8Array>) {
  let ahead: { der: Uint8Array; reply: Promise<Uint8Array> } | null = null
  return {
    begin(der: Uint8Array): void {
      ahead = { der, reply: (async () => seal(der))() }
      ahead.reply.catch(() => {})
    },
    of: (der: Uint8Array) => (ahead !== null && Buffer.from(ahead.der).equals(der) ? ahead.reply : seal(der)),
  }
}

/** The leaf first: Apple takes whatever comes first for its own (scep.md §3.9). */
export function withChain({ endpoint }: Exchange, leaf: Uint8Array): Uint8Array[] {
  return [leaf, ...endpoint.besideLeaf]
}

/** A poll is enveloped too; if that cannot be read, AES-128 is what every client knows (scep.md §3.8). */
export function cipherOf(message: PkiMessage): Cipher {
  try {
    return message.envelope === null ? 'aes128' : parseEnvelope(message.envelope).cipher
  } catch {
    return 'aes128'
  }
}
