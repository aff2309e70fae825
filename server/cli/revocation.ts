/** latchkey revocation: many certificates revoked, held or released as one. */
import type {
  BulkFilter,
  BulkRevocationView,
  DryRun,
  ItemOutcome,
  Selection,
} from '@/lib/services/bulk-revocation-types'
import type { CertificateStatus, RevocationReason } from '@/lib/services/certificates'
import type { RevocationAction } from '@/lib/services/revocation'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf, UsageFault, wholeNumber } from './command'
import { CERTIFICATE_STATUSES, REVOCATION_REASONS } from './names'
import { facts, moment, table } from './text'

const ACTIONS = ['revoke', 'hold', 'release'] as const satisfies readonly RevocationAction[]
const OUTCOMES = ['waiting', 'done', 'skipped'] as const satisfies readonly ItemOutcome[]

export const startRevocation = command({
  name: 'revocation start',
  summary: 'Revoke, hold or release many certificates',
  details:
    'First with --dry-run: it says how many would change and changes nothing. Then with --expect and that number. The ' +
    'selection is frozen with the command; the running server works through it, and what matches later is not hit.',
  options: {
    group: { value: 'SLUG', description: 'All of this group' },
    issuer: { value: 'SLUG', description: 'All that this issuer signed' },
    endpoint: { value: 'SLUG', description: 'All of this endpoint' },
    device: { value: 'SUBJECT', description: 'All with exactly this subject' },
    search: { value: 'TEXT', description: 'All that match' },
    status: { value: 'STATUS', description: 'Only those with this status', choices: CERTIFICATE_STATUSES },
    issuance: { value: 'WHICH', description: 'first (of its line) or renewal', choices: ['first', 'renewal'] },
    certificate: { value: 'ID', description: 'These, by id, instead of a filter', repeats: true },
    action: { value: 'ACTION', description: 'revoke unless given', choices: ACTIONS },
    reason: { value: 'REASON', description: 'RFC 5280 §5.3.1; to revoke', choices: REVOCATION_REASONS },
    comment: { value: 'TEXT', description: 'For the certificate pages and the audit trail' },
    'compromised-since': { value: 'TIME', description: 'With keyCompromise: since when' },
    at: { value: 'TIME', description: 'Begin then rather than now' },
    'dry-run': { description: 'Say what would happen and change nothing' },
    expect: { value: 'N', description: 'How many the dry run said' },
  },
  examples: [
    'revocation start --group students --reason cessationOfOperation --dry-run',
    'revocation start --group students --reason cessationOfOperation --expect 12431',
    'revocation start --device "CN=tablet-7,O=Example" --action hold --expect 2',
  ],
  async run({ options, withServices }) {
    const { comment } = options
    const action = (options.action ?? 'revoke') as RevocationAction
    const selection = selectionOf(options)
    if (options['dry-run']) {
      const run = await withServices((services, actor) => services.bulkRevocations.preview(actor, action, selection))
      return { json: { dryRun: true, ...run }, text: dryRunText(run) }
    }
    const expect = wholeNumber('expect', options.expect, 1, 100_000_000)
    if (expect === undefined)
      throw new UsageFault('Run it with --dry-run first, then with --expect and the number it says.')
    const request = {
      selection,
      action,
      expect,
      confirmation: null,
      ...given({
        comment,
        reason: options.reason as RevocationReason | undefined,
        invalidityDate: timeOf('compromised-since', options['compromised-since']),
        startsAt: timeOf('at', options.at),
      }),
    }
    const bulk = await withServices((services, actor) => services.bulkRevocations.confirm(actor, request))
    return { json: bulk, text: `${bulkText(bulk)}\n\nFollow it with: revocation show ${bulk.id}` }
  },
})

