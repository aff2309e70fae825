/** Every cause of a refusal is explained to people, and told to devices in a fixed phrase. */
import { expect, test } from 'vitest'
import { FAIL_TEXT } from '@/lib/scep/fail-info'
import type { AuditEventView } from './audit'
import { causeOf, ENROLMENT_CAUSES, explanationOf, FAILURE_EXPLANATIONS } from './enrolment-refusals'
import { actor } from './testing/harness'
import {
  createTransactions,
  type TransactionRecord,
  type TransactionRow,
  type TransactionStore,
  type TransactionView,
} from './transactions'

const row = (state: TransactionView['state'], reason: string | null): TransactionRow => ({
  id: '1',
  state,
  reason,
  detail: null,
  endpoint: { slug: 'staff', name: 'Staff' },
  group: { slug: 'staff', name: 'Staff' },
  subject: 'CN=a',
  transactionId: 'T',
  sourceIp: null,
  userAgent: null,
  client: null,
  challengeId: null,
  certificate: null,
  createdAt: new Date(0),
  finishedAt: null,
  messageType: 19,
})

const EMPTY: TransactionStore = {
  list: async () => [],
  count: async () => 0,
  get: async () => null,
  clients: async () => [],
}

const list = async (state: TransactionView['state'], reason: string | null) => {
  const store = { ...EMPTY, list: async () => [row(state, reason)] }
  return (await createTransactions({ store }).list(actor('auditor'), {}, {})).items[0]?.explanation
}

test.each([...Object.keys(ENROLMENT_CAUSES), ...Object.keys(FAILURE_EXPLANATIONS)])(
  '%s is explained in a sentence or two',
  (reason) => {
    expect(explanationOf(reason)).toMatch(/^[A-Z].*\.$/)
  },
)

test.each(Object.keys(ENROLMENT_CAUSES))('%s names the cause first and then the next step', (reason) => {
  const { cause, nextStep } = causeOf(explanationOf(reason) ?? '')
  expect(cause).toMatch(/^[A-Z].*\.$/)
  expect(nextStep).toMatch(/^[A-Z].*\.$/)
})

test('devices hear the fixed phrases only, and one phrase for every challenge', () => {
  const phrases: string[] = Object.values(FAIL_TEXT)
  for (const { text } of Object.values(ENROLMENT_CAUSES)) expect(phrases).toContain(text)
  const challenges = Object.entries(ENROLMENT_CAUSES).filter(([reason]) =>
    /^challenge_|^static_secret_|^(subject|san|usage)_mismatch$/.test(reason),
  )
  expect(new Set(challenges.map(([, { failInfo, text }]) => `${failInfo} ${text}`))).toEqual(
    new Set(['badRequest challenge rejected']),
  )
})

test('an issued transaction needs no explanation, one being worked on says so, an unknown code is shown as it is', async () => {
  expect(await list('issued', null)).toBeNull()
  expect(await list('received', null)).toMatch(/worked on/)
  expect(await list('refused', 'code_of_a_later_version')).toContain('code_of_a_later_version')
  expect(await list('refused', 'challenge_expired')).toContain('expired')
})

test('only people who may read transactions do', async () => {
  await expect(
    createTransactions({ store: EMPTY }).list({ ...actor('admin'), role: null }, {}, {}),
  ).rejects.toMatchObject({
    code: 'unauthenticated',
  })
})

test('an operator of some groups reads nothing in an enrolment that names another group or the installation', async () => {
  const event = (reason: string | null, type: AuditEventView['object']['type'], id: string): AuditEventView => ({
    ...{ seq: id, id, time: new Date(0), type: 'challenge.unknown', outcome: 'denied', severity: 'low', reason },
    actor: { type: 'device', id: null, name: 'device', role: null },
    object: { type, id },
    source: { ip: null, userAgent: null, via: 'scep' },
    ...{ data: {}, change: null, sentence: '', chain: '' },
  })
  const history = [
    event('challenge_unknown', 'endpoint', 'endpoint'),
    event('static_secret_address', 'static-secret', 'secret'),
    event(null, 'certificate', 'own'),
    event(null, 'transaction', 'row'),
    event(null, 'challenge', 'challenge'),
    event('challenge_other_endpoint', 'challenge', 'elsewhere'),
    event('renewal_repeated', 'certificate', 'of another group'),
    event('validator_refused', 'validator', 'validator'),
    event('challenge_refused', 'minter', 'minter'),
  ]
  const record: TransactionRecord = {
    ...{ ...row('issued', null), certificate: { id: 'own', serial: '01' } },
    ...{ csrSha256: null, spkiSha256: null, signerSpkiSha256: null, challenge: null, records: [], history },
    rules: { minRsaBits: 2048, ellipticCurves: [], extendedKeyUsage: [] },
  }
  const service = createTransactions({ store: { ...EMPTY, get: async () => record } })
  const seenBy = async (groups?: string[]) => {
    const id = '0198d2bf-0000-7000-8000-000000000002'
    return (await service.record({ ...actor('operator'), ...(groups && { groups }) }, id)).history.map(({ id }) => id)
  }
  expect(await seenBy(['staff'])).toEqual(['endpoint', 'secret', 'own', 'row', 'challenge'])
  expect(await seenBy()).toHaveLength(history.length)
})
