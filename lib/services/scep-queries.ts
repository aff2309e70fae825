/** GetCert and GetCRL (RFC 8894 §3.3.4, §3.3.5): for a client that lost its own certificate, or wants the newest list. */
import { namesEqual, parseName } from '@/lib/pki/name'
import { type CertificateName, type PkiMessage, sealCrl, sealSuccess } from '@/lib/scep/message'
import { sha256 } from './certificate-intent'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableText } from './enrolment-text'
import type { AnsweredQuestion } from './exchange-trace'
import type { HeldCertificate, Renewals } from './renewal'
import { openQuery } from './scep-envelope'
import { type Exchange, replyContext } from './scep-exchange'
import type { PkiOperationDependencies } from './scep-pki-operation'

export interface GroupCrl {
  authorityId: string
  issuerDer: Uint8Array
  number: bigint
  /** Octets of the list, before it is read. */
  size: number
}

export interface QueryStore {
  /** The newest list of every authority of the endpoint's group, retired ones too; the one that issues now first. */
  crls(endpointId: string): Promise<GroupCrl[]>
  crl(authorityId: string, number: bigint): Promise<Uint8Array | null>
}

export interface Queries {
  certificate(exchange: Exchange, message: PkiMessage): Promise<Uint8Array>
  crl(exchange: Exchange, message: PkiMessage): Promise<Uint8Array>
}

/** Sealing costs memory for every device that asks at once; RFC 8894 §7.8 prefers HTTP for lists anyway. */
export const MOST_CRL_BYTES = 4 * 1_048_576

export function createQueries(
  dependencies: Pick<PkiOperationDependencies, 'signer' | 'throttle' | 'log' | 'clock' | 'queries'> & {
    renewals: Pick<Renewals, 'recognise' | 'named'>
  },
): Queries {
  const { signer, clock, queries, renewals } = dependencies
  return { certificate, crl }

  async function certificate(exchange: Exchange, message: PkiMessage): Promise<Uint8Array> {
    const { name, cipher } = await openQuery(dependencies, exchange, message)
    const [wanted] = (await renewals.named(exchange.endpoint.id, name)).filter(({ kind }) => kind === 'leaf')
    const allowed = wanted !== undefined && (await belongsTo(wanted, exchange, message))
    exchange.trace.note('query.certificate', { serial: name.serial, known: wanted !== undefined, allowed })
    if (wanted === undefined || !allowed) throw new EnrolmentRefusal('certificate_not_found', `serial ${name.serial}`)
    answered(exchange, message, { subject: printableText(wanted.subject), certificateId: wanted.id })
    return sealSuccess(replyContext(signer, exchange, message, cipher), [wanted.der])
  }

  /** To the key in it, or to a valid certificate of the same subject: a client's own, and no directory (§2.6). */
  async function belongsTo(wanted: HeldCertificate, exchange: Exchange, message: PkiMessage): Promise<boolean> {
    if (Buffer.from(sha256(message.signer.spki)).equals(wanted.spkiSha256)) return true
    const held = await renewals.recognise(exchange.endpoint, message)
    if (held === null || held.kind !== 'leaf' || held.revokedAt !== null) return false
    const now = clock()
    return held.notBefore <= now && now < held.notAfter && Buffer.from(held.subjectDer).equals(wanted.subjectDer)
  }

  async function crl(exchange: Exchange, message: PkiMessage): Promise<Uint8Array> {
    const { name, cipher } = await openQuery(dependencies, exchange, message)
    const found = await newest(exchange, name)
    exchange.trace.note('query.crl', {
      known: found !== null,
      ...(found === null ? {} : { number: `${found.number}` }),
    })
    if (found === null) throw new EnrolmentRefusal('crl_not_found', 'no such issuer, or no list yet')
    if (found.size > MOST_CRL_BYTES) throw new EnrolmentRefusal('crl_too_large', `${found.size} octets`)
    const der = await queries.crl(found.authorityId, found.number)
    if (der === null) throw new EnrolmentRefusal('crl_not_found', 'the list is gone')
    answered(exchange, message, { subject: null, certificateId: null })
    return sealCrl(replyContext(signer, exchange, message, cipher), der)
  }

  function answered(
    { trace }: Exchange,
    { transactionId, messageType, signer: asker }: PkiMessage,
    what: Pick<AnsweredQuestion, 'subject' | 'certificateId'>,
  ): void {
    trace.note('query.answered')
    trace.answers({ ...what, transactionId, messageType: messageType ?? 0, signerSpkiSha256: sha256(asker.spki) })
  }

  /** An issuer and its predecessor may share a name: then the serial number tells which of them is meant. */
  async function newest(exchange: Exchange, name: CertificateName): Promise<GroupCrl | null> {
    const wanted = parseName(name.issuerDer)
    const lists = (await queries.crls(exchange.endpoint.id)).filter(({ issuerDer }) =>
      namesEqual(parseName(issuerDer), wanted),
    )
    if (lists.length < 2) return lists[0] ?? null
    const [issued] = await renewals.named(exchange.endpoint.id, name)
    return lists.find(({ authorityId }) => authorityId === issued?.authorityId) ?? lists[0] ?? null
  }
}