export const listRevocations = command({
  name: 'revocation list',
  summary: 'List bulk revocations, newest first',
  options: { ...PAGE_OPTIONS },
  examples: ['revocation list'],
  async run({ options, withServices }) {
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.bulkRevocations.list(actor, page))
    const rows = found.items.map(({ id, state, action, described, done, skipped, total, startsAt }) => [
      id,
      state,
      `${action} ${described}`,
      `${done + skipped}/${total}`,
      moment(startsAt),
    ])
    const text = table(['ID', 'STATE', 'WHAT', 'DONE', 'BEGINS'], rows, 'There is no bulk revocation yet.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const showRevocation = command({
  name: 'revocation show',
  summary: 'Show one bulk revocation and what happened to its certificates',
  argument: 'ID',
  options: {
    outcome: { value: 'OUTCOME', description: 'Only certificates with this outcome', choices: OUTCOMES },
    ...PAGE_OPTIONS,
  },
  examples: ['revocation show 0198d2e1-1a2b-4c3d-8e4f-5a6b7c8d9e0f --outcome skipped'],
  async run({ argument, options, withServices }) {
    const page = pageFrom(options)
    const filter = given({ outcome: options.outcome as ItemOutcome | undefined })
    const [bulk, certificates] = await withServices(async (services, actor) => [
      await services.bulkRevocations.get(actor, argument),
      await services.bulkRevocations.items(actor, argument, filter, page),
    ])
    const rows = certificates.items.map(({ certificate, outcome, why }) => [
      certificate.serial,
      why === null ? outcome : `${outcome}: ${why}`,
      certificate.status,
      certificate.subject,
    ])
    const text = [bulkText(bulk), '', table(['SERIAL', 'OUTCOME', 'STATUS', 'SUBJECT'], rows, 'No certificate.')]
    return { json: { ...bulk, certificates }, text: text.join('\n') + moreHint(certificates.nextCursor) }
  },
})

export const stopRevocation = command({
  name: 'revocation stop',
  summary: 'Stop a bulk revocation, or cancel it before its time',
  argument: 'ID',
  options: {},
  examples: ['revocation stop 0198d2e1-1a2b-4c3d-8e4f-5a6b7c8d9e0f'],
  async run({ argument, withServices }) {
    const bulk = await withServices((services, actor) => services.bulkRevocations.stop(actor, argument))
    return { json: bulk, text: bulkText(bulk) }
  },
})

function selectionOf(options: {
  certificate: string[]
  group: string | undefined
  issuer: string | undefined
  endpoint: string | undefined
  device: string | undefined
  search: string | undefined
  status: string | undefined
  issuance: string | undefined
}): Selection {
  const { certificate, group, issuer, endpoint, device: subject, search } = options
  const filter = given({
    group,
    issuer,
    endpoint,
    subject,
    search,
    status: options.status as CertificateStatus | undefined,
    issuance: options.issuance as BulkFilter['issuance'],
  })
  if (certificate.length === 0 && Object.keys(filter).length === 0)
    throw new UsageFault(
      'Say which: --group, --issuer, --endpoint, --device, --search, --status, --issuance or --certificate.',
    )
  if (certificate.length === 0) return { filter }
  if (Object.keys(filter).length === 0) return { certificates: certificate }
  throw new UsageFault('Name certificates by --certificate, or describe them by the other options: not both.')
}

function dryRunText(run: DryRun): string {
  const counts = (entries: Record<string, number | undefined>) =>
    Object.entries(entries)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ') || '-'
  return facts([
    ['Selected', run.described],
    ['Matched', String(run.matched)],
    ['Would change', `${run.affected} (${counts(run.statuses)})`],
    ['Left out', counts(run.skipped)],
    ['To go on', `--expect ${run.affected}`],
  ])
}

function bulkText(bulk: BulkRevocationView): string {
  return facts([
    ['Id', bulk.id],
    ['What', `${bulk.action} ${bulk.described}`],
    ['State', bulk.state],
    ['Done', `${bulk.done} of ${bulk.total}, ${bulk.skipped} skipped`],
    ['By', bulk.requestedBy],
    [bulk.startedAt ? 'Began' : 'Begins', moment(bulk.startedAt ?? bulk.startsAt)],
    ...(bulk.endedAt ? ([['Ended', moment(bulk.endedAt)]] as const) : []),
  ])
}
