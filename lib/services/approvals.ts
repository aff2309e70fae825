/** People decide: who said what about a request, and the certificate that follows when enough of them approve. */
import { isRefusal, Refusal } from '@/lib/errors'
import { type Actor, systemActor } from './actor'
import { grantOf } from './approval-authorisation'
import { decisionEvent, expiredEvent, notIssuedEvent } from './approval-events'
import { differencesOf, readable, warningsOf } from './approval-review'
import {
  type ApprovalFilter,
  type ApprovalSort,
  type ApprovalStore,
  type ApprovalsService,
  type ApprovalView,
  type ApprovedRequest,
  DECIDED_AT_ONCE,
  type DecisionOutcome,
  type DecisionsMade,
  type SkippedDecision,
} from './approval-types'
import { checkedText } from './challenge-constraints'
import { type RedemptionStore, type RowOutcome, refusedRow } from './challenge-presentation'
import { MISMATCHES_BEFORE_REVOCATION } from './challenge-redemption'
import { type GrantStore, grantHandle } from './enrolment-authorisation'
import { explanationOf } from './enrolment-refusals'
import { EnrolmentProof, type IssuanceService } from './issuance'
import { countRows, readPage, type Sorting } from './listing'
import { authoriseInGroups, canInGroups, inGroups, reachOf } from './permissions'
import { newRowId } from './row-id'
import { failedRow, issuanceRefusal } from './scep-refusals'

export interface ApprovalsDependencies {
  store: ApprovalStore
  grants: GrantStore
  challenges: Pick<RedemptionStore, 'release'>
  issuance: Pick<IssuanceService, 'issueLeaf'>
}

/** What the job does: certificates that nobody finished, and requests that nobody decided. */
export interface ApprovalUpkeep {
  /** Throws at the end if any failed for a reason of ours. */
  tend(): Promise<{ completed: number; expired: number }>
}

const SORTING: Sorting<Parameters<typeof viewOf>[0], ApprovalSort> = {
  usual: 'asked',
  columns: {
    asked: { kind: 'moment', order: 'desc', of: ({ createdAt }) => createdAt },
    ends: { kind: 'moment', order: 'asc', of: ({ expiresAt }) => expiresAt },
    name: { kind: 'text', order: 'asc', of: ({ subject }) => subject },
  },
  idOf: ({ id }) => id,
}
const HISTORY = 20
const BATCH = 100
const MAX_COMMENT = 500

