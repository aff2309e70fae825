/** Renewal: a certificate of ours that signs a request authorises its own successor (RFC 8894 §2.3, scep.md §5). */
import { DerError } from '@/lib/pki/der'
import { namesEqual, parseName } from '@/lib/pki/name'
import { serialOf } from '@/lib/pki/serial'
import type { CertificateName, PkiMessage } from '@/lib/scep/message'
import type { AuditEntry, AuditObject, Json } from './audit'
import { fingerprint } from './certificate-intent'
import type { RevocationReason } from './certificates'
import { releasedEvent } from './challenge-events'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import type { Presentation, RedemptionStore, Reservation } from './challenge-presentation'
import {
  type Authorisation,
  type Authorised,
  type Authoriser,
  authorisedBy,
  type GrantRequest,
  grantRequest,
} from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableEntry } from './enrolment-text'
import { EnrolmentProof, type IssuedCertificate } from './issuance'
import { type Narrowing, narrowedBy } from './narrowing'
import { type FailedCheck, failedCheck, type HeldCertificate, RENEWAL_REQ, renewedNames } from './renewal-checks'
import { carriesNoChallenge, firstValue, isFinal, refusedBy } from './renewal-fallback'
import type { Signer } from './signer'

export type { HeldCertificate } from './renewal-checks'

/** A certificate that took over from another. */
export interface Successor {
  certificateId: string
  serial: string
  issued: boolean
  notAfter: Date
  revoked: boolean
  /** Of the request that it was issued for. */
  csrSha256: Uint8Array | null
}

export type RenewalGrant =
  | { outcome: 'granted'; reservation: Reservation }
  | { outcome: 'revoked'; reason: RevocationReason }
  | { outcome: 'blocked'; serial: string; reason: RevocationReason }
  | { outcome: 'renewed'; successor: Successor }
  /** Another request is just renewing it. */
  | { outcome: 'busy' }
  /** This transaction's grant is spent or revoked. */
  | { outcome: 'spent' }

/** What keeps a certificate that passed its own checks from renewing. */
export type RenewalObstacle = Exclude<RenewalGrant, { outcome: 'granted' | 'spent' }>

export interface RenewalStore {
  /** Certificates with this serial number of any authority of the endpoint's group: one, but for name clashes. */
  find(endpointId: string, serial: string): Promise<HeldCertificate[]>
  /**
   * Under a lock on the certificate before, in one transaction with the events: inserts the grant, reserved for this
   * request, only while that certificate is not revoked, its device is not blocked, and it is the newest of its line.
   */
  grant(request: GrantRequest, renews: HeldCertificate, events: AuditEntry[]): Promise<RenewalGrant>
  /** What grant() would meet, looked at without a lock: nothing comes of it. */
  obstacle(
    request: Pick<GrantRequest, 'handleHash' | 'csrSha256'>,
    renews: HeldCertificate,
  ): Promise<RenewalObstacle | null>
  /** Whether a certificate of this line was issued for the challenge with this handle. */
  spentByLine(lineageId: string, handleHashes: Uint8Array[]): Promise<boolean>
  /** Uses up a pending challenge for the subject and endpoint of this certificate, if the handle is one's. */
  spend(
    handleHashes: Uint8Array[],
    certificateId: string,
    spent: (challenge: { id: string; subject: string }) => AuditEntry,
  ): Promise<void>
}

export interface RenewalDependencies {
  store: RenewalStore
  challenges: Pick<RedemptionStore, 'release'>
  signer: Pick<Signer, 'challengeHandles'>
  clock(): Date
  pause(milliseconds: number): Promise<void>
  rules: { patienceMilliseconds: number }
}

export interface Renewals {
  /**
   * The certificate of ours that signed the message; null for every other signer. Refuses a RenewalReq of anybody else,
   * and a signer that claims a serial number of ours.
   */
  recognise(
    endpoint: Presentation['endpoint'],
    message: Pick<PkiMessage, 'messageType' | 'signer'>,
  ): Promise<HeldCertificate | null>
  /** Certificates of the group with this issuer name, however it is written, and this serial number. */
  named(endpointId: string, name: CertificateName): Promise<HeldCertificate[]>
  /** Who decides about a request that this certificate signed: itself, or the endpoint's policy after all. */
  authoriser(
    held: HeldCertificate,
    policy: () => Authoriser,
    ask?: (presentation: Presentation) => Promise<Narrowing>,
  ): Authoriser
}

