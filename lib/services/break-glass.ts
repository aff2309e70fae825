/**
 * Break-glass for a group: its issuer itself is revoked, and with it everything it signed. Its endpoints stop at once, the
 * root's list names it, and a new issuer takes over when an administrator says so. A drill shows the same without effect.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry, AuditService } from './audit'
import { isTyped } from './bulk-selection'
import { checkedComment } from './certificate-requests'
import type { RevocationReason } from './certificates'
import { authorise } from './permissions'
import type { Rollover } from './rollover'

export interface BreakGlassEndpoint {
  slug: string
  name: string
  enabled: boolean
  /** False once it issues under another issuer. */
  ofIssuer: boolean
}

export interface BreakGlassView {
  group: { slug: string; name: string }
  issuer: {
    slug: string
    name: string
    status: 'active' | 'retired' | 'revoked'
    certificateId: string
    revokedAt: Date | null
    revokedBy: string | null
    reason: RevocationReason | null
    comment: string | null
  }
  /** What it takes with it: certificates that count, and the devices that hold them. After it, as they were then. */
  hit: { certificates: number; devices: number; pendingChallenges: number; endpoints: BreakGlassEndpoint[] }
  /** Other issuers of the group whose certificates still count: they are not hit. */
  spared: { slug: string; name: string; certificates: number }[]
  lastDrill: { at: Date; by: string } | null
  /** Null until it is revoked. */
  plan: {
    /** Who issues for the group now, or will; null until somebody asked for it. */
    next: { slug: string; name: string; status: 'staged' | 'active' } | null
    /** Of the devices that were hit, those that have a valid certificate again. */
    enrolled: number
  } | null
}

export const ISSUER_REASONS = [
  'cACompromise',
  'cessationOfOperation',
  'affiliationChanged',
  'superseded',
  'unspecified',
] as const satisfies readonly RevocationReason[]

export interface BreakGlassRequest {
  /** Slug of one of the group's issuers; the one that issues unless given. */
  issuer?: string
  reason: (typeof ISSUER_REASONS)[number]
  comment?: string
  /** The name of the group, as it was typed. */
  confirmation: string
}

export interface BreakGlassService {
  get(actor: Actor, groupSlug: string, issuer?: string): Promise<BreakGlassView>
  /** The same, and the trail says that it was drilled. */
  drill(actor: Actor, groupSlug: string, issuer?: string): Promise<BreakGlassView>
  /** Refusals: not_found, invalid_input (confirmation, reason), conflict (revoked already). */
  revokeIssuer(actor: Actor, groupSlug: string, request: BreakGlassRequest): Promise<BreakGlassView>
  /** Makes the next issuer and moves the endpoints to it; they stay off until somebody switches them on. */
  replaceIssuer(actor: Actor, groupSlug: string, request: Parameters<Rollover['replace']>[2]): Promise<BreakGlassView>
}

export interface BreakGlassRecord extends Omit<BreakGlassView, 'plan'> {
  issuerId: string
  serial: string
  next: NonNullable<BreakGlassView['plan']>['next']
  enrolled: number
}

export interface StoppedEndpoint {
  id: string
  slug: string
}

export interface BreakGlassStore {
  /** Of the issuer that issues for the group, or of the one named; of the last revoked one while none has taken over. */
  find(groupSlug: string, issuer: string | undefined, now: Date): Promise<BreakGlassRecord | null>
  /**
   * In one transaction: marks the issuer and its certificate as revoked, makes the root's CRL and its own due, switches off
   * its endpoints, gives up what it was still to sign for them, and appends the events. False when it is revoked already.
   */
  revoke(request: {
    issuerId: string
    reason: RevocationReason
    comment: string | null
    by: string
    at: Date
    events(stopped: StoppedEndpoint[]): AuditEntry[]
  }): Promise<boolean>
}

export interface BreakGlassDeps {
  store: BreakGlassStore
  audit: Pick<AuditService, 'record'>
  rollover: Pick<Rollover, 'replace'>
  clock: () => Date
  onCrlDue?: () => void
}

