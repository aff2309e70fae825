/** latchkey audit, certificate, endpoint and group: what was so in the past, and who made it so. */
import { ACTIVITY_KINDS, type ActivityKind, type ActivitySums } from '@/lib/services/activity'
import type { PolicyObjectType, PolicyVersionView } from '@/lib/services/policy-versions'
import type { ProvenanceView } from '@/lib/services/provenance'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, UsageFault } from './command'
import { facts, moment, table } from './text'

const FILTER = {
  group: { value: 'SLUG', description: 'Only certificates of this group' },
  issuer: { value: 'SLUG', description: 'Only those that this issuer signed' },
  endpoint: { value: 'SLUG', description: 'Only those of this endpoint' },
} as const
const BETWEEN = {
  from: { value: 'DAY', description: 'The first day, such as 2026-03-01; a month ago unless given' },
  to: { value: 'DAY', description: 'The last day; now unless given' },
} as const

export const auditAsOf = command({
  name: 'audit as-of',
  summary: 'List the certificates that were valid at the end of a day, and count them by policy',
  options: {
    on: { value: 'DAY', description: 'Such as 2026-03-14 (its end, UTC) or 2026-03-14T08:00:00Z; now unless given' },
    ...FILTER,
    ...PAGE_OPTIONS,
  },
  examples: ['audit as-of --on 2026-03-14 --group staff'],
  async run({ options: { on, group, issuer, endpoint, ...options }, withServices }) {
    const filter = given({ group, issuer, endpoint })
    const page = pageFrom(options)
    const [counts, found] = await withServices((services, actor) =>
      Promise.all([services.asOf.counts(actor, on, filter), services.asOf.list(actor, on, filter, page)]),
    )
    const sums = counts.counts.map((row) => [
      row.group?.slug ?? '-',
      row.issuer.slug,
      policyOf(row),
      String(row.certificates),
    ])
    const rows = found.items.map((item) => [item.serial, item.subject, policyOf(item), moment(item.notAfter)])
    const text = [
      `${counts.total} valid at ${moment(counts.at)}`,
      table(['GROUP', 'ISSUER', 'POLICY', 'CERTIFICATES'], sums, 'No certificate was valid then.'),
      ...(rows.length > 0 ? [table(['SERIAL', 'SUBJECT', 'POLICY', 'UNTIL'], rows, '')] : []),
    ]
    return { json: { ...counts, ...found }, text: text.join('\n\n') + moreHint(found.nextCursor) }
  },
})

function policyOf(row: { endpoint: { slug: string } | null; policyVersion: number | null }): string {
  return row.endpoint === null ? '-' : `${row.endpoint.slug} v${row.policyVersion ?? '?'}`
}

export const auditCompare = command({
  name: 'audit compare',
  summary: 'Compare two days: what came and went, and what was changed in between',
  options: { ...BETWEEN, ...FILTER },
  examples: ['audit compare --from 2026-03-01 --to 2026-03-31'],
  async run({ options: { from, to, group, issuer, endpoint }, withServices }) {
    const found = await withServices((services, actor) =>
      services.asOf.compare(actor, given({ from, to }), given({ group, issuer, endpoint })),
    )
    const groups = found.groups.map(({ group: of, before, after, came, gone }) => [
      of?.slug ?? '-',
      String(before),
      `+${came.issued + came.renewed + came.released}`,
      `-${gone.expired + gone.revoked + gone.held + gone.issuer_revoked}`,
      String(after),
    ])
    const policies = found.policies.map(({ object, version, at, ...change }) => [
      `${object.type} ${object.slug} v${version}`,
      moment(at),
      whoOf(change),
      change.changes.map(({ field }) => field).join(', '),
    ])
    const authorities = found.authorities.map(({ authority, what, at }) => [authority.slug, what, moment(at)])
    const text = [
      `${moment(found.from)} to ${moment(found.to)}`,
      table(['GROUP', 'FIRST', 'CAME', 'WENT', 'SECOND'], groups, 'No certificate was valid on either day.'),
      table(['POLICY', 'TIME', 'WHO', 'WHAT'], policies, 'No policy was changed in between.'),
      table(['AUTHORITY', 'WHAT', 'TIME'], authorities, 'No authority changed in between.'),
    ]
    return { json: found, text: text.join('\n\n') }
  },
})