export function createApprovals(dependencies: ApprovalsDependencies): ApprovalsService & ApprovalUpkeep {
  const { store, grants, challenges, issuance } = dependencies

  return {
    async list(actor, filter, request) {
      authoriseInGroups(actor, 'approval:read')
      const page = await readPage(request, SORTING, (keyset) => store.list({ ...filter, ...reachOf(actor) }, keyset))
      return { ...page, items: page.items.map(viewOf) }
    },

    async matching(actor, filter, since) {
      authoriseInGroups(actor, 'approval:read')
      return countRows((request) => store.count({ ...filter, ...reachOf(actor) }, request), since)
    },

    async countOpen(actor) {
      return canInGroups(actor, 'approval:read') ? store.countOpen(reachOf(actor)) : 0
    },

    async get(actor, id) {
      authoriseInGroups(actor, 'approval:read')
      const found = await existing(actor, id)
      const history = await store.history(found, HISTORY, reachOf(actor))
      const { requested, validityDays, ...rest } = found
      return {
        ...viewOf(rest),
        requested: readable(requested),
        differences: differencesOf(found),
        warnings: warningsOf(found, history),
        history,
      }
    },

    approve: (actor, id, comment) => decide(actor, id, true, comment),
    deny: (actor, id, comment) => decide(actor, id, false, comment),

    async undecided(actor, filter) {
      authoriseInGroups(actor, 'approval:read')
      const wanted = { ...filter, ...reachOf(actor) }
      return countRows(({ most }) => store.countUndecided(wanted, byWhom(actor), most), undefined)
    },

    async decideMany(actor, which, { approves, comment: said }) {
      authoriseInGroups(actor, 'approval:decide')
      const comment = checkedText('comment', said, MAX_COMMENT)
      const found = 'ids' in which ? [...new Set(which.ids)] : await undecidedBefore(actor, which)
      const made: DecisionsMade = { decided: 0, skipped: {}, more: found.length > DECIDED_AT_ONCE }
      const approved: string[] = []
      try {
        for (const id of found.slice(0, DECIDED_AT_ONCE)) {
          const outcome = await decideOne(actor, id, { approves, comment })
          if (outcome === 'open' || outcome === 'complete') made.decided += 1
          else made.skipped[outcome] = (made.skipped[outcome] ?? 0) + 1
          if (outcome === 'complete' && approves) approved.push(id)
        }
      } catch (error) {
        // What was decided stays so: then this tells how far it came.
        if (made.decided === 0 || !isRefusal(error, 'unavailable')) throw error
        made.more = true
      }
      await completeAll(actor, approved)
      return made
    },

    async tend() {
      const failures: string[] = []
      let completed = 0
      for (const id of await store.unfinished(BATCH)) {
        try {
          if (await complete(systemActor('job', 'approvals'), id)) completed += 1
        } catch (error) {
          failures.push(`${id}: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      const expired = await expireAll()
      if (failures.length > 0)
        throw new Error(`${failures.length} approved requests have no certificate yet: ${failures.join('; ')}`)
      return { completed, expired }
    },
  }

  async function decide(actor: Actor, id: string, approves: boolean, said?: string): Promise<ApprovalView> {
    authoriseInGroups(actor, 'approval:decide')
    const comment = checkedText('comment', said, MAX_COMMENT)
    const outcome = await decideOne(actor, id, { approves, comment })
    if (outcome === 'complete' && approves) await completeNow(actor, id)
    else if (outcome !== 'open' && outcome !== 'complete')
      throw undecidable(outcome, (await store.get(id))?.approvalsRequired)
    const { requested: _, validityDays: __, ...after } = await existing(actor, id)
    return viewOf(after)
  }

  /** `complete`: nobody else is asked. `open`: it counts, and others have to approve too. */
  async function decideOne(
    actor: Actor,
    id: string,
    { approves, comment }: { approves: boolean; comment: string | null },
  ): Promise<'open' | 'complete' | SkippedDecision> {
    const found = await store.get(id)
    if (found === null || !inGroups(actor, found.group.slug)) return 'unknown'
    // A key or a command line is whoever holds it, perhaps the same person twice.
    if (approves && found.approvalsRequired > 1 && actor.type !== 'user') return 'by_people'
    const denied = refusedRow('request_denied', comment ?? `denied by ${actor.name}`)
    const decision = { id, by: byWhom(actor), name: actor.name, approves, comment, denied }
    const decided = await store.decide(decision, (request, { approvals, required }) =>
      decisionEvent(actor, request, { approves, comment, approvals, required }),
    )
    if (decided.outcome !== 'recorded') return decided.outcome
    return decided.state === 'open' ? 'open' : 'complete'
  }

  /** One more than are decided at once, to know of it. */
  async function undecidedBefore(
    actor: Actor,
    { filter, before }: { filter: ApprovalFilter; before: Date },
  ): Promise<string[]> {
    const page = { by: byWhom(actor), before, limit: DECIDED_AT_ONCE + 1 }
    return store.undecided({ ...filter, ...reachOf(actor) }, page)
  }

  /**
   * As far as certificates can be made now. What was decided is decided: the job makes the others, and reports what is no
   * refusal when it meets it there.
   */
  async function completeAll(actor: Actor, ids: string[]): Promise<void> {
    for (const id of ids) {
      try {
        await complete(actor, id)
      } catch (error) {
        if (!isRefusal(error) || isRefusal(error, 'unavailable')) return
      }
    }
  }

  /** An outage is no reason to take a decision back: the job goes on where this stopped. */
  async function completeNow(actor: Actor, id: string): Promise<void> {
    try {
      await complete(actor, id)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }

  /**
   * Grant, then intent → sign → record, each of which can be repeated: the grant belongs to the transaction row, and a
   * grant has one certificate. False when there is nothing left to do.
   */
  async function complete(actor: Actor, id: string): Promise<boolean> {
    const request = await store.approved(id)
    if (request === null) return false
    const reservation = await grants.grant(
      {
        ...grantOf(request),
        id: newRowId(),
        handleHash: grantHandle(id),
        endpointId: request.endpoint.id,
        transactionRowId: id,
        csrSha256: request.csrSha256,
        spkiSha256: request.spkiSha256,
        by: actor.name,
        via: 'approval',
        ip: request.sourceIp,
      },
      [],
    )
    if (reservation === null) return false
    const proof = EnrolmentProof.ofApprovedRequest(
      {
        challengeId: reservation.id,
        endpointId: request.endpoint.id,
        enrolmentTransactionId: id,
        constraints: reservation.constraints,
        ...(request.renews === null ? {} : { renews: request.renews }),
      },
      request.spki,
    )
    try {
      await issuance.issueLeaf({ actor, proof })
      return true
    } catch (error) {
      await putBack(actor, request, reservation.id, error)
      if (isFinal(error)) return true
      throw error
    }
  }

  async function putBack(actor: Actor, request: ApprovedRequest, challengeId: string, error: unknown): Promise<void> {
    const refusal = isFinal(error) ? issuanceRefusal(error) : null
    const row: RowOutcome = refusal === null ? failedRow(error) : refusedRow(refusal.reason, refusal.detail)
    const { id, csrSha256 } = request
    await challenges.release(
      {
        challengeId,
        transactionRowId: id,
        csrSha256,
        row,
        mismatch: false,
        mostMismatches: MISMATCHES_BEFORE_REVOCATION,
      },
      () => (refusal === null ? [] : [notIssuedEvent(actor, request, refusal)]),
    )
  }

  async function expireAll(): Promise<number> {
    const actor = systemActor('job', 'approvals')
    const row = refusedRow('request_expired', 'nobody decided in time')
    let expired = 0
    for (;;) {
      const count = await store.expire(BATCH, row, (request) => expiredEvent(actor, request))
      expired += count
      if (count < BATCH) return expired
    }
  }

  async function existing(actor: Actor, id: string) {
    const found = await store.get(id)
    if (found !== null && inGroups(actor, found.group.slug)) return found
    throw new Refusal('not_found', 'There is no such request.', { reason: 'approval_unknown' })
  }
}

/**
 * What stays so however often it is tried. A conflict is another worker that was quicker, or gave up the same grant; that
 * the certificate before has a successor by now, or is revoked like its issuer, stays.
 */
function isFinal(error: unknown): boolean {
  if (isRefusal(error, 'conflict')) return NOT_RENEWABLE.includes(error.reason)
  return isRefusal(error, 'csr_rejected') || isRefusal(error, 'policy_refused')
}

const NOT_RENEWABLE: readonly string[] = ['renewed_already', 'renewed_is_revoked', 'renewed_issuer_is_revoked']

function byWhom(actor: Actor): string {
  return actor.id ?? `${actor.type}:${actor.via}`
}

const UNDECIDABLE: Readonly<Record<Exclude<DecisionOutcome['outcome'], 'recorded' | 'unknown'>, string>> = {
  again: 'You have decided about this request already.',
  approved: 'It has been approved already.',
  denied: 'It has been denied already. The device has to ask anew if it may enrol after all.',
  expired: 'It has expired. The device has to ask anew.',
}

function undecidable(outcome: SkippedDecision, required = 0): Refusal {
  if (outcome === 'unknown')
    return new Refusal('not_found', 'There is no such request.', { reason: 'approval_unknown' })
  const sentence =
    outcome === 'by_people'
      ? `This endpoint asks for ${required} people. Approve in the portal, signed in as yourself.`
      : UNDECIDABLE[outcome]
  return new Refusal('conflict', sentence, { reason: `approval_${outcome}` })
}

function viewOf({ reason, ...request }: Omit<ApprovalView, 'problem'> & { reason: string | null }): ApprovalView {
  const waits = request.state === 'approved' && request.certificate === null
  const problem = waits ? 'The certificate is being made. The device gets it when it asks next.' : null
  return { ...request, problem: waits && reason !== null ? (explanationOf(reason) ?? reason) : problem }
}
