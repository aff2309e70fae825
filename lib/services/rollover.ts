/**
 * The next issuer of a group (RFC 8894 §4.7): made ready beside the present one, announced by GetNextCACert, and switched
 * to on a date. Nothing is created anew: endpoints keep their URLs, devices move as they renew.
 */
import { Refusal } from '@/lib/errors'
import { type Actor, systemActor } from './actor'
import type { AuditEntry } from './audit'
import { type AuthorityRecord, authorityEvents, authorityView } from './authorities'
import {
  drawIssuer,
  drawRegistrationAuthority,
  type MadeKey,
  type NewAuthority,
  type NewRegistrationAuthority,
  newOwnerId,
} from './authority-plan'
import { intentEvent, keyGeneratedEvent } from './certificate-events'
import type { CertificateIntent, SigningAuthority } from './certificate-intent'
import { checkedAnswersScep, checkedIssuerKey, freeSlug } from './group-plan'
import { type AuthorityView, type IssuerKey, issuerTaken, rootElsewhere } from './groups'
import type { Intents } from './intents'
import { authorise, authoriseGroup } from './permissions'
import { RA_KEY } from './registration-authorities'
import { mayAnswerScep } from './scep-identity'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface RolloverView {
  group: { slug: string; name: string }
  current: AuthorityView
  /** Null while nothing is staged. */
  next: { issuer: AuthorityView | null; ready: boolean; activatesAt: Date } | null
  /** Issuers this group had before: their certificates live on, their CRLs go on. */
  retired: AuthorityView[]
  /** Devices with a valid certificate, and how many of them have one of the newest issuer. */
  devices: { total: number; moved: number }
}

export interface StageRequest {
  issuerKey?: IssuerKey
  activatesAt: Date
  /** The new issuer may answer SCEP with its own key: RSA only. */
  answersScep?: boolean
  /** Slug of an issuer that came from elsewhere and has no group yet, instead of a new one. */
  issuer?: string
}

export interface RolloverService {
  get(actor: Actor, groupSlug: string): Promise<RolloverView>
  /** Refusals: not_found, invalid_input (date, key), conflict (staged already, issuer not ready). Takes seconds for RSA. */
  stage(actor: Actor, groupSlug: string, request: StageRequest): Promise<RolloverView>
  reschedule(actor: Actor, groupSlug: string, activatesAt: Date): Promise<RolloverView>
  /** The staged issuer's certificate is revoked: whoever has seen it must not trust it. */
  cancel(actor: Actor, groupSlug: string): Promise<RolloverView>
}

export interface Rollover extends RolloverService {
  /** For a group whose issuer is revoked: the staged issuer, or one that is made now, takes over at once. */
  replace(actor: Actor, groupSlug: string, request: { issuerKey?: IssuerKey; issuer?: string }): Promise<RolloverView>
  /** By the clock: makes what is missing of staged issuers, and switches those whose day has come. Returns how many. */
  advance(actor: Actor): Promise<number>
}

export interface RolloverGroup {
  id: string
  slug: string
  name: string
  organisation: string
  root: AuthorityRecord
  current: AuthorityRecord | null
  staged: (AuthorityRecord & { activatesAt: Date }) | null
  retired: AuthorityRecord[]
  /** An endpoint of the group answers with the issuer's own key, so the next one must be able to. */
  answersByIssuer: boolean
  /** Every issuer there ever was, cancelled ones too. */
  issuers: number
  /** Endpoints of the group that have no registration authority of the staged issuer yet. */
  waiting: string[]
  /** Registration authorities of the staged issuer whose certificate is not signed yet. */
  unfinished: { certificateId: string }[]
  devices: { total: number; moved: number }
}

