/** latchkey audit: the trail, and the proof that nobody changed it. */
import type { AuditOutcome } from '@/lib/services/audit'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf } from './command'
import { moment, table } from './text'

export const verifyAudit = command({
  name: 'audit verify',
  summary: 'Prove that no audit event was changed, or name the first broken row',
  details: 'Recomputes the whole chain from the stored bytes. Exit code 1 when it does not hold.',
  options: {},
  examples: ['audit verify --json'],
  async run({ withServices }) {
    const verdict = await withServices((services, actor) => services.audit.verify(actor))
    const { ok, events, firstBroken, problem } = verdict
    const text = ok
      ? `The audit trail holds: ${events} events, each chained to the one before.`
      : `The audit trail is broken at event ${firstBroken ?? 'unknown'}: ${problem ?? 'the chain does not hold'}.`
    return { json: { ok, events, firstBroken }, text, exitCode: ok ? 0 : 1 }
  },
})

const OUTCOMES = ['success', 'failure', 'denied', 'error', 'pending'] as const satisfies readonly AuditOutcome[]

export const listAudit = command({
  name: 'audit list',
  summary: 'List audit events, newest first',
  options: {
    type: { value: 'TYPE', description: 'Only this type, or a prefix such as challenge.', repeats: true },
    outcome: { value: 'OUTCOME', description: 'Only those with this outcome', choices: OUTCOMES },
    actor: { value: 'ID', description: 'Only those by this actor' },
    object: { value: 'ID', description: 'Only those about this object' },
    from: { value: 'TIME', description: 'Not before, such as 2026-11-23 or 2026-11-23T08:00:00Z' },
    to: { value: 'TIME', description: 'Not after' },
    ...PAGE_OPTIONS,
  },
  examples: ['audit list --type certificate. --limit 20', 'audit list --outcome denied --from 2026-11-01'],
  async run({ options, withServices }) {
    const filter = given({
      types: options.type.length > 0 ? options.type : undefined,
      outcome: options.outcome as AuditOutcome | undefined,
      actorId: options.actor,
      objectId: options.object,
      from: timeOf('from', options.from),
      to: timeOf('to', options.to),
    })
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.audit.list(actor, filter, page))
    const rows = found.items.map((event) => [event.seq, moment(event.time), event.type, event.outcome, event.sentence])
    const text = table(['SEQ', 'TIME', 'TYPE', 'OUTCOME', 'WHAT HAPPENED'], rows, 'There are no such events.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})
