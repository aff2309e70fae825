/** What the audit trail says about a bulk revocation as a whole. Each certificate of it has an event of its own. */
import type { Actor } from './actor'
import type { AuditEntry, Json } from './audit'
import type { BulkRecord, NewBulkRevocation } from './bulk-revocation-types'

type Step = 'scheduled' | 'started' | 'finished' | 'stopped' | 'cancelled'

export function bulkEvent(
  step: Step,
  actor: Actor,
  bulk: Pick<NewBulkRevocation, 'id' | 'action' | 'reason' | 'comment' | 'described' | 'selection' | 'startsAt'> & {
    total: number
  } & Partial<Pick<BulkRecord, 'done' | 'skipped'>>,
): AuditEntry {
  const { done, skipped } = bulk
  return {
    type: `certificate.bulk_revoke.${step}`,
    outcome: 'success',
    actor,
    object: { type: 'bulk-revocation', id: bulk.id, name: bulk.described },
    data: {
      action: bulk.action,
      criteria: criteriaOf(bulk.selection),
      matched: bulk.total,
      ...(bulk.reason === null ? {} : { reasonCode: bulk.reason }),
      ...(bulk.comment === null ? {} : { comment: bulk.comment }),
      ...(step === 'scheduled' ? { startsAt: bulk.startsAt.toISOString() } : {}),
      ...(step === 'finished' || step === 'stopped' ? { done: done ?? 0, skipped: skipped ?? 0 } : {}),
    },
  }
}

/** Ticked ones have events of their own; here their number says enough. */
function criteriaOf(selection: NewBulkRevocation['selection']): Json {
  return 'certificates' in selection ? { ticked: selection.certificates.length } : { ...selection.filter }
}