export interface RolloverStore {
  group(slug: string, now: Date): Promise<RolloverGroup | null>
  /** Slugs of groups with a staged issuer. */
  staged(): Promise<string[]>
  slugs(): Promise<Set<string>>
  /**
   * The unique indexes decide between two callers. `cannot_answer` when an endpoint of the group answers with its issuer
   * and this one may not; no endpoint is set so between the look and the insertion.
   */
  stage(
    authority: NewAuthority & { groupId: string },
    may: { answersScep: boolean },
    intent: CertificateIntent,
    events: AuditEntry[],
  ): Promise<'staged' | 'cannot_answer' | 'staged_already' | 'slug_taken'>
  /** An issuer that came from elsewhere, is in use with its key here, and has no group yet. */
  waiting(slug: string): Promise<AuthorityRecord | null>
  /** As `stage`, for one that waits. `issuer_taken` when it does not wait any more. */
  stageWaiting(
    authorityId: string,
    next: { groupId: string; replacesId: string; activatesAt: Date; answersScep: boolean },
    events: AuditEntry[],
  ): Promise<'staged' | 'cannot_answer' | 'staged_already' | 'issuer_taken'>
  /** False when another caller was faster, or the issuer is not staged any more. */
  insertRegistrationAuthority(
    registrationAuthority: NewRegistrationAuthority,
    intent: CertificateIntent,
    events: AuditEntry[],
  ): Promise<boolean>
  reschedule(authorityId: string, activatesAt: Date, events: AuditEntry[]): Promise<boolean>
  /** staged → retired, its registration authorities with it, its certificate revoked and the root's CRL due. */
  cancel(authorityId: string, now: Date, actor: Actor, events: AuditEntry[]): Promise<boolean>
  /**
   * In one transaction, if every endpoint of the group has its registration authority of the staged issuer, none waits for
   * one of the present issuer, and none answers with its issuer unless the staged one may: active → retired, staged → active, endpoints and registration
   * authorities with it.
   */
  activate(authorityId: string, to: { now: Date; answersScep: boolean }, events: AuditEntry[]): Promise<boolean>
}

export interface RolloverDeps {
  store: RolloverStore
  signer: Pick<Signer, 'generateKey'>
  issuance: Pick<Intents, 'finish'>
  urls: Urls
  clock: () => Date
}

const SLUG_ATTEMPTS = 5
const DAY_MS = 86_400_000
/** A device that renews once a year must have had its turn; further ahead nobody plans. */
const LATEST_MS = 2 * 365 * DAY_MS

