/** latchkey break-glass: the issuer of a group itself revoked, drilled, and replaced. */
import { type BreakGlassView, ISSUER_REASONS } from '@/lib/services/break-glass'
import type { IssuerKey } from '@/lib/services/groups'
import { command, given } from './command'
import { facts, moment } from './text'

const ISSUER = { value: 'SLUG', description: 'An issuer of the group; the one that issues unless given' } as const

export const showBreakGlass = command({
  name: 'break-glass show',
  summary: "Show what the revocation of a group's issuer would hit, or how far the group has come back",
  argument: 'GROUP',
  options: { issuer: ISSUER },
  examples: ['break-glass show staff'],
  async run({ argument, options, withServices }) {
    return answer(await withServices((services, actor) => services.breakGlass.get(actor, argument, options.issuer)))
  },
})

export const drillBreakGlass = command({
  name: 'break-glass drill',
  summary: 'Record a drill: the same answer, no effect',
  argument: 'GROUP',
  options: { issuer: ISSUER },
  examples: ['break-glass drill staff'],
  async run({ argument, options, withServices }) {
    return answer(await withServices((services, actor) => services.breakGlass.drill(actor, argument, options.issuer)))
  },
})

export const revokeIssuer = command({
  name: 'break-glass revoke',
  summary: 'Revoke the issuer of a group; it cannot be undone',
  details: 'Everything it signed counts for nothing from then on, and the endpoints of the group are switched off.',
  argument: 'GROUP',
  options: {
    issuer: ISSUER,
    reason: { value: 'REASON', description: 'cACompromise unless given', choices: ISSUER_REASONS },
    comment: { value: 'TEXT', description: 'For the audit trail' },
    confirm: { value: 'NAME', description: 'The name of the group', required: true },
  },
  examples: ['break-glass revoke staff --confirm Staff --comment "key seen in a backup"'],
  async run({ argument, options, withServices }) {
    const { issuer, comment, confirm: confirmation } = options
    const reason = (options.reason ?? 'cACompromise') as (typeof ISSUER_REASONS)[number]
    const request = { reason, confirmation, ...given({ issuer, comment }) }
    return answer(await withServices((services, actor) => services.breakGlass.revokeIssuer(actor, argument, request)))
  },
})

export const replaceIssuer = command({
  name: 'break-glass replace',
  summary: 'Make the issuer that follows a revoked one and move the endpoints to it',
  details: 'The endpoints stay off: switch each on with endpoint enable.',
  argument: 'GROUP',
  options: {
    'issuer-key': {
      value: 'KIND',
      description: 'Its key; like the one before unless given',
      choices: ['rsa3072', 'rsa4096', 'p256', 'p384'],
    },
  },
  examples: ['break-glass replace staff --issuer-key p384'],
  async run({ argument, options, withServices }) {
    const request = given({ issuerKey: options['issuer-key'] as IssuerKey | undefined })
    return answer(await withServices((services, actor) => services.breakGlass.replaceIssuer(actor, argument, request)))
  },
})

function answer(view: BreakGlassView) {
  const { issuer, hit, plan, lastDrill } = view
  const endpoints = hit.endpoints.map(({ slug, enabled }) => `${slug} (${enabled ? 'on' : 'off'})`).join(', ')
  const text = facts([
    ['Issuer', `${issuer.name} (${issuer.status})`],
    ...(issuer.revokedAt ? ([['Revoked', `${moment(issuer.revokedAt)} by ${issuer.revokedBy}`]] as const) : []),
    ['Certificates', String(hit.certificates)],
    ['Devices', String(hit.devices)],
    ['Endpoints', endpoints === '' ? '-' : endpoints],
    ...(plan === null
      ? ([['Last drill', lastDrill ? `${moment(lastDrill.at)} by ${lastDrill.by}` : 'never']] as const)
      : ([
          ['Next issuer', plan.next ? `${plan.next.name} (${plan.next.status})` : 'none yet'],
          ['Enrolled again', `${plan.enrolled} of ${hit.devices}`],
        ] as const)),
  ])
  return { json: view, text }
}
