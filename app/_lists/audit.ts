/** The list of audit events: the trail in its own order, by whatever it is asked. */
import { cache } from 'react'
import { oneOf } from '@/app/_components/search-parameters'
import { AUDIT_OUTCOME } from '@/app/_components/states'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AuditEventView, AuditFilter, AuditOutcome, AuditSort } from '@/lib/services/audit'
import { beginningOf, endOf } from '@/lib/services/time-bounds'
import { type ListDefinition, searchOf } from './definition'

export const OUTCOMES = Object.keys(AUDIT_OUTCOME) as AuditOutcome[]
/** Event types in groups that people look for, as prefixes the service understands. */
export const AUDIT_KINDS = [
  { id: 'sign-in', title: 'Sign-in and sessions', types: ['authn.'] },
  { id: 'denied', title: 'Denied access', types: ['authz.'] },
  { id: 'people', title: 'People and API keys', types: ['iam.'] },
  { id: 'groups', title: 'Groups and endpoints', types: ['group.', 'endpoint.'] },
  { id: 'challenges', title: 'Challenges', types: ['challenge.'] },
  { id: 'enrolments', title: 'Enrolments', types: ['enrol.', 'scep.'] },
  { id: 'certificates', title: 'Certificates', types: ['certificate.'] },
  { id: 'connectors', title: 'Connectors', types: ['connector.', 'validator.', 'receiver.'] },
  {
    id: 'notices',
    title: 'Notices and webhooks',
    types: ['notice.', 'notice_recipient.', 'mail_server.', 'event_webhook.'],
  },
  { id: 'authorities', title: 'Authorities, keys and lists', types: ['ca.', 'key.', 'crl.'] },
  { id: 'system', title: 'System and audit', types: ['system.', 'audit.', 'list.', 'saved_view.'] },
]

/** The key of a device is made from its name, of which there may be much: cut off, it would be that of no device. */
export const LONGEST_ABOUT = 6_000

/** `about`: one thing such as group:0198…, with what belongs to its story. */
export type AuditListFilter = Omit<AuditFilter, 'objects'> & { about?: string }

/** What somebody named in the address; the same for all that a page asks of it. */
export const storyOf = cache((actor: Actor, about: string) => server().auditObjects.story(actor, about))

/** What names nothing is what no event is about. */
async function meant(actor: Actor, { about, ...filter }: AuditListFilter): Promise<AuditFilter> {
  return about === undefined ? filter : { ...filter, objects: (await storyOf(actor, about))?.objects ?? [] }
}

export const AUDIT_LIST: ListDefinition<AuditListFilter, AuditEventView, AuditSort> = {
  name: 'audit',
  path: '/audit',
  parameters: ['search', 'kind', 'outcome', 'actor', 'about', 'address', 'from', 'to'],
  longest: { about: LONGEST_ABOUT },
  sorts: { happened: 'desc' },
  usual: 'happened',
  columns: [
    { name: 'number', head: 'Row', optional: true },
    { name: 'event', head: 'Event', optional: true },
    { name: 'actor', head: 'Actor', optional: true },
    { name: 'outcome', head: 'Outcome' },
    { name: 'address', head: 'Address' },
    { name: 'happened', head: 'When', sort: 'happened' },
  ],
  filterOf({ search: typed, actor, about, address, ...rest }) {
    const search = searchOf(typed)
    const kind = AUDIT_KINDS.find(({ id }) => id === rest.kind)
    const outcome = oneOf(OUTCOMES, rest.outcome)
    const [from, to] = [beginningOf(rest.from ?? ''), endOf(rest.to ?? '')]
    return {
      ...(search && { search }),
      ...(kind && { types: kind.types }),
      ...(outcome && { outcome }),
      ...(actor && { actorId: actor }),
      ...(about && { about }),
      ...(address && { sourceIp: address }),
      ...(from && { from }),
      ...(to && { to }),
    }
  },
  list: async (actor, filter, request) => server().audit.list(actor, await meant(actor, filter), request),
  matching: async (actor, filter, since) => server().audit.matching(actor, await meant(actor, filter), since),
  async save(actor, filter, { format, order, text }) {
    const asked = await meant(actor, filter)
    if (format === 'jsonl') return server().auditExport.jsonLines(actor, asked)
    return server().auditExport.written(actor, asked, { format, order, write: text })
  },
  // As long as the trail: the browser writes it to the disk while it comes.
  unbounded: ['jsonl'],
  fields: {
    seq: ({ seq }) => seq,
    id: ({ id }) => id,
    time: ({ time }) => time,
    type: ({ type }) => type,
    outcome: ({ outcome }) => outcome,
    severity: ({ severity }) => severity,
    reason: ({ reason }) => reason,
    sentence: ({ sentence }) => sentence,
    actorType: ({ actor }) => actor.type,
    actorId: ({ actor }) => actor.id,
    actorName: ({ actor }) => actor.name,
    actorRole: ({ actor }) => actor.role,
    objectType: ({ object }) => object.type,
    objectId: ({ object }) => object.id,
    objectName: ({ object }) => object.name ?? null,
    sourceIp: ({ source }) => source.ip,
    userAgent: ({ source }) => source.userAgent,
    via: ({ source }) => source.via,
    change: ({ change }) => change,
    data: ({ data }) => data,
    chain: ({ chain }) => chain,
  },
}
