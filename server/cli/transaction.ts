/** latchkey transaction: every enrolment attempt, and one of them step by step. */
import type { TransactionDetail, TransactionFilter, TransactionView } from '@/lib/services/transactions'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf } from './command'
import { facts, moment, table } from './text'

const STATES = [
  'received',
  'pending',
  'issued',
  'answered',
  'refused',
  'failed',
] as const satisfies readonly TransactionView['state'][]

const KINDS = ['enrolment', 'question', 'all'] as const satisfies readonly TransactionFilter['kind'][]

export const listTransactions = command({
  name: 'transaction list',
  summary: 'List enrolment attempts, newest first',
  options: {
    kind: { value: 'KIND', description: 'enrolment (the default), question (GetCert, GetCRL) or all', choices: KINDS },
    group: { value: 'SLUG', description: 'Only those of this group' },
    endpoint: { value: 'SLUG', description: 'Only those of this endpoint' },
    state: { value: 'STATE', description: 'Only those that ended so', choices: STATES },
    reason: { value: 'CODE', description: 'Only those with this cause, such as challenge_expired' },
    client: { value: 'CLIENT', description: 'Only those of this client family' },
    device: { value: 'TEXT', description: 'Part of the subject' },
    from: { value: 'TIME', description: 'From then on, such as 2026-11-23 or 2026-11-23T08:00:00Z' },
    to: { value: 'TIME', description: 'Before then' },
    ...PAGE_OPTIONS,
  },
  examples: ['transaction list --state refused --from 2026-11-23', 'transaction list --device tablet-7 --json'],
  async run({ options, withServices }) {
    const { group, endpoint, reason, client, device } = options
    const filter = given({
      group,
      endpoint,
      reason,
      client,
      device,
      kind: options.kind as TransactionFilter['kind'],
      state: options.state as TransactionView['state'] | undefined,
      from: timeOf('from', options.from),
      to: timeOf('to', options.to),
    })
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.transactions.list(actor, filter, page))
    const rows = found.items.map((item) => [
      item.id,
      moment(item.createdAt),
      item.operation,
      item.state,
      item.endpoint.slug,
      item.subject ?? '-',
      item.reason ?? '-',
    ])
    const none = 'There are no such enrolments.'
    const text = table(['ID', 'TIME', 'OPERATION', 'STATE', 'ENDPOINT', 'SUBJECT', 'CAUSE'], rows, none)
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const showTransaction = command({
  name: 'transaction show',
  summary: 'Show one enrolment attempt step by step',
  argument: 'ID',
  options: { support: { description: 'As text to be passed on: names and addresses are replaced' } },
  examples: [
    'transaction show 0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
    'transaction show 0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f --support',
  ],
  async run({ argument, options, withServices }) {
    const enrolment = await withServices((services, actor) => services.transactions.get(actor, argument))
    const { history: _, ...json } = enrolment
    return { json, text: options.support ? enrolment.support : story(enrolment) }
  },
})

function story(enrolment: TransactionDetail): string {
  const { cause, nextStep, detail, fields, exchanges } = enrolment
  const head = facts([
    ['Operation', enrolment.operation],
    ['State', enrolment.state],
    ['Cause', cause ?? '-'],
    ['Next step', nextStep ?? '-'],
    ['Detail', detail ?? '-'],
    ['Subject', enrolment.subject ?? '-'],
    ['Endpoint', enrolment.endpoint.slug],
    ['Received', moment(enrolment.createdAt)],
    ['Address', enrolment.sourceIp ?? '-'],
    ['Certificate', enrolment.certificate?.serial ?? '-'],
  ])
  const compared = fields.map(({ field, expected, received, verdict }) => [
    field,
    expected === null ? 'anything' : expected.join(', ') || 'none',
    received.join(', ') || 'none',
    verdict,
  ])
  const parts = [
    head,
    ...(fields.length === 0 ? [] : [table(['FIELD', 'EXPECTED', 'RECEIVED', 'VERDICT'], compared, '')]),
  ]
  for (const { operation, outcome, at, steps } of exchanges) {
    const rows = steps.map((step) => [`${step.at} ms`, step.label, step.says.join(', ')])
    parts.push(`${operation}, ${outcome.replace('_', ' ')}, ${moment(at)}\n${table(['AT', 'STEP', 'SAYS'], rows, '')}`)
  }
  return parts.join('\n\n')
}
