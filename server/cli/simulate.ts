/** latchkey simulate: what would happen to a request at an endpoint, without any effect. */
import { command, given, secretFromStdin, UsageFault } from './command'
import { readTextFile } from './files'
import { table } from './text'

export const simulate = command({
  name: 'simulate',
  summary: 'See what would happen to a certificate request, without any effect',
  details: 'Judges a request in a file, or a recorded enrolment. Nothing is reserved, counted or sent.',
  argument: 'ENDPOINT',
  options: {
    csr: { value: 'FILE', description: 'The certificate request, PEM' },
    transaction: { value: 'ID', description: 'A recorded enrolment instead' },
    'challenge-stdin': { description: 'Read a challenge from standard input, instead of the one in the request' },
    subject: { value: 'DN', description: 'Compare with this subject, as if a challenge were bound to it' },
  },
  examples: [
    'simulate staff --csr tablet-7.csr',
    'simulate staff --transaction 0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f --subject CN=tablet-7',
  ],
  async run({ argument, options, io, withServices }) {
    const { csr, transaction, subject } = options
    if ((csr === undefined) === (transaction === undefined))
      throw new UsageFault('Give either --csr FILE or --transaction ID.')
    const request = given({
      csr: csr === undefined ? undefined : await readTextFile(csr),
      transaction,
      challenge: options['challenge-stdin'] ? await secretFromStdin(io, 'challenge') : undefined,
      expected: subject === undefined ? undefined : { subject },
    })
    const report = await withServices((services, actor) => services.simulation.simulate(actor, argument, request))
    const checks = report.checks.map(({ check, verdict, says }) => [check, verdict.replace('_', ' '), says])
    const fields = report.fields.map(({ field, expected, received, verdict }) => [
      field,
      expected === null ? 'anything' : expected.join(', ') || 'none',
      received.join(', ') || 'none',
      verdict,
    ])
    const parts = [
      report.summary + (report.nextStep === null ? '' : `\n${report.nextStep}`),
      table(['CHECK', 'VERDICT', 'SAYS'], checks, ''),
      table(['FIELD', 'EXPECTED', 'RECEIVED', 'VERDICT'], fields, ''),
    ]
    return { json: report, text: parts.join('\n\n') }
  },
})
