/** latchkey simulate: what would happen to a request at an endpoint, without any effect. */
import type { SimulationReport } from '@/lib/services/simulation-types'
import { command, given, secretFromStdin, UsageFault } from './command'
import { readTextFile } from './files'
import { table } from './text'

const POLICIES = ['dynamic', 'static', 'approval', 'delegated'] as const
const MESSAGE_TYPES = ['PKCSReq', 'RenewalReq'] as const

export const simulate = command({
  name: 'simulate',
  summary: 'See what would happen to a certificate request, without any effect',
  details:
    'Judges a request in a file, or a recorded enrolment. Nothing is reserved, counted or sent; with --ask-validator, the validator of the endpoint hears a real question.',
  argument: 'ENDPOINT',
  options: {
    csr: { value: 'FILE', description: 'The certificate request, PEM' },
    transaction: { value: 'ID', description: 'A recorded enrolment instead' },
    'challenge-stdin': { description: 'Read a challenge from standard input, instead of the one in the request' },
    subject: { value: 'DN', description: 'Compare with this subject, as if a challenge were bound to it' },
    address: { value: 'IP', description: 'Where the device asks from' },
    'signed-by': { value: 'SERIAL', description: 'The certificate that signs the message, as in a renewal' },
    'message-type': {
      value: 'TYPE',
      description: 'PKCSReq or RenewalReq; the latter where a certificate signs',
      choices: MESSAGE_TYPES,
    },
    policy: { value: 'POLICY', description: 'As if the endpoint had this policy', choices: POLICIES },
    'ask-validator': { description: 'Really ask the validator of the endpoint' },
  },
  examples: [
    'simulate staff --csr tablet-7.csr',
    'simulate staff --csr tablet-7.csr --signed-by 3F00A1',
    'simulate printers --csr printer-7.csr --challenge-stdin --address 10.20.0.7',
    'simulate staff --transaction 0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f --subject CN=tablet-7',
  ],
  async run({ argument, options, io, withServices }) {
    const { csr, transaction, subject, address, policy: asked } = options
    if ((csr === undefined) === (transaction === undefined))
      throw new UsageFault('Give either --csr FILE or --transaction ID.')
    const policy = POLICIES.find((each) => each === asked)
    const request = given({
      csr: csr === undefined ? undefined : await readTextFile(csr),
      transaction,
      challenge: options['challenge-stdin'] ? await secretFromStdin(io, 'challenge') : undefined,
      expected: subject === undefined ? undefined : { subject },
      address,
      signedBy: options['signed-by'],
      messageType: MESSAGE_TYPES.find((each) => each === options['message-type']),
      askValidator: options['ask-validator'] ? true : undefined,
      changes: policy === undefined ? undefined : { policy },
    })
    const report = await withServices((services, actor) => services.simulation.simulate(actor, argument, request))
    return { json: report, text: textOf(report) }
  },
})

function textOf({ summary, nextStep, checks, fields, notes, question }: SimulationReport): string {
  const checked = checks.map(({ check, verdict, says }) => [check, verdict.replace('_', ' '), says])
  const compared = fields.map(({ field, expected, received, verdict }) => [
    field,
    expected === null ? 'anything' : expected.join(', ') || 'none',
    received.join(', ') || 'none',
    verdict,
  ])
  const parts = [
    summary + (nextStep === null ? '' : `\n${nextStep}`),
    table(['CHECK', 'VERDICT', 'SAYS'], checked, ''),
    table(['FIELD', 'EXPECTED', 'RECEIVED', 'VERDICT'], compared, ''),
    ...(notes.length === 0 ? [] : [['Whoever decides is shown:', ...notes].join('\n')]),
    ...(question === null ? [] : [questionText(question)]),
  ]
  return parts.join('\n\n')
}

function questionText({ validator, url, asked, body, answers }: NonNullable<SimulationReport['question']>): string {
  const rows = answers.map(({ answer, leadsTo }) => [answer, leadsTo])
  return [
    `${validator} ${asked ? 'was asked' : 'would be asked'}: POST ${url}`,
    ...(body === null ? [] : [body]),
    table(['ANSWER', 'LEADS TO'], rows, ''),
  ].join('\n\n')
}
