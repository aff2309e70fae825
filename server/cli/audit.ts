/** latchkey audit: the trail, and the proof that nobody changed it. */
import { open } from 'node:fs/promises'
import type { AuditOutcome } from '@/lib/services/audit'
import type { ReportFormat } from '@/lib/services/audit-report'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf, UsageFault } from './command'
import { refuseExisting, writeNewFile } from './files'
import { moment, table } from './text'

export const verifyAudit = command({
  name: 'audit verify',
  summary: 'Prove that no audit event was changed, or name the first broken row',
  details: 'Recomputes the whole chain from the stored bytes. Exit code 1 when it does not hold.',
  options: {},
  examples: ['audit verify --json'],
  async run({ withServices }) {
    const verdict = await withServices((services, actor) => services.audit.verify(actor))
    const { ok, events, firstBroken, problem, covered } = verdict
    const until = covered === null ? '' : `, from ${moment(covered.first.time)} to ${moment(covered.last.time)}`
    const text = ok
      ? `The audit trail holds: ${events} events, each chained to the one before${until}.`
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

export const exportAudit = command({
  name: 'audit export',
  summary: 'Write audit events to a file as JSON Lines, oldest first',
  details: 'Each line holds the bytes that were hashed, so that the chain can be recomputed without this installation.',
  options: {
    out: { value: 'FILE', description: 'Where to write them', required: true },
    from: { value: 'TIME', description: 'Not before, such as 2026-11-23 or 2026-11-23T08:00:00Z' },
    to: { value: 'TIME', description: 'Not after' },
    force: { description: 'Write over a file that is there' },
  },
  examples: ['audit export --from 2026-11-01 --to 2026-12-01 --out november.jsonl'],
  async run({ options, withServices }) {
    await refuseExisting(options.out, options.force)
    const filter = given({ from: timeOf('from', options.from), to: timeOf('to', options.to) })
    const bytes = await withServices(async (services, actor) => {
      const lines = await services.auditExport.jsonLines(actor, filter)
      const file = await open(options.out, options.force ? 'w' : 'wx', 0o600)
      let written = 0
      try {
        for await (const page of lines) {
          await file.appendFile(page)
          written += page.byteLength
        }
        await file.sync()
      } finally {
        await file.close()
      }
      return written
    })
    return { json: { file: options.out, bytes }, text: `Written to ${options.out}: ${bytes} bytes.` }
  },
})

export const reportAudit = command({
  name: 'audit report',
  summary: 'Write the audit report of a period as PDF or HTML',
  options: {
    from: { value: 'TIME', description: 'The beginning, such as 2026-11-01', required: true },
    to: { value: 'TIME', description: 'The end, which is not part of it, such as 2026-12-01', required: true },
    out: { value: 'FILE', description: 'Where to write it; its name ends with .pdf or .html', required: true },
    force: { description: 'Write over a file that is there' },
  },
  examples: ['audit report --from 2026-11-01 --to 2026-12-01 --out november.pdf'],
  async run({ options, withServices }) {
    const [, ending] = /\.(pdf|html)$/.exec(options.out) ?? []
    const [from, to] = [timeOf('from', options.from), timeOf('to', options.to)]
    if (ending === undefined || !from || !to) throw new UsageFault('--out takes a name that ends with .pdf or .html.')
    await refuseExisting(options.out, options.force)
    const format = ending as ReportFormat
    const bytes = await withServices((services, actor) => services.auditReport.file(actor, { from, to }, format))
    await writeNewFile(options.out, bytes, { mode: 0o600, force: options.force })
    return { json: { file: options.out, bytes: bytes.byteLength }, text: `Written to ${options.out}.` }
  },
})
