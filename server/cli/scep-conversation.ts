/** One enrolment from the client's side: PKCSReq, its answer, CertPoll while it is pending (RFC 8894 §3.3). */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type CertificateInfo, parseCertificate } from '@/lib/pki/certificate'
import { buildCsr } from '@/lib/pki/csr'
import { encodeName, type NamePart } from '@/lib/pki/name'
import type { Cipher, Digest } from '@/lib/scep/algorithms'
import {
  buildCertPoll,
  buildPkcsReq,
  buildRenewalReq,
  type CertRep,
  type MessageOptions,
  parseCertRep,
  selfSignedCertificate,
} from '@/lib/scep/client'
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { CommandFault } from './command'
import type { Holder } from './renewal'
import { type Capabilities, NoAnswer, pkiOperation } from './scep-transport'
import { signed, type Trust } from './scep-trust'

/** A request that got no answer is sent again as it is: the server answers a resend as it answered the first. */
const ATTEMPTS = 3

export interface Enrolment {
  url: URL
  capabilities: Capabilities
  trust: Trust
  subject: readonly NamePart[]
  san: readonly SubjectAlternativeName[]
  /** Null where people approve, and for a renewal. */
  challenge: string | null
  /** The key to certify. */
  privateKey: KeyObject
  /** Who signs and hears the answer, for a renewal; the new key and a certificate of its own making otherwise. */
  holder: Holder | null
  polling: { everySeconds: number; forSeconds: number }
  say(sentence: string): void
}

export type Verdict =
  | { status: 'SUCCESS'; certificate: CertificateInfo }
  | { status: 'FAILURE'; failInfo: string; text: string | null }
  | { status: 'PENDING' }

export async function converse(enrolment: Enrolment): Promise<Verdict> {
  const { subject, san, challenge, privateKey, polling, say } = enrolment
  const csr = buildCsr({
    subject,
    san,
    ...(challenge === null ? {} : { challengePassword: challenge }),
    privateKey,
  })
  const renewal = enrolment.holder !== null && enrolment.capabilities.has('RENEWAL')
  say(sentence(enrolment, renewal))
  let reply = await exchange(enrolment, (options) =>
    renewal ? buildRenewalReq({ ...options, csr }) : buildPkcsReq({ ...options, csr }),
  )
  const until = Date.now() + polling.forSeconds * 1000
  while (reply.pkiStatus === 'PENDING' && Date.now() + polling.everySeconds * 1000 <= until) {
    say(`PENDING: the request waits for approval. Asking again in ${polling.everySeconds} seconds.`)
    await wait(polling.everySeconds * 1000)
    const issuerDer = (enrolment.trust.chain[0] ?? enrolment.trust.recipient).subjectDer
    const subjectDer = encodeName(subject)
    reply = await exchange(enrolment, (options) => buildCertPoll({ ...options, issuerDer, subjectDer }))
  }
  if (reply.pkiStatus === 'PENDING') return { status: 'PENDING' }
  if (reply.pkiStatus === 'FAILURE') {
    return { status: 'FAILURE', failInfo: failInfoName(reply.failInfo), text: reply.failInfoText ?? null }
  }
  return { status: 'SUCCESS', certificate: ours(reply, enrolment) }
}

function sentence({ holder }: Enrolment, renewal: boolean): string {
  if (holder === null) return 'PKCSReq: sent.'
  const { serial } = holder.certificate
  return renewal
    ? `RenewalReq: sent, signed by certificate ${serial}.`
    : `PKCSReq: sent, signed by certificate ${serial}; the server does not offer RenewalReq.`
}

async function exchange(enrolment: Enrolment, build: (options: MessageOptions) => Uint8Array): Promise<CertRep> {
  const { url, capabilities, trust, subject, privateKey, holder, say } = enrolment
  const spki = spkiOf(privateKey)
  const senderNonce = randomBytes(16)
  const signerKey = holder?.privateKey ?? privateKey
  const message = build({
    signerKey,
    signerCertificateDer: holder?.certificate.der ?? selfSignedCertificate({ subject, privateKey, spki }),
    recipientDer: trust.recipient.der,
    // The same for every attempt with this key, so that a server knows a resend when it sees one (RFC 8894 §3.2.1.1).
    transactionId: createHash('sha256').update(spki).digest('hex'),
    senderNonce,
    digest: digestFor(capabilities),
    cipher: cipherFor(capabilities),
  })
  const post = capabilities.has('POSTPKIOPERATION') || capabilities.has('SCEPSTANDARD')
  const bytes = await persistently(() => pkiOperation(url, message, post), say)
  try {
    return parseCertRep(bytes, { raDer: trust.recipient.der, privateKey: signerKey, senderNonce })
  } catch {
    throw new CommandFault(
      'bad_reply',
      'The answer is no CertRep for this request, signed by this server. Nothing was saved.',
    )
  }
}

async function persistently<T>(attempt: () => Promise<T>, say: (sentence: string) => void): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof NoAnswer) || left === 0) throw error
      say('No answer. Sending the same request again.')
      await wait(1_000)
    }
  }
}

/** The certificate of the reply that is for our key, its signature checked. */
function ours(reply: CertRep, { trust, privateKey, say }: Enrolment): CertificateInfo {
  const spki = spkiOf(privateKey)
  const certificate = reply.certificates.map((der) => parseCertificate(der)).find((one) => spki.equals(one.spki))
  if (certificate === undefined) throw new CommandFault('bad_reply', 'The server sent no certificate for this key.')
  if (!trust.chain.some((issuer) => signed(issuer, certificate))) {
    throw new CommandFault(
      'untrusted',
      'The certificate is not signed by the CA that GetCACert named. It was not saved.',
    )
  }
  say('CertRep: the certificate is for this key, and the CA signed it.')
  return certificate
}

function spkiOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
}

/** SCEPStandard stands for AES, SHA-256 and POST (RFC 8894 §3.5.2). */
function cipherFor(capabilities: Capabilities): Cipher {
  if (capabilities.has('AES') || capabilities.has('SCEPSTANDARD')) return 'aes128'
  if (capabilities.has('DES3')) return '3des'
  throw new CommandFault('too_old', 'The server knows neither AES nor triple DES; anything older is not safe to use.')
}

function digestFor(capabilities: Capabilities): Digest {
  if (capabilities.has('SHA-256') || capabilities.has('SCEPSTANDARD')) return 'sha256'
  if (capabilities.has('SHA-512')) return 'sha512'
  if (capabilities.has('SHA-1')) return 'sha1'
  throw new CommandFault('too_old', 'The server knows no digest that is safe to use.')
}

function failInfoName(failInfo: number | undefined): string {
  const known = Object.entries(FAIL_INFO_NUMBER).find(([, number]) => number === failInfo)
  return known?.[0] ?? `unknown (${failInfo ?? 'none'})`
}
