/** The policy "approval": the request waits for people, and is a certificate once they said so. */
import { parseExtendedKeyUsage, parseKeyUsage } from '@/lib/pki/extension-values'
import { attributeName, nameToText, parseName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import type { ApprovalStore, ApprovedRequest, HeldRequest, RequestedFields } from './approval-types'
import type { AuditEntry, Json } from './audit'
import { describeKey, fingerprint } from './certificate-intent'
import { releasedEvent } from './challenge-events'
import type { Presentation, RedemptionStore } from './challenge-presentation'
import { MISMATCHES_BEFORE_REVOCATION } from './challenge-redemption'
import { type Authoriser, type Grant, type GrantStore, grantTo } from './enrolment-authorisation'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableText } from './enrolment-text'
import { renewedNames } from './renewal-checks'
import { sourceOf } from './source-address'
import { issuable } from './subject-template'

export interface ApprovalAuthorisationDependencies {
  store: Pick<ApprovalStore, 'hold' | 'approved'>
  grants: GrantStore
  /** Gives the grant back. */
  challenges: Pick<RedemptionStore, 'release'>
}

/** dynamic-challenge.md §7 and scep.md §9.1 row 18: strangers fill no queue that people have to empty. */
export const MOST_WAITING = { perEndpoint: 1_000, perSource: 20 }

export function createApprovalAuthorisation(dependencies: ApprovalAuthorisationDependencies): Authoriser {
  const { store, grants, challenges } = dependencies

  return {
    async authorise(presentation) {
      const wrongChallenge = carriesChallenge(presentation)
      const held = heldRequest(presentation, namesOf(presentation), wrongChallenge)
      const state = await store.hold(held, MOST_WAITING, (expiresAt) => requestedEvent(presentation, held, expiresAt))
      presentation.trace.note('approval.verdict', { state })
      switch (state) {
        case 'open':
          return { outcome: 'pending' }
        case 'full':
          throw new EnrolmentRefusal('approval_queue_full', `from ${held.source}`)
        case 'denied':
          throw new EnrolmentRefusal('request_denied', 'denied before')
        case 'expired':
          throw new EnrolmentRefusal('request_expired', 'expired before')
        case 'approved': {
          // Whoever approved did not get to make the certificate, and the device was quicker than the job.
          const approved = await store.approved(presentation.transactionRowId)
          const granted =
            approved && (await grantTo(grants, presentation, grantOf(approved), [], approved.renews ?? undefined))
          if (granted === null)
            throw new EnrolmentRefusal('challenge_replayed', 'the approval has led to a certificate')
          return granted
        }
      }
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
}

/** What an approval stands for, whoever makes the certificate: the names and the key that people saw. */
export function grantOf({
  subjectDer,
  san,
  rules,
  decisions,
}: Pick<ApprovedRequest, 'subjectDer' | 'san' | 'rules' | 'decisions'>): Grant {
  const approvals = decisions.filter(({ approves }) => approves)
  return {
    origin: 'approval',
    subject: printableText(nameToText(subjectDer)),
    constraints: {
      v: 1,
      subject: parseName(subjectDer).map(({ type, value }) => ({ type: attributeName(type), value })),
      san,
      subjectDer: Buffer.from(subjectDer).toString('base64'),
      ...(Object.keys(rules).length === 0 ? {} : { rules }),
    },
    evidence: {
      approvals: approvals.map(
        ({ name, comment, createdAt }): Json => ({ name, comment, at: createdAt.toISOString() }),
      ),
    },
    renewsCertificateId: null,
  }
}

/** What people are asked to approve: the names of the request, or of the successor where it renews a certificate of ours. */
function namesOf({ csr, renews }: Presentation): Pick<HeldRequest, 'subjectDer' | 'san' | 'renews' | 'rules'> {
  if (renews !== undefined) {
    const { san, rules = {} } = renewedNames(renews, csr)
    const { id, lineageId, notAfter, subjectDer } = renews
    return { subjectDer, san, rules, renews: { id, lineageId, notAfter } }
  }
  const names = issuable(csr)
  if ('detail' in names) throw new EnrolmentRefusal('csr_rejected', names.detail)
  return { subjectDer: csr.subjectDer, san: names.san, rules: {}, renews: null }
}

/** Whether there is one that counts for nothing; throws where it must not be there. Empty equals absent. */
export function carriesChallenge({
  csr,
  endpoint,
}: {
  csr: Pick<Presentation['csr'], 'challengePasswords'>
  endpoint: Pick<Presentation['endpoint'], 'approveWrongChallenge'>
}): boolean {
  if (csr.challengePasswords.length > 1)
    throw new EnrolmentRefusal('challenge_repeated', `${csr.challengePasswords.length} challenge passwords`)
  const carries = (csr.challengePasswords[0]?.replace(/\r?\n$/, '') ?? '') !== ''
  if (carries && !endpoint.approveWrongChallenge)
    throw new EnrolmentRefusal('approval_challenge', 'a challenge where none is asked for')
  return carries
}

function heldRequest(
  { endpoint, transactionRowId, csr, actor, dropped }: Presentation,
  names: ReturnType<typeof namesOf>,
  wrongChallenge: boolean,
): HeldRequest {
  return {
    transactionRowId,
    endpointId: endpoint.id,
    ttlHours: endpoint.pendingTtlHours,
    spki: csr.spki,
    ...names,
    key: describeKey(csr.publicKey),
    requested: { ...requestedExtensions(csr), dropped: dropped.map(printableText), wrongChallenge },
    ip: actor.ip,
    source: sourceOf(actor.ip),
  }
}

export function requestedExtensions({
  requestedExtensions: extensions,
  signatureAlgorithm,
}: Pick<Presentation['csr'], 'requestedExtensions' | 'signatureAlgorithm'>): Pick<
  RequestedFields,
  'signatureAlgorithm' | 'keyUsage' | 'extendedKeyUsage' | 'extensions'
> {
  const requested = (oid: string) => extensions.find((extension) => extension.oid === oid)?.value
  const [keyUsage, extendedKeyUsage] = [requested(OID.keyUsage), requested(OID.extendedKeyUsage)]
  const known: readonly string[] = [OID.keyUsage, OID.extendedKeyUsage, OID.subjectAltName]
  return {
    signatureAlgorithm,
    keyUsage: keyUsage === undefined ? [] : parseKeyUsage(keyUsage),
    extendedKeyUsage: extendedKeyUsage === undefined ? [] : parseExtendedKeyUsage(extendedKeyUsage),
    extensions: extensions.map(({ oid }) => oid).filter((oid) => !known.includes(oid)),
  }
}

function requestedEvent(
  { endpoint, actor, transactionId, csr, csrSha256, spkiSha256, transactionRowId }: Presentation,
  { san, key, requested, renews }: HeldRequest,
  expiresAt: Date,
): AuditEntry {
  const subject = printableText(nameToText(csr.subjectDer))
  return {
    type: 'approval.requested',
    outcome: 'pending',
    reason: 'waits_for_approval',
    actor: { ...actor, name: printableText(actor.name) },
    object: { type: 'transaction', id: transactionRowId, name: subject },
    transactionId,
    data: {
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
      subject,
      san: san.map(({ type, value }) => `${type}:${value}`),
      key,
      csrSha256: fingerprint(csrSha256),
      spkiSha256: fingerprint(spkiSha256),
      approvalsRequired: endpoint.approvalsRequired,
      expires: expiresAt.toISOString(),
      ...(renews === null ? {} : { renews: renews.id }),
      ...(requested.wrongChallenge ? { wrongChallenge: true } : {}),
    },
  }
}
