/** The policy "static": a secret shared by many devices, held within its bounds. All refusals sound alike to a device. */
import { nameToText } from '@/lib/pki/name'
import { isAllowedFrom } from './address-list'
import type { AuditEntry } from './audit'
import { fingerprint } from './certificate-intent'
import { releasedEvent } from './challenge-events'
import type { Presentation, RedemptionStore } from './challenge-presentation'
import { MISMATCHES_BEFORE_REVOCATION, presentedValue } from './challenge-redemption'
import type { ChallengeConstraints } from './challenges'
import { type Authorised, type Authoriser, type GrantRequest, grantHandle } from './enrolment-authorisation'
import { type EnrolmentReason, EnrolmentRefusal } from './enrolment-refusals'
import { printableText } from './enrolment-text'
import { EnrolmentProof } from './issuance'
import type { Passwords } from './passwords'
import { newRowId } from './row-id'
import type { Signer } from './signer'
import { lookupOf, type PresentedSecret, type StaticSecretStore, type StaticUse } from './static-secrets'
import { matchTemplate, parseSubjectTemplate } from './subject-template'

export interface StaticAuthorisationDependencies {
  store: Pick<StaticSecretStore, 'find' | 'use'>
  /** Gives the grant back. */
  challenges: Pick<RedemptionStore, 'release'>
  signer: Pick<Signer, 'mac'>
  passwords: Pick<Passwords, 'verify'>
}

const OUT_OF_BOUNDS = {
  expired: 'static_secret_expired',
  revoked: 'static_secret_revoked',
  exhausted: 'static_secret_exhausted',
  too_fast: 'static_secret_too_fast',
  spent: 'challenge_replayed',
} as const satisfies Record<Exclude<StaticUse['outcome'], 'granted'>, EnrolmentReason>

export function createStaticAuthorisation(dependencies: StaticAuthorisationDependencies): Authoriser {
  const { store, challenges, signer, passwords } = dependencies

  return {
    async authorise(presentation) {
      const value = presentedValue(presentation.csr)
      const lookup = await lookupOf(signer, presentation.endpoint.id, value)
      const secret = await store.find(presentation.endpoint.id, lookup, grantHandle(presentation.transactionRowId))
      if (secret === null) throw await unknown(presentation, value)
      // Everything that is cheap comes first, so that refusals of every kind take the same time, and the slow hash is
      // worked out for a value that is right alone: nobody can make us work by guessing.
      const constraints = withinBounds(presentation, secret)
      if (!(await passwords.verify(value, secret.secretHash)).matches) throw await unknown(presentation, value)
      const used = await store.use(secret.id, grantOf(presentation, secret, constraints), [
        usedEvent(presentation, secret),
      ])
      if (used.outcome !== 'granted') throw refusal(presentation, secret, OUT_OF_BOUNDS[used.outcome], used.outcome)
      presentation.trace.note('challenge.verdict', { policy: 'static', secret: secret.hint, verdict: 'accepted' })
      return authorised(presentation, used.reservation)
    },

    async giveBack(presentation, { challengeId, subject }, row, besides) {
      const { transactionRowId, csrSha256 } = presentation
      await challenges.release(
        {
          challengeId,
          transactionRowId,
          csrSha256,
          row,
          mismatch: false,
          mostMismatches: MISMATCHES_BEFORE_REVOCATION,
        },
        ({ released }) =>
          released ? [...besides, releasedEvent(presentation, { id: challengeId, subject }, row.reason)] : besides,
      )
    },
  }

  /** The audit trail can tell whether it was the same wrong value again. */
  async function unknown(presentation: Presentation, value: string): Promise<EnrolmentRefusal> {
    const reference = await signer.mac('fingerprint', Buffer.from(value, 'utf8'))
    const presentedRef = Buffer.from(reference).toString('hex').slice(0, 16)
    presentation.trace.note('challenge.verdict', { policy: 'static', verdict: 'static_secret_unknown' })
    return new EnrolmentRefusal('static_secret_unknown', 'no such static secret', { data: { presentedRef } })
  }
}

function withinBounds(presentation: Presentation, secret: PresentedSecret): ChallengeConstraints {
  if (secret.state !== 'active' && !secret.held)
    throw refusal(presentation, secret, OUT_OF_BOUNDS[secret.state], secret.state)
  if (!secret.held && !isAllowedFrom(secret.allowedAddresses, presentation.actor.ip)) {
    const from = presentation.actor.ip ?? 'an unknown address'
    throw refusal(presentation, secret, 'static_secret_address', `from ${from}`)
  }
  const verdict = matchTemplate(parseSubjectTemplate(secret.subjectTemplate), presentation.csr)
  if (!verdict.fits) throw refusal(presentation, secret, 'static_secret_template', verdict.detail)
  return { ...verdict.constraints, subjectDer: Buffer.from(presentation.csr.subjectDer).toString('base64') }
}

function refusal(
  presentation: Presentation,
  { id, hint }: PresentedSecret,
  reason: EnrolmentReason,
  detail: string,
): EnrolmentRefusal {
  presentation.trace.note('challenge.verdict', { policy: 'static', secret: hint, verdict: reason })
  return new EnrolmentRefusal(reason, printableText(detail), {
    object: { type: 'static-secret', id, name: presentation.endpoint.slug },
    data: { hint },
  })
}

function grantOf(
  { endpoint, actor, transactionRowId, csr, csrSha256, spkiSha256 }: Presentation,
  { id, hint }: PresentedSecret,
  constraints: ChallengeConstraints,
): GrantRequest {
  return {
    id: newRowId(),
    handleHash: grantHandle(transactionRowId),
    origin: 'static',
    endpointId: endpoint.id,
    transactionRowId,
    csrSha256,
    spkiSha256,
    subject: printableText(nameToText(csr.subjectDer)),
    constraints,
    evidence: { staticSecretId: id, hint },
    renewsCertificateId: null,
    by: printableText(actor.name),
    via: 'static',
    ip: actor.ip,
  }
}

function authorised(
  { endpoint, transactionRowId }: Presentation,
  { id, subject, constraints }: { id: string; subject: string; constraints: ChallengeConstraints },
): Authorised {
  const proof = EnrolmentProof.ofReservedChallenge({
    challengeId: id,
    endpointId: endpoint.id,
    enrolmentTransactionId: transactionRowId,
    constraints,
  })
  return { outcome: 'redeemed', challengeId: id, subject, proof }
}

function usedEvent(presentation: Presentation, { id, hint }: PresentedSecret): AuditEntry {
  const { endpoint, actor, transactionId, csr, csrSha256, spkiSha256, dropped } = presentation
  return {
    type: 'static_secret.used',
    outcome: 'success',
    actor: { ...actor, name: printableText(actor.name) },
    object: { type: 'static-secret', id, name: endpoint.slug },
    transactionId,
    data: {
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      subject: printableText(nameToText(csr.subjectDer)),
      hint,
      csrSha256: fingerprint(csrSha256),
      spkiSha256: fingerprint(spkiSha256),
      ...(dropped.length > 0 ? { dropped } : {}),
    },
  }
}