export function createBreakGlass({
  store,
  audit,
  rollover,
  clock,
  onCrlDue = () => {},
}: BreakGlassDeps): BreakGlassService {
  async function get(actor: Actor, slug: string, issuer?: string): Promise<BreakGlassView> {
    authorise(actor, 'break-glass:read')
    return view(await existing(slug, issuer))
  }

  async function drill(actor: Actor, slug: string, issuer?: string): Promise<BreakGlassView> {
    authorise(actor, 'break-glass:manage')
    const record = await existing(slug, issuer)
    if (record.issuer.status === 'revoked') throw revokedAlready(record.issuer.name)
    await audit.record(issuerEvent('ca.revocation_drilled', actor, record, {}))
    return view(await existing(slug, issuer))
  }

  async function revokeIssuer(actor: Actor, slug: string, request: BreakGlassRequest): Promise<BreakGlassView> {
    authorise(actor, 'break-glass:manage')
    if (!ISSUER_REASONS.includes(request.reason)) throw invalid('reason', 'Choose a reason.')
    const { reason } = request
    const comment = checkedComment(request.comment)
    const record = await existing(slug, request.issuer)
    if (!isTyped(request.confirmation, record.group.name))
      throw invalid('confirmation', `Type the name of the group, ${record.group.name}, to confirm.`)
    const revoked = await store.revoke({
      issuerId: record.issuerId,
      reason,
      comment,
      by: actor.name,
      at: clock(),
      events: (stopped) => [
        issuerEvent('ca.revoked', actor, record, { reasonCode: reason, ...(comment === null ? {} : { comment }) }),
        ...stopped.map((endpoint) => stoppedEvent(actor, endpoint)),
      ],
    })
    if (!revoked) throw revokedAlready(record.issuer.name)
    onCrlDue()
    return view(await existing(slug, record.issuer.slug))
  }

  async function replaceIssuer(actor: Actor, slug: string, request: Parameters<Rollover['replace']>[2]) {
    authorise(actor, 'break-glass:manage')
    const { issuer } = await existing(slug)
    await rollover.replace(actor, slug, request)
    onCrlDue()
    return view(await existing(slug, issuer.slug))
  }

  async function existing(slug: string, issuer?: string): Promise<BreakGlassRecord> {
    const record = await store.find(slug, issuer, clock())
    if (record === null)
      throw new Refusal('not_found', 'There is no such group, or it has no such issuer.', { reason: 'issuer_unknown' })
    return record
  }

  return { get, drill, revokeIssuer, replaceIssuer }
}

function view({ issuerId: _, serial: __, next, enrolled, ...record }: BreakGlassRecord): BreakGlassView {
  return { ...record, plan: record.issuer.status === 'revoked' ? { next, enrolled } : null }
}

function issuerEvent(
  type: 'ca.revoked' | 'ca.revocation_drilled',
  actor: Actor,
  { issuerId, issuer, group, serial, hit }: BreakGlassRecord,
  more: AuditEntry['data'] & object,
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'ca', id: issuerId, name: issuer.name },
    data: {
      group: group.slug,
      issuer: issuer.slug,
      serial,
      certificates: hit.certificates,
      devices: hit.devices,
      endpoints: hit.endpoints.filter(({ enabled, ofIssuer }) => enabled && ofIssuer).map(({ slug }) => slug),
      ...more,
    },
  }
}

function stoppedEvent(actor: Actor, { id, slug }: StoppedEndpoint): AuditEntry {
  return {
    type: 'endpoint.updated',
    outcome: 'success',
    actor,
    object: { type: 'endpoint', id, name: slug },
    change: { fields: ['enabled'], before: { enabled: true }, after: { enabled: false } },
  }
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}

function revokedAlready(name: string): Refusal {
  return new Refusal('conflict', `${name} is revoked already.`, { reason: 'already_revoked' })
}
