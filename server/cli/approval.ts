/** latchkey approval: requests that wait for people. */
import type { ApprovalState, ApprovalView } from '@/lib/services/approval-types'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom } from './command'
import { moment, table } from './text'

const STATES = ['open', 'approved', 'denied', 'expired'] as const satisfies readonly ApprovalState[]

export const listApprovals = command({
  name: 'approval list',
  summary: 'List requests that wait for approval',
  options: {
    state: { value: 'STATE', description: 'Those in this state; open unless given', choices: STATES },
    endpoint: { value: 'SLUG', description: 'Only those of this endpoint' },
    ...PAGE_OPTIONS,
  },
  examples: ['approval list', 'approval list --state denied --endpoint contractors'],
  async run({ options, withServices }) {
    const state = (options.state ?? 'open') as ApprovalState
    const filter = { state, ...given({ endpoint: options.endpoint }) }
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.approvals.list(actor, filter, page))
    const rows = found.items.map((item) => [
      item.id,
      item.state,
      item.endpoint.slug,
      item.subject,
      item.sourceIp ?? '-',
      item.spkiSha256.slice(0, 16),
      moment(item.expiresAt),
    ])
    const text = table(
      ['ID', 'STATE', 'ENDPOINT', 'SUBJECT', 'FROM', 'KEY SHA-256', 'EXPIRES'],
      rows,
      'No request waits for approval.',
    )
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

const decision = (verb: 'approve' | 'deny', summary: string, say: (view: ApprovalView) => string) =>
  command({
    name: `approval ${verb}`,
    summary,
    argument: 'ID',
    options: { comment: { value: 'TEXT', description: 'Why, for the record' } },
    examples: [`approval ${verb} 0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f --comment "asked the owner on the phone"`],
    async run({ argument, options, withServices }) {
      const view = await withServices((services, actor) => services.approvals[verb](actor, argument, options.comment))
      const { id, state, certificate, problem } = view
      return { json: { id, state, certificate, problem }, text: say(view) }
    },
  })

export const approveRequest = decision('approve', 'Approve a request and make its certificate', (view) =>
  view.certificate === null
    ? `The request of ${view.subject} is approved. ${view.problem ?? ''}`.trim()
    : `The request of ${view.subject} is approved: certificate ${view.certificate.serial}.`,
)

export const denyRequest = decision('deny', 'Deny a request', (view) => `The request of ${view.subject} is denied.`)
