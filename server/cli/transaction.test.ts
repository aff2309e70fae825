/** Enrolments and simulations on the command line: what is asked of the services, and what people read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TransactionDetail } from '@/lib/services/transactions'
import { type Fakes, latchkey } from './testing/terminal'

const ID = '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f'
const enrolment = {
  id: ID,
  operation: 'PKCSReq',
  state: 'refused',
  reason: 'subject_mismatch',
  cause: 'The request names another subject.',
  nextStep: 'Correct the device profile.',
  subject: 'CN=tablet-8',
  endpoint: { slug: 'staff', name: 'Staff' },
  createdAt: new Date('2026-11-23T10:00:00Z'),
  fields: [{ field: 'subject', expected: ['CN=tablet-7'], received: ['CN=tablet-8'], verdict: 'differs' }],
  exchanges: [
    {
      operation: 'PKCSReq',
      outcome: 'refused',
      at: new Date('2026-11-23T10:00:00Z'),
      steps: [{ at: 4, took: 1, label: 'Envelope read', says: ['AES-256'] }],
    },
  ],
  history: [],
  support: 'names replaced',
} as unknown as TransactionDetail

test('transaction list filters as asked', async () => {
  const asked: unknown[] = []
  const list = async (_: unknown, filter: unknown, page: unknown) => {
    asked.push(filter, page)
    return { items: [enrolment], nextCursor: null, previousCursor: null }
  }
  const services: Fakes = { transactions: { list } }
  const args = ['transaction', 'list', '--state', 'refused', '--device', 'tab', '--from', '2026-11-23']
  const { out } = await latchkey(args, { services })
  expect(asked).toEqual([{ state: 'refused', device: 'tab', from: new Date('2026-11-23T00:00:00Z') }, { limit: 50 }])
  expect(out).toContain('subject_mismatch')
  expect((await latchkey(['transaction', 'list', '--from', 'yesterday'], { services })).code).toBe(2)
})

test('transaction show tells the story, and --support the text without names', async () => {
  const services: Fakes = { transactions: { get: async () => enrolment } }
  const { out } = await latchkey(['transaction', 'show', ID], { services })
  for (const part of ['Correct the device profile.', 'CN=tablet-7', 'differs', 'Envelope read', 'AES-256'])
    expect(out).toContain(part)
  expect((await latchkey(['transaction', 'show', ID, '--support'], { services })).out).toBe('names replaced\n')
})

test('simulate sends the request, and the challenge from standard input alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-simulate-'))
  const csr = join(folder, 'a.csr')
  writeFileSync(csr, 'PEM')
  const asked: unknown[] = []
  const simulate = async (_: unknown, endpoint: string, request: unknown) => {
    asked.push(endpoint, request)
    return {
      endpoint,
      verdict: 'would_issue' as const,
      summary: 'It would get its certificate.',
      reason: null,
      nextStep: null,
      checks: [{ check: 'profile' as const, verdict: 'passes' as const, says: 'Within.' }],
      fields: [],
      dropped: [],
      notes: ['Look twice.'],
      question: null,
    }
  }
  const services: Fakes = { simulation: { simulate } }
  const args = ['simulate', 'staff', '--csr', csr, '--challenge-stdin', '--address', '192.0.2.7', '--policy', 'static']
  const { out } = await latchkey(args, { services, stdin: 'SECRET' })
  expect(asked).toEqual([
    'staff',
    { csr: 'PEM', challenge: 'SECRET', address: '192.0.2.7', changes: { policy: 'static' } },
  ])
  for (const part of ['It would get its certificate.', 'Look twice.']) expect(out).toContain(part)
  expect(out).not.toContain('SECRET')
  expect((await latchkey(['simulate', 'staff'], { services })).code).toBe(2)
  expect((await latchkey([...args, '--message-type', 'CertPoll'], { services })).code).toBe(2)
  rmSync(folder, { recursive: true })
})