export function createRenewals({ store, challenges, signer, clock, pause, rules }: RenewalDependencies): Renewals {
  return { recognise, named, authoriser }

  async function recognise(
    endpoint: Presentation['endpoint'],
    { messageType, signer: presented }: Pick<PkiMessage, 'messageType' | 'signer'>,
  ): Promise<HeldCertificate | null> {
    const asked = messageType === RENEWAL_REQ
    if (asked && !endpoint.renewal) throw new EnrolmentRefusal('renewal_off', 'renewal is switched off')
    // What a device makes for itself names itself; nothing of ours is looked up for it.
    const namesakes = presented.selfSigned ? [] : await named(endpoint.id, nameOf(presented))
    const held = namesakes.find(({ der }) => sameBytes(der, presented.der))
    if (held !== undefined) return held
    const [namesake] = namesakes
    if (namesake !== undefined) throw new EnrolmentRefusal('renewal_signer_forged', `serial ${namesake.serial}`)
    if (asked)
      throw new EnrolmentRefusal('renewal_signer_unknown', presented.selfSigned ? 'self-signed' : 'of another CA')
    return null
  }

  async function named(endpointId: string, { issuerDer, serial }: CertificateName): Promise<HeldCertificate[]> {
    const found = await store.find(endpointId, serial)
    return found.filter((each) => sameName(each.issuerDer, issuerDer))
  }

  function authoriser(
    held: HeldCertificate,
    policy: () => Authoriser,
    ask: (presentation: Presentation) => Promise<Narrowing> = async () => ({}),
  ): Authoriser {
    /** Set when the challenge decided after all: then it is the policy's to give back. */
    let decided: Authoriser | null = null
    return {
      async authorise(presentation) {
        const { trace, endpoint } = presentation
        const problem = failedCheck(held, presentation, clock(), (check, passed) =>
          trace.note('renewal.check', { check, passed }),
        )
        if (problem === null && endpoint.renewalChallenge !== 'required') {
          const granted = await renew(presentation, held, await ask(presentation))
          if (!('reason' in granted)) return granted
          return fallBack(presentation, granted)
        }
        if (problem !== null) return fallBack(presentation, problem)
        decided = policy()
        return withChallenge(presentation, held, decided)
      },
      giveBack(presentation, authorised, row, besides) {
        if (decided !== null) return decided.giveBack(presentation, authorised, row, besides)
        const { transactionRowId, csrSha256 } = presentation
        const challenge = { id: authorised.challengeId, subject: authorised.subject }
        return challenges.release(
          { challengeId: challenge.id, transactionRowId, csrSha256, row, mismatch: false, mostMismatches: 1 },
          ({ released }) => (released ? [...besides, releasedEvent(presentation, challenge, row.reason)] : besides),
        )
      },
      async beforeAnswer(presentation, authorised, issued) {
        if (decided === null) await spendBesides(presentation, issued)
        else await decided.beforeAnswer?.(presentation, authorised, issued)
      },
    }

    /** scep.md §5.1: a PKCSReq with an unused challenge may enrol; a RenewalReq never falls back to one. */
    async function fallBack(presentation: Presentation, problem: FailedCheck): Promise<Authorisation> {
      const refusal = refusalOf(held, problem)
      presentation.trace.note('renewal.refused', { reason: problem.reason })
      if (isFinal(presentation.messageType, problem)) throw refusal
      if (await carriesNoChallenge({ store, signer }, held, presentation)) throw refusal
      decided = policy()
      try {
        return await decided.authorise(presentation)
      } catch (error) {
        if (!(error instanceof EnrolmentRefusal) || error.recorded) throw error
        const detail = `${error.detail} (renewal was not possible: ${problem.reason})`
        throw new EnrolmentRefusal(error.reason, detail, {
          data: { ...error.data, renewal: problem.reason },
          ...(error.object === null ? {} : { object: error.object }),
          again: error.again,
        })
      }
    }
  }

  async function renew(
    presentation: Presentation,
    held: HeldCertificate,
    narrowing: Narrowing,
  ): Promise<Authorisation | FailedCheck> {
    const { trace } = presentation
    const request = grantRequest(presentation, {
      origin: 'renewal',
      subject: held.subject,
      constraints: narrowedBy(renewedNames(held, presentation.csr), narrowing),
      evidence: { renews: held.id, serial: held.serial, messageType: presentation.messageType },
      renewsCertificateId: held.id,
    })
    for (let waited = 0; ; waited += 100) {
      const granted = await store.grant(request, held, [printableEntry(authorisedEvent(presentation, held))])
      if (granted.outcome !== 'busy')
        trace.note('renewal.check', { check: granted.outcome, passed: granted.outcome === 'granted' })
      switch (granted.outcome) {
        case 'granted':
          return authorisedBy(presentation, granted.reservation, { certificateId: held.id, lineageId: held.lineageId })
        case 'revoked':
        case 'blocked':
          return refusedBy(granted, held)
        case 'spent':
          return { reason: 'renewal_repeated', detail: 'its grant was spent or revoked' }
        case 'renewed': {
          const again = issuedBefore(presentation, granted.successor)
          if (again !== null) return again
          return refusedBy(granted, held)
        }
        case 'busy':
          if (waited >= rules.patienceMilliseconds) return { outcome: 'busy' }
          await pause(100)
      }
    }
  }

  /** A challenge that came along and was not needed is used up, so that nobody finds it unused: where challenges count. */
  async function spendBesides(presentation: Presentation, issued: IssuedCertificate): Promise<void> {
    const { csr, endpoint } = presentation
    const value = firstValue(csr)
    if (value === '' || endpoint.renewalChallenge !== 'optional' || endpoint.policy !== 'dynamic') return
    await store.spend(await handleHashes(signer, endpoint.id, presentedForm(value).value), issued.id, (challenge) =>
      printableEntry(spentEvent(presentation, challenge, issued)),
    )
  }

  /** The same request under another transactionID, after its answer got lost: the certificate is there already. */
  function issuedBefore({ csrSha256 }: Presentation, successor: Successor): Authorisation | null {
    if (successor.csrSha256 === null || !sameBytes(successor.csrSha256, csrSha256)) return null
    if (!successor.issued) return { outcome: 'busy' }
    if (successor.revoked || successor.notAfter <= clock()) return null
    return { outcome: 'issued_before', certificateId: successor.certificateId }
  }
}

