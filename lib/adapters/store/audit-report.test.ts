/** Export, report, stories of objects and recorded reading, on the trail that Postgres keeps. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { isRefusal } from '@/lib/errors'
import type { AuditEntry, AuditService } from '@/lib/services/audit'
import { chainOf, leafOf } from '@/lib/services/audit-chain'
import { createAuditExport } from '@/lib/services/audit-export'
import { createAuditObjects } from '@/lib/services/audit-objects'
import { createAuditReport } from '@/lib/services/audit-report'
import { createAudit } from '@/lib/services/audit-trail'
import { keyOfDevice } from '@/lib/services/devices'
import { createReadings } from '@/lib/services/readings'
import type { ReportDocument } from '@/lib/services/report-document'
import { reportHtml } from '@/lib/services/report-html'
import { person } from '@/lib/services/testing/people'
import { auditStore } from './audit'
import { auditObjectStore } from './audit-objects'
import { auditReportStore } from './audit-report'
import { type Database, openDatabase } from './database'

const ID = '00000000-0000-4000-8000-000000000001'
const GROUP = '00000000-0000-4000-8000-0000000000aa'
const auditor = person('auditor', ID)
const operator = person('operator', ID)
const period = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 86_400_000) }

let made: TestDatabase
let db: Database
let audit: AuditService

const happened = (more: Partial<AuditEntry>): AuditEntry => ({
  type: 'certificate.issued',
  outcome: 'success',
  actor: person('admin', ID),
  object: { type: 'certificate', id: 'certificate-1', name: 'CN=tablet-7' },
  ...more,
})

beforeAll(async () => {
  made = await testDatabase()
  db = openDatabase(made.url)
  audit = createAudit({ store: auditStore(db), clock: () => new Date() })
  await db.organisation.create({ data: { name: 'Example & Sons' } })
  await db.group.create({ data: { id: GROUP, name: 'Staff', slug: 'staff' } })
  const group = { type: 'group' as const, id: GROUP, name: 'Staff' }
  const change = { fields: ['vlan'], before: { vlan: 10 }, after: { vlan: 20 } }
  await audit.record(happened({ type: 'ca.create.completed', object: { type: 'ca', id: 'ca-1', name: 'Staff CA' } }))
  await audit.record(happened({ type: 'group.updated', object: group, change }))
  await audit.record(happened({}))
  await audit.record(happened({ type: 'certificate.issue_failed', outcome: 'failure', reason: 'signer_unreachable' }))
  const stranger = { ...person(null), ip: '203.0.113.9' }
  await audit.record(happened({ type: 'authz.denied', outcome: 'denied', reason: 'no_permission', actor: stranger }))
})
afterAll(async () => {
  await db.$disconnect()
  await made.drop()
})

async function exported(filter = {}): Promise<string> {
  const service = createAuditExport({ store: auditStore(db), audit, pageRows: 2 })
  const chunks: Uint8Array[] = []
  for await (const chunk of await service.jsonLines(auditor, filter)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

test('an export lets whoever has it recompute the chain, and is on record from beginning to end', async () => {
  const text = await exported()
  let chain: Uint8Array = new Uint8Array(32)
  for (const [at, line] of text.trimEnd().split('\n').entries()) {
    const [, seq, leaf, hash, event = ''] =
      /^\{"seq":(\d+),"leaf":"(\w+)","chain":"(\w+)","event":(.*)\}$/.exec(line) ?? []
    const own = leafOf(Buffer.from(event, 'utf8'))
    chain = chainOf(chain, own)
    expect([seq, leaf, hash]).toEqual([
      String(at + 1),
      Buffer.from(own).toString('hex'),
      Buffer.from(chain).toString('hex'),
    ])
  }
  const { items } = await audit.list(auditor, { types: ['audit.exported'] }, { limit: 2 })
  expect(items).toMatchObject([
    { outcome: 'success', data: { count: 5, sha256: createHash('sha256').update(text).digest('hex') } },
    { outcome: 'pending', data: { upTo: '5' } },
  ])
})

test('an export holds what was asked for and nothing else', async () => {
  const lines = (await exported({ types: ['certificate.'], outcome: 'failure' })).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).event.type)).toEqual(['certificate.issue_failed'])
})

test('an export that is broken off says how much was handed out', async () => {
  const service = createAuditExport({ store: auditStore(db), audit, pageRows: 2 })
  const lines = await service.jsonLines(auditor, {})
  await lines.next()
  await lines.return()
  const { items } = await audit.list(auditor, { types: ['audit.exported'] }, { limit: 1 })
  expect(items).toMatchObject([{ outcome: 'failure', reason: 'broken_off', data: { count: 2 } }])
})

test.each(['asc', 'desc'] as const)(
  'an export in another format has the same events (%s), and is recorded alike',
  async (order) => {
    const service = createAuditExport({ store: auditStore(db), audit, pageRows: 2 })
    let text = ''
    const file = await service.written(
      auditor,
      { search: 'certificate-1' },
      {
        ...{ format: 'csv', order },
        async *write(pages) {
          for await (const page of pages) yield page.map(({ seq }) => `${seq}\n`).join('')
        },
      },
    )
    for await (const chunk of file) text += Buffer.from(chunk).toString('utf8')
    expect(text).toBe((order === 'asc' ? [3, 4, 5] : [5, 4, 3]).map((seq) => `${seq}\n`).join(''))
    const { items } = await audit.list(auditor, { types: ['audit.exported'] }, { limit: 2 })
    const sha256 = createHash('sha256').update(text).digest('hex')
    expect(items).toMatchObject([
      { outcome: 'success', data: { format: 'csv', search: 'certificate-1', count: 3, sha256 } },
      { outcome: 'pending', reason: 'started' },
    ])
  },
)

const reports = () =>
  createAuditReport({
    store: { ...auditStore(db), ...auditReportStore(db) },
    audit,
    pdf: async () => new Uint8Array([1]),
    clock: () => new Date(),
  })
const sectionOf = (report: ReportDocument, title: string) => {
  const at = report.blocks.findIndex((block) => block.kind === 'heading' && block.text === title)
  const table = report.blocks.slice(at).find((block) => block.kind === 'table')
  return table?.kind === 'table' ? table.rows.map((row) => row.join(' | ')) : []
}

test('a report counts, lists changes and exceptions, and proves its period', async () => {
  const report = await reports().document(auditor, period)
  expect(report.title).toBe('Audit report of Example & Sons')
  expect(sectionOf(report, 'In numbers')).toContain('Certificates issued | 1')
  expect(sectionOf(report, 'Changes of certificate authorities and keys').join()).toContain(
    'created authority Staff CA',
  )
  expect(sectionOf(report, 'Changes of policies and settings').join()).toContain('vlan: 10 \u2192 20')
  const exceptions = sectionOf(report, 'Exceptions').join()
  expect(exceptions).toContain('could not be issued')
  expect(exceptions).toContain('203.0.113.9')
  expect(sectionOf(report, 'Who acted').join()).toMatch(/admin|auditor/)
  expect(JSON.stringify(report)).toMatch(/All \d+ events of the period were recomputed/)
  const { items } = await audit.list(auditor, {}, { limit: 1 })
  expect(JSON.stringify(report)).toContain(items[0]?.chain)
})

test('a period in which nothing happened is a report as well', async () => {
  const empty = { from: new Date('2001-01-01'), to: new Date('2001-02-01') }
  const report = await reports().document(auditor, empty)
  expect(report.events).toBe(0)
  expect(sectionOf(report, 'Exceptions')).toEqual([])
})

test.each(['html', 'pdf'] as const)('a report as %s is on record with its digest', async (format) => {
  const bytes = await reports().file(auditor, period, format)
  const { items } = await audit.list(auditor, {}, { limit: 1 })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  expect(items).toMatchObject([{ type: 'audit.exported', data: { format, sha256 } }])
})

test('a report in HTML carries names as text, never as markup', () => {
  const html = reportHtml({
    title: '<b>&',
    subtitle: '"',
    events: 0,
    blocks: [{ kind: 'paragraph', text: '<script>' }],
  })
  expect(html).not.toContain('<script>')
  expect(html).toContain('&lt;b&gt;&amp;')
})

test('neither is for operators, nor for a period that ends before it begins', async () => {
  const backwards = { from: period.to, to: period.from }
  const refused = [exportFor(operator), reports().document(operator, period), reports().document(auditor, backwards)]
  const codes = await Promise.all(
    refused.map((each) =>
      each.then(
        () => 'allowed',
        (error) => isRefusal(error) && error.code,
      ),
    ),
  )
  expect(codes).toEqual(['forbidden', 'forbidden', 'invalid_input'])
})
const exportFor = (actor: typeof auditor) => createAuditExport({ store: auditStore(db), audit }).jsonLines(actor, {})

test('what an event is about has its name and its page, and what names nothing has no story', async () => {
  const objects = createAuditObjects({ store: auditObjectStore(db) })
  const { items } = await audit.list(auditor, { types: ['group.updated'] }, {})
  const named = await objects.named(auditor, items)
  expect(named.get(`group:${GROUP}`)).toMatchObject({ name: 'Staff', slug: 'staff' })
  expect(await objects.story(auditor, `group:${GROUP}`)).toMatchObject({ name: 'Staff', objects: [{ id: GROUP }] })
  expect(await objects.story(auditor, `device:${keyOfDevice('CN=unknown')}`)).toMatchObject({ objects: [] })
  for (const type of ['certificate', 'challenge', 'device', 'ca', 'endpoint', 'user', 'connector', 'nonsense']) {
    expect((await objects.story(auditor, `${type}:${ID}`))?.objects).toEqual([{ type, id: ID }])
  }
  expect(await objects.story(auditor, 'x')).toBeNull()
})

test('that a person read a sensitive page is recorded once in a quarter of an hour, for each page', async () => {
  let now = new Date()
  const readings = createReadings({ store: auditStore(db), audit, clock: () => now })
  const people = { type: 'system' as const, id: 'people', name: 'the list of people' }
  await readings.note(auditor, people)
  await readings.note(auditor, people)
  await readings.note(auditor, { ...people, id: 'keys', name: 'the list of API keys' })
  await readings.note({ ...auditor, type: 'service' }, people)
  now = new Date(now.getTime() + 16 * 60_000)
  await readings.note(auditor, people)
  const { items } = await audit.list(auditor, { types: ['audit.read'] }, {})
  expect(items.map(({ sentence }) => sentence)).toEqual([
    'auditor read the list of people',
    'auditor read the list of API keys',
    'auditor read the list of people',
  ])
})

test('the trail says when it was last verified, and how much is newer', async () => {
  expect(await audit.lastVerification(auditor)).toBeNull()
  const progress: number[] = []
  const { covered, headSeq } = await audit.verify(auditor, { progress: (checked) => progress.push(checked) })
  expect(covered).toMatchObject({ first: { seq: '1' }, last: { seq: headSeq } })
  expect(progress.at(-1)).toBe(Number(headSeq))
  expect(await audit.lastVerification(auditor)).toMatchObject({ ok: true, by: 'auditor', to: headSeq, newer: 1 })
})

test('a verification that nobody waits for any more stops, and leaves no verdict', async () => {
  const before = await audit.lastVerification(auditor)
  await expect(audit.verify(auditor, { signal: AbortSignal.abort() })).rejects.toThrow()
  expect(await audit.lastVerification(auditor)).toMatchObject({ at: before?.at })
})

test('a few reports are made at once, and whoever asks for more is told to wait', async () => {
  const desk = reports()
  const asked = await Promise.allSettled(Array.from({ length: 5 }, () => desk.document(auditor, period)))
  const refused = asked.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(2)
  expect(refused).toMatchObject([{ reason: { code: 'rate_limited' } }, { reason: { code: 'rate_limited' } }])
  await expect(desk.document(auditor, period)).resolves.toMatchObject({ title: 'Audit report of Example & Sons' })
})

test('a period without events names none', async () => {
  const quiet = { from: new Date('2001-01-01T00:00:00Z'), to: new Date('2001-02-01T00:00:00Z') }
  const { events, blocks } = await reports().document(auditor, quiet)
  expect(events).toBe(0)
  expect(blocks.at(-1)).toMatchObject({
    facts: expect.arrayContaining([
      { name: 'First of the period', value: 'none' },
      { name: 'Last of the period', value: 'none' },
    ]),
  })
})