export function createRollover({ store, signer, issuance, urls, clock }: RolloverDeps): Rollover {
  async function get(actor: Actor, slug: string): Promise<RolloverView> {
    authoriseGroup(actor, 'group:read', slug)
    return view(await existing(slug))
  }

  async function stage(actor: Actor, slug: string, request: StageRequest): Promise<RolloverView> {
    authorise(actor, 'rollover:manage')
    const group = await existing(slug)
    if (group.staged !== null) throw stagedAlready(group.name)
    const { current } = group
    if (current?.certificateDer == null) {
      throw new Refusal('conflict', 'The issuer of this group is still being made. Try again in a minute.', {
        reason: 'issuer_not_ready',
      })
    }
    await makeNext(actor, group, current, { ...request, activatesAt: checkedDate(request.activatesAt, clock()) })
    await complete(actor, slug)
    return view(await existing(slug))
  }

  async function makeNext(
    actor: Actor,
    group: RolloverGroup,
    current: AuthorityRecord,
    request: StageRequest,
  ): Promise<void> {
    const { activatesAt } = request
    if (request.issuer !== undefined) return stageWaiting(actor, group, current, { slug: request.issuer, activatesAt })
    if (group.root.keyId === null) throw rootElsewhere(group.root)
    const algorithm = checkedIssuerKey(request.issuerKey ?? issuerKeyLike(current))
    const answersScep = checkedAnswersScep(
      request.answersScep ?? (algorithm.startsWith('rsa') && mayAnswerScep(current)),
      algorithm,
    )
    if (group.answersByIssuer && !answersScep) throw mustAnswer()
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'issuer', algorithm, ownerId: id })
    await insertIssuer(actor, group, current, { id, key, algorithm, activatesAt, answersScep })
  }

  async function stageWaiting(
    actor: Actor,
    group: RolloverGroup,
    current: AuthorityRecord,
    { slug, activatesAt }: { slug: string; activatesAt: Date },
  ): Promise<void> {
    const issuer = await store.waiting(slug)
    if (issuer === null || issuer.notAfter <= activatesAt) throw issuerTaken({ name: issuer?.name ?? 'This issuer' })
    const next = { groupId: group.id, replacesId: current.id, activatesAt, answersScep: mayAnswerScep(issuer) }
    const events = [rolloverEvent('rollover.staged', actor, group, issuer, activatesAt)]
    const outcome = await store.stageWaiting(issuer.id, next, events)
    if (outcome === 'cannot_answer') throw mustAnswer()
    if (outcome === 'staged_already') throw stagedAlready(group.name)
    if (outcome === 'issuer_taken') throw issuerTaken(issuer)
  }

  async function replace(
    actor: Actor,
    slug: string,
    request: { issuerKey?: IssuerKey; issuer?: string },
  ): Promise<RolloverView> {
    authorise(actor, 'break-glass:manage')
    const group = await existing(slug)
    const { current, staged } = group
    if (current?.status !== 'revoked') {
      throw new Refusal('conflict', 'The issuer of this group is not revoked. Stage its successor instead.', {
        reason: 'issuer_not_revoked',
      })
    }
    const activatesAt = clock()
    if (staged === null) await makeNext(actor, group, current, { ...request, activatesAt })
    else
      await store.reschedule(staged.id, activatesAt, [
        rolloverEvent('rollover.staged', actor, group, staged, activatesAt),
      ])
    // From here on the clock finishes it, should this process not.
    await complete(actor, slug)
    await activateIfDue(actor, slug)
    return view(await existing(slug))
  }

  async function insertIssuer(
    actor: Actor,
    group: RolloverGroup,
    current: AuthorityRecord,
    made: { id: string; key: MadeKey; algorithm: IssuerKey; activatesAt: Date; answersScep: boolean },
  ): Promise<void> {
    const generation = group.issuers + 1
    for (let attempt = 0; attempt < SLUG_ATTEMPTS; attempt += 1) {
      const slug = freeSlug(`${group.slug}-g${generation}`, await store.slugs())
      const { authority, intent } = drawIssuer({
        id: made.id,
        root: group.root,
        organisation: group.organisation,
        group: { id: group.id, name: group.name, slug },
        algorithm: made.algorithm,
        key: made.key,
        generation,
        answersScep: made.answersScep,
        urls,
        now: clock(),
      })
      const staged = {
        ...authority,
        status: 'staged' as const,
        groupId: group.id,
        activatesAt: made.activatesAt,
        replacesId: current.id,
      }
      const outcome = await store.stage(staged, { answersScep: made.answersScep }, intent, [
        rolloverEvent('rollover.staged', actor, group, staged, made.activatesAt),
        ...authorityEvents(actor, staged, intent, made.key),
      ])
      if (outcome === 'staged') return
      if (outcome === 'cannot_answer') throw mustAnswer()
      if (outcome === 'staged_already') throw stagedAlready(group.name)
    }
    throw new Refusal('conflict', 'Many groups are being changed at once. Try again.', { reason: 'slug_taken' })
  }

  /** What a crash left unfinished is finished here, and an endpoint that was added meanwhile gets its share. */
  async function complete(actor: Actor, slug: string): Promise<void> {
    const group = await existing(slug)
    const { staged } = group
    if (staged === null) return
    if (staged.certificateDer === null) await issuance.finish(actor, staged.certificateId)
    for (const { certificateId } of group.unfinished) await issuance.finish(actor, certificateId)
    for (const endpointId of group.waiting) await stageRegistrationAuthority(actor, group, staged, endpointId)
  }

  async function stageRegistrationAuthority(
    actor: Actor,
    group: RolloverGroup,
    issuer: SigningAuthority,
    endpointId: string,
  ): Promise<void> {
    const id = newOwnerId()
    const key = await signer.generateKey({ purpose: 'ra', algorithm: RA_KEY, ownerId: id })
    const { organisation } = group
    const drawn = drawRegistrationAuthority({ id, issuer, organisation, group, endpointId, key, urls, now: clock() })
    const inserted = await store.insertRegistrationAuthority(
      { ...drawn.registrationAuthority, authorityId: issuer.id },
      drawn.intent,
      [
        {
          type: 'ra.staged',
          outcome: 'success',
          actor,
          object: { type: 'endpoint', id: endpointId, name: group.name },
          data: { group: group.slug, issuer: issuer.slug },
        },
        keyGeneratedEvent(actor, { ...key, algorithm: RA_KEY, purpose: 'ra' }),
        intentEvent(actor, drawn.intent, 'ra'),
      ],
    )
    if (inserted) await issuance.finish(actor, drawn.intent.id)
  }

  async function reschedule(actor: Actor, slug: string, date: Date): Promise<RolloverView> {
    authorise(actor, 'rollover:manage')
    const group = await existing(slug)
    const activatesAt = checkedDate(date, clock())
    const staged = stagedOf(group)
    const events = [rolloverEvent('rollover.staged', actor, group, staged, activatesAt)]
    if (!(await store.reschedule(staged.id, activatesAt, events))) throw nothingStaged(group.name)
    return view(await existing(slug))
  }

  async function cancel(actor: Actor, slug: string): Promise<RolloverView> {
    authorise(actor, 'rollover:manage')
    const group = await existing(slug)
    const staged = stagedOf(group)
    const events = [rolloverEvent('rollover.cancelled', actor, group, staged, staged.activatesAt)]
    if (!(await store.cancel(staged.id, clock(), actor, events))) throw nothingStaged(group.name)
    return view(await existing(slug))
  }

  async function advance(actor: Actor): Promise<number> {
    let switched = 0
    let failure: unknown
    for (const slug of await store.staged()) {
      try {
        await complete(actor, slug)
        switched += (await activateIfDue(actor, slug)) ? 1 : 0
      } catch (error) {
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return switched
  }

  async function activateIfDue(actor: Actor, slug: string): Promise<boolean> {
    const group = await existing(slug)
    const now = clock()
    const { staged } = group
    if (staged === null || staged.activatesAt > now) return false
    const answersScep = mayAnswerScep(staged)
    if (group.answersByIssuer && !answersScep) throw cannotAnswer(group.name)
    if (!isReady(group)) return false
    const event = rolloverEvent('rollover.activated', actor, group, staged, staged.activatesAt)
    return store.activate(staged.id, { now, answersScep }, [event])
  }

  async function existing(slug: string): Promise<RolloverGroup> {
    const group = await store.group(slug, clock())
    if (group === null) throw new Refusal('not_found', 'There is no such group.')
    return group
  }

  function view(group: RolloverGroup): RolloverView {
    const { slug, name, current, staged, retired, devices } = group
    if (current === null) throw new Error(`group ${slug} has no issuer`)
    return {
      group: { slug, name },
      current: authorityView(current, urls),
      next: staged && {
        issuer: staged.certificateDer === null ? null : authorityView(staged, urls),
        ready: isReady(group),
        activatesAt: staged.activatesAt,
      },
      retired: retired.filter(({ certificateDer }) => certificateDer !== null).map((each) => authorityView(each, urls)),
      devices,
    }
  }

  return { get, stage, replace, reschedule, cancel, advance }
}

export const rolloverActor = () => systemActor('job', 'Issuer rollover')

function isReady({ staged, waiting, unfinished, answersByIssuer }: RolloverGroup): boolean {
  if (staged?.certificateDer == null || (answersByIssuer && !mayAnswerScep(staged))) return false
  return waiting.length === 0 && unfinished.length === 0
}

function mustAnswer(): Refusal {
  const sentence = 'An endpoint of this group answers with its issuer: stage an RSA issuer that may answer SCEP.'
  return new Refusal('invalid_input', sentence, { reason: 'invalid_key', fields: { issuerKey: sentence } })
}

/** An endpoint that answers with its issuer and a next one that may not: neither is accepted beside the other any more. */
function cannotAnswer(name: string): Refusal {
  return new Refusal(
    'conflict',
    `An endpoint of "${name}" answers with its issuer, and the next issuer may not answer SCEP. Let it answer by its registration authority, or stage an RSA issuer that may answer.`,
    { reason: 'next_issuer_cannot_answer' },
  )
}

/** What is staged unless said otherwise: a key like the one before. */
function issuerKeyLike({ keyAlgorithm }: AuthorityRecord): IssuerKey {
  return keyAlgorithm === 'rsa2048' ? 'rsa3072' : keyAlgorithm
}

function checkedDate(date: Date, now: Date): Date {
  const ahead = date.getTime() - now.getTime()
  if (ahead > 0 && ahead <= LATEST_MS) return date
  const sentence = 'Choose a day that is ahead, and within two years.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_date', fields: { activatesAt: sentence } })
}

function stagedOf(group: RolloverGroup) {
  if (group.staged === null) throw nothingStaged(group.name)
  return group.staged
}

function nothingStaged(name: string): Refusal {
  return new Refusal('conflict', `No next issuer is staged for "${name}".`, { reason: 'nothing_staged' })
}

function stagedAlready(name: string): Refusal {
  return new Refusal('conflict', `The next issuer of "${name}" is staged already. Cancel that rollover first.`, {
    reason: 'staged_already',
  })
}

function rolloverEvent(
  type: 'rollover.staged' | 'rollover.cancelled' | 'rollover.activated',
  actor: Actor,
  group: RolloverGroup,
  issuer: { id: string; slug: string; name: string },
  activatesAt: Date,
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'ca', id: issuer.id, name: issuer.name },
    data: { group: group.slug, issuer: issuer.slug, activatesAt: activatesAt.toISOString() },
  }
}