export const auditActivity = command({
  name: 'audit activity',
  summary: 'Sum up what a group, an issuer, a device or a person did in a period',
  details: 'Name it as group:SLUG, issuer:SLUG, device:KEY or person:ID; a key of the API is a person.',
  argument: 'OF',
  options: BETWEEN,
  examples: ['audit activity group:staff --from 2026-03-01 --to 2026-03-31'],
  async run({ argument, options: { from, to }, withServices }) {
    const [kind, id = ''] = argument.split(':')
    if (!isKind(kind)) throw new UsageFault('Name it as group:SLUG, issuer:SLUG, device:KEY or person:ID.')
    const found = await withServices((services, actor) =>
      services.activity.summary(actor, { kind, id, ...given({ from, to }) }),
    )
    const { subject, sums, events } = found
    const rows = events.counts.map(({ type, outcome, count }) => [type, outcome, String(count)])
    const text = [
      facts([
        ['Of', subject.name],
        ['From', moment(found.from)],
        ['To', moment(found.to)],
        ...(sums === null ? [] : sumFacts(sums)),
      ]),
      table(['EVENT', 'OUTCOME', 'HOW OFTEN'], rows, 'There are no events of it in this period.'),
    ]
    return { json: found, text: text.join('\n\n') }
  },
})

function isKind(kind: string | undefined): kind is ActivityKind {
  return ACTIVITY_KINDS.some((known) => known === kind)
}

function sumFacts({
  issued,
  renewed,
  challenges,
  enrolments,
  revocations,
  decisions,
}: ActivitySums): [string, string][] {
  const list = (parts: string[]) => (parts.length === 0 ? '-' : parts.join(', '))
  return [
    ['Issued', `${issued}, of which ${renewed} renewed another`],
    ['Challenges', String(challenges)],
    ['Enrolments', list(enrolments.map(({ state, count }) => `${count} ${state}`))],
    ['Revoked or held', list(revocations.map(({ by, reason, count }) => `${count} by ${by} (${reason})`))],
    ['Decisions', list(decisions.map(({ by, approves, count }) => `${count} ${approves ? 'yes' : 'no'} by ${by}`))],
  ]
}

export const endpointVersions = versionsOf('endpoint')
export const groupVersions = versionsOf('group')

function versionsOf(type: PolicyObjectType) {
  return command({
    name: `${type} versions`,
    summary: `List the versions of ${type === 'group' ? 'a group' : 'an endpoint'}: what was changed, and by whom`,
    argument: 'SLUG',
    options: PAGE_OPTIONS,
    examples: [`${type} versions staff`],
    async run({ argument, options, withServices }) {
      const page = pageFrom(options)
      const found = await withServices((services, actor) =>
        services.policyVersions.list(actor, { type, slug: argument }, page),
      )
      const rows = found.items.map((version) => [
        String(version.version),
        moment(version.at),
        whoOf(version),
        version.changes
          .map(({ field, before, after }) => `${field}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`)
          .join('; '),
      ])
      const text = table(['VERSION', 'TIME', 'WHO', 'WHAT'], rows, 'There are none on this page.')
      return { json: found, text: text + moreHint(found.nextCursor) }
    },
  })
}

function whoOf({ origin, by }: Pick<PolicyVersionView, 'origin' | 'by'>): string {
  if (origin === 'unrecorded') return 'in the database itself'
  return origin === 'found' ? 'found' : (by?.name ?? 'somebody')
}

export const certificateProvenance = command({
  name: 'certificate provenance',
  summary: 'Say where a certificate came from: who asked, under which policy, who approved, which key signed',
  argument: 'SERIAL',
  options: {},
  examples: ['certificate provenance 3A7F19C0D2E45B6781920A1B2C3D4E5F'],
  async run({ argument, withServices }) {
    const found = await withServices((services, actor) => services.provenance.of(actor, argument))
    return { json: found, text: facts(provenanceFacts(found)) }
  },
})

function provenanceFacts(view: ProvenanceView): [string, string][] {
  const { certificate, requested, allowed, policy, validator, approvals, signed } = view
  return [
    ['Subject', certificate.subject],
    ['Asked for', `${moment(requested.at)} by ${requested.by.name} from ${requested.sourceIp ?? 'an unknown address'}`],
    ...(allowed ? [['Allowed by', `${allowed.origin}, ${allowed.by}`] as [string, string]] : []),
    ...(policy ? [['Policy', policyText(policy)] as [string, string]] : []),
    ...(validator ? [['Validator', `${validator.name} said ${validator.verdict}`] as [string, string]] : []),
    ...approvals.map(({ name, approves, at }): [string, string] => [
      approves ? 'Approved' : 'Denied',
      `${moment(at)} by ${name}`,
    ]),
    ['Signed', `${moment(signed.at)} by ${signed.issuer.name}`],
    ['Signing key', `${signed.keyAlgorithm} ${signed.keySha256 ?? signed.keyId}`],
  ]
}

function policyText({ endpoint, version, current, changedSince }: NonNullable<ProvenanceView['policy']>): string {
  if (version === null) return `${endpoint.slug}, from before versions were kept`
  const since = changedSince.length === 0 ? 'nothing is different today' : `${changedSince.length} different today`
  return `${endpoint.slug} v${version.version} of ${current}, ${since}`
}