/** renewalChallenge = required: the challenge authorises, the certificate before says for what, and both must hold. */
async function withChallenge(
  presentation: Presentation,
  held: HeldCertificate,
  policy: Authoriser,
): Promise<Authorisation> {
  const authorised = await policy.authorise({ ...presentation, renews: held })
  // Where people decided, what they saw is what they approved: a successor of this certificate, or a request of its own
  // that was held before the certificate could renew.
  if (authorised.outcome !== 'redeemed' || presentation.endpoint.policy === 'approval') return authorised
  const { challengeId, endpointId, enrolmentTransactionId } = authorised.proof
  const proof = EnrolmentProof.ofReservedChallenge({
    challengeId,
    endpointId,
    enrolmentTransactionId,
    constraints: narrowedBy(renewedNames(held, presentation.csr), narrowingOf(presentation, authorised)),
    renews: { certificateId: held.id, lineageId: held.lineageId },
  })
  return { ...authorised, proof } satisfies Authorised
}

/**
 * A challenge says which names there may be, and a validator can. Otherwise they are taken from the request: of one that
 * names none, which keeps those of the old certificate, nothing is said.
 */
function narrowingOf({ endpoint, csr }: Presentation, { proof, saysNames = false }: Authorised): Narrowing {
  const { san, rules = {} } = proof.constraints
  return endpoint.policy === 'dynamic' || saysNames || csr.san.length > 0 ? { san, rules } : { rules }
}

function nameOf({ issuerDer, serial }: PkiMessage['signer']): CertificateName {
  return { issuerDer, serial: serialOf(serial) }
}

/** Embedded stacks write names anew. What is no name at all, in a certificate that somebody made up, is none of ours. */
function sameName(ours: Uint8Array, theirs: Uint8Array): boolean {
  if (sameBytes(ours, theirs)) return true
  try {
    return namesEqual(parseName(ours), parseName(theirs))
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

function refusalOf(held: HeldCertificate, { reason, detail }: FailedCheck): EnrolmentRefusal {
  const object: AuditObject = { type: 'certificate', id: held.id, name: held.subject }
  return new EnrolmentRefusal(reason, detail, { object, data: { renews: held.id, serial: held.serial } })
}

function authorisedEvent(presentation: Presentation, held: HeldCertificate): AuditEntry {
  const { actor, endpoint, transactionId, messageType, csrSha256, spkiSha256, dropped } = presentation
  const data: { [key: string]: Json } = {
    endpoint: endpoint.slug,
    group: endpoint.groupSlug,
    messageType,
    serial: held.serial,
    subject: held.subject,
    csrSha256: fingerprint(csrSha256),
    spkiSha256: fingerprint(spkiSha256),
    ...(dropped.length > 0 ? { dropped } : {}),
  }
  return {
    type: 'renewal.authorised',
    outcome: 'success',
    actor,
    object: { type: 'certificate', id: held.id, name: held.subject },
    transactionId,
    data,
  }
}

function spentEvent(
  { actor, endpoint, transactionId, transactionRowId }: Presentation,
  challenge: { id: string; subject: string },
  { id, serial }: IssuedCertificate,
): AuditEntry {
  return {
    type: 'challenge.consumed',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id: challenge.id, name: challenge.subject },
    transactionId,
    data: {
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      certificateId: id,
      serial,
      enrolmentTransactionId: transactionRowId,
      why: 'renewed_besides',
    },
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
