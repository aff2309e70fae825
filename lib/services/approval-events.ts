/** What the trail says of requests that people decide about. */
import type { Actor } from './actor'
import type { ApprovedRequest, NamedRequest } from './approval-types'
import type { AuditEntry } from './audit'
import { fingerprint } from './certificate-intent'
import { transactionIdText } from './scep-exchange'

function factsOf({ subject, endpointSlug, groupSlug, spkiSha256 }: NamedRequest) {
  return { endpoint: endpointSlug, group: groupSlug, subject, spkiSha256: fingerprint(spkiSha256) }
}

export function decisionEvent(
  actor: Actor,
  request: NamedRequest,
  more: { approves: boolean; comment: string | null; approvals: number; required: number },
): AuditEntry {
  const { approves, comment, approvals, required } = more
  return {
    type: approves ? 'approval.approved' : 'approval.denied',
    outcome: 'success',
    actor,
    object: { type: 'transaction', id: request.id, name: request.subject },
    transactionId: transactionIdText(request.transactionId),
    data: { ...factsOf(request), comment, ...(approves ? { approvals, required } : {}) },
  }
}

export function notIssuedEvent(
  actor: Actor,
  request: ApprovedRequest,
  { reason, detail }: { reason: string; detail: string },
): AuditEntry {
  return {
    type: 'enrol.request.rejected',
    outcome: 'denied',
    reason,
    actor,
    object: { type: 'transaction', id: request.id, name: request.subject },
    transactionId: transactionIdText(request.transactionId),
    data: { endpoint: request.endpoint.slug, group: request.endpoint.groupSlug, subject: request.subject, detail },
  }
}

export function expiredEvent(actor: Actor, request: NamedRequest): AuditEntry {
  return {
    type: 'approval.expired',
    outcome: 'success',
    actor,
    object: { type: 'transaction', id: request.id, name: request.subject },
    transactionId: transactionIdText(request.transactionId),
    data: factsOf(request),
  }
}
