/** A report of a period, where the rows of the trail do not stand in the order of their times. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import type { AuditEntry, AuditService } from '@/lib/services/audit'
import { chainOf, leafOf } from '@/lib/services/audit-chain'
import { createAuditReport } from '@/lib/services/audit-report'
import { createAudit } from '@/lib/services/audit-trail'
import type { ReportDocument } from '@/lib/services/report-document'
import { person } from '@/lib/services/testing/people'
import { auditStore } from './audit'
import { auditReportStore } from './audit-report'
import { type Database, openDatabase } from './database'

const auditor = person('auditor', '00000000-0000-4000-8000-000000000001')
const ada = { ...person('admin', '00000000-0000-4000-8000-00000000000a'), name: 'Ada' }
const ben = { ...person('admin', '00000000-0000-4000-8000-00000000000b'), name: 'Ben' }
const OCTOBER = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-11-01T00:00:00Z') }
const NOVEMBER = { from: OCTOBER.to, to: new Date('2026-12-01T00:00:00Z') }
const OUT_OF_ORDER = 'The rows of this period do not stand in the order of their times'

let made: TestDatabase
let db: Database
let admin: pg.Client
let audit: AuditService

beforeAll(async () => {
  made = await testDatabase()
  db = openDatabase(made.url)
  audit = createAudit({ store: auditStore(db), clock: () => new Date() })
  admin = new pg.Client(made.adminUrl)
  await admin.connect()
  await admin.query(`set session_replication_role = 'replica'`)
})
beforeEach(async () => {
  await admin.query('delete from audit_event')
  await admin.query(`update audit_head set seq = 0, chain = decode(repeat('00', 32), 'hex')`)
})
afterAll(async () => {
  await admin.end()
  await db.$disconnect()
  await made.drop()
})

/** A trail whose chain holds, and whose events bear the times of a clock that went as it liked. */
async function trail(events: (Pick<AuditEntry, 'type' | 'actor'> & Partial<AuditEntry> & { at: string })[]) {
  for (const { at, ...event } of events)
    await audit.record({ outcome: 'success', object: { type: 'certificate', id: 'c-1', name: `CN=${at}` }, ...event })
  let chain: Uint8Array = new Uint8Array(32)
  const { rows } = await admin.query<{ seq: string; payload: Buffer }>(
    'select seq, payload from audit_event order by seq',
  )
  for (const [index, { seq, payload }] of rows.entries()) {
    const time = new Date(events[index]?.at ?? '').toISOString()
    const told = Buffer.from(payload.toString('utf8').replace(/"time":"[^"]+"/, `"time":"${time}"`), 'utf8')
    const leaf = leafOf(told)
    chain = chainOf(chain, leaf)
    await admin.query('update audit_event set time = $2, payload = $3, leaf = $4, chain = $5 where seq = $1', [
      ...[seq, time, told],
      ...[Buffer.from(leaf), Buffer.from(chain)],
    ])
  }
  await admin.query('update audit_head set chain = $1', [Buffer.from(chain)])
}

const reportOf = (period: typeof OCTOBER, mostRuns?: number) =>
  createAuditReport({
    store: { ...auditStore(db), ...auditReportStore(db, mostRuns) },
    audit,
    pdf: async () => new Uint8Array(),
    clock: () => new Date(),
  }).document(auditor, period)

function sectionOf({ blocks }: ReportDocument, title: string): string[] {
  const at = blocks.findIndex((block) => block.kind === 'heading' && block.text === title)
  const table = blocks.slice(at).find((block) => block.kind === 'table')
  return table?.kind === 'table' ? table.rows.map((row) => row.join(' | ')) : []
}

const factOf = ({ blocks }: ReportDocument, name: string) =>
  blocks.flatMap((block) => (block.kind === 'facts' ? block.facts : [])).find((fact) => fact.name === name)?.value

const BACKDATED = [
  { type: 'ca.create.completed', actor: ada, at: '2026-11-02T08:00:00Z' },
  { type: 'certificate.issued', actor: ada, at: '2026-10-05T08:00:00Z' },
  { type: 'challenge.mismatch', actor: person(null), outcome: 'denied', at: '2026-11-20T08:00:00Z' },
  { type: 'ca.create.completed', actor: ben, at: '2026-10-01T00:00:00.000Z' },
  { type: 'certificate.issued', actor: ben, at: '2026-10-31T23:59:59.999Z' },
  { type: 'challenge.mismatch', actor: person(null), outcome: 'denied', at: '2026-10-20T08:00:00Z' },
  { type: 'certificate.issued', actor: ada, at: '2026-11-01T00:00:00.000Z' },
] as const

test('the time of an event decides to which period it belongs, wherever its row stands', async () => {
  await trail([...BACKDATED])
  const october = await reportOf(OCTOBER)
  expect(october.events).toBe(4)
  expect(sectionOf(october, 'In numbers')).toEqual(
    expect.arrayContaining(['Certificates issued | 2', 'Outcome: success | 3', 'Outcome: denied | 1']),
  )
  expect(sectionOf(october, 'Who acted')).toEqual(['Ben | 2', 'Ada | 1'])
  expect(sectionOf(october, 'Changes of certificate authorities and keys')).toMatchObject([
    expect.stringMatching(/^2026-10-01 00:00:00 \| Ben/),
  ])
  expect(sectionOf(october, 'Exceptions')).toMatchObject([expect.stringMatching(/^2026-10-20/)])
  const november = await reportOf(NOVEMBER)
  expect(november.events).toBe(3)
  expect(sectionOf(november, 'Who acted')).toEqual(['Ada | 2'])
  expect(sectionOf(november, 'Exceptions')).toMatchObject([expect.stringMatching(/^2026-11-20/)])
})

test('a report says that its rows do not stand in the order of their times, and which rows it recomputed', async () => {
  await trail([...BACKDATED])
  const report = await reportOf(OCTOBER)
  expect(JSON.stringify(report)).toContain(OUT_OF_ORDER)
  expect(JSON.stringify(report)).toContain('All 5 rows from 2 to 6 were recomputed')
  expect(factOf(report, 'First of the period')).toBe('event 2, 2026-10-05 08:00:00')
  expect(factOf(report, 'Last of the period')).toBe('event 6, 2026-10-20 08:00:00')
  expect(factOf(report, 'Head of the chain')).toContain('event 7,')
})

test('rows that follow one another are out of order as well when a clock was set back between them', async () => {
  const issued = { type: 'certificate.issued', actor: ada } as const
  await trail([
    { ...issued, at: '2026-10-05T08:00:00Z' },
    { ...issued, at: '2026-10-04T08:00:00Z' },
  ])
  expect(JSON.stringify(await reportOf(OCTOBER))).toContain(OUT_OF_ORDER)
})

test('rows in order are not said to be out of it: those of one moment, nor those beside which one was removed', async () => {
  const issued = { type: 'certificate.issued', actor: ada } as const
  await trail([
    { ...issued, at: '2026-09-30T23:59:59.999Z' },
    { ...issued, at: '2026-10-05T08:00:00Z' },
    { ...issued, at: '2026-10-05T08:00:00Z' },
    { ...issued, at: '2026-10-06T08:00:00Z' },
    { ...issued, at: '2026-11-06T08:00:00Z' },
  ])
  const whole = await reportOf(OCTOBER)
  expect(JSON.stringify(whole)).not.toContain(OUT_OF_ORDER)
  expect(JSON.stringify(whole)).toContain('All 3 events of the period were recomputed')
  await admin.query('delete from audit_event where seq = 3')
  const holed = await reportOf(OCTOBER)
  expect(holed.events).toBe(2)
  expect(JSON.stringify(holed)).not.toContain(OUT_OF_ORDER)
  expect(JSON.stringify(holed)).toContain('THE CHAIN IS BROKEN')
})

test('a period that lies scattered over the trail in too many places is refused in words', async () => {
  await trail([...BACKDATED])
  await expect(reportOf(OCTOBER, 1)).rejects.toMatchObject({ code: 'invalid_input', reason: 'period_scattered' })
  await expect(reportOf(OCTOBER, 2)).resolves.toMatchObject({ events: 4 })
})

test('every kind of refusal is an enrolment refused, told once', async () => {
  const stranger = person(null)
  const refused = { outcome: 'denied', actor: stranger, at: '2026-10-05T08:00:00Z' } as const
  await trail([
    { ...refused, type: 'enrol.request.rejected' },
    { ...refused, type: 'challenge.mismatch' },
    { ...refused, type: 'challenge.unknown' },
    { ...refused, type: 'challenge.expired' },
    { ...refused, type: 'challenge.replayed' },
    { ...refused, type: 'scep.transaction_conflict' },
    { ...refused, type: 'validator.answered' },
    { ...refused, type: 'approval.denied', outcome: 'success', actor: ada },
    { ...refused, type: 'approval.expired', outcome: 'success' },
    // Nobody asked for anything, it was allowed, it was answered before, or it can still succeed.
    { ...refused, type: 'challenge.expired', outcome: 'success' },
    { ...refused, type: 'validator.answered', outcome: 'success' },
    { ...refused, type: 'scep.retransmission' },
    { ...refused, type: 'validator.unavailable', outcome: 'error' },
  ])
  expect(sectionOf(await reportOf(OCTOBER), 'In numbers')).toContain('Enrolments refused | 9')
})
