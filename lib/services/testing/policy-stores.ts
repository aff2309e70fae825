/** In-memory stores of static secrets and of requests that people decide about, with the database's rules. */
import type {
  ApprovalFilter,
  ApprovalState,
  ApprovalStore,
  DecisionView,
  HeldRequest,
  NamedRequest,
} from '@/lib/services/approval-types'
import type { GrantStore } from '@/lib/services/enrolment-authorisation'
import { inGroups, type Reach } from '@/lib/services/permissions'
import { transactionIdText } from '@/lib/services/scep-exchange'
import { sourceOf } from '@/lib/services/source-address'
import {
  type NewStaticSecret,
  roomFor,
  type StaticSecretState,
  type StaticSecretStore,
} from '@/lib/services/static-secrets'
import { QUESTIONS } from '@/lib/services/transactions'
import type { MemoryChallenge, MemoryTransaction } from './enrolment-stores'
import { countedRows, sortedRows } from './sorted-rows'
import { append, type World } from './world'

interface MemorySecret extends NewStaticSecret {
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
  lastUsedAt: Date | null
}

export interface MemoryApproval extends HeldRequest {
  /** Of the transaction row. */
  id: string
  state: ApprovalState
  createdAt: Date
  expiresAt: Date
  decidedAt: Date | null
  decisions: (DecisionView & { by: string })[]
}

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b)

export function memoryPolicyStores(world: World, grants: GrantStore, clock: () => Date) {
  return { staticSecrets: memorySecrets(world, grants, clock), approvals: memoryApprovals(world, clock) }
}

function endpointIn(world: World, id: string) {
  const endpoint = world.endpoints.find((each) => each.id === id)
  const group = world.groups.find((each) => each.id === endpoint?.groupId)
  if (!endpoint || !group) throw new Error(`no endpoint ${id}`)
  return { ...endpoint, group }
}

function memorySecrets(world: World, grants: GrantStore, clock: () => Date): StaticSecretStore {
  const secrets = world.staticSecrets as MemorySecret[]
  const usesOf = (id: string) =>
    (world.challenges as MemoryChallenge[]).filter(
      (row) =>
        row.origin === 'static' &&
        row.evidence.staticSecretId === id &&
        (row.state === 'reserved' || row.state === 'consumed'),
    )
  const isHeld = (id: string, handle: Uint8Array) =>
    usesOf(id).some((row) => row.state === 'reserved' && same(row.handleHash, handle))
  const stateOf = (row: MemorySecret): StaticSecretState => {
    if (row.revokedAt !== null) return 'revoked'
    if (row.expiresAt <= clock()) return 'expired'
    return usesOf(row.id).length >= row.maxUses ? 'exhausted' : 'active'
  }
  const standingOf = ({ id, revokedAt, expiresAt, maxUses, perHour }: MemorySecret, handle: Uint8Array) => {
    const hourAgo = new Date(clock().getTime() - HOUR_MS)
    return {
      revoked: revokedAt !== null,
      expired: expiresAt <= clock(),
      uses: usesOf(id).length,
      maxUses,
      recent: usesOf(id).filter(({ createdAt }) => createdAt > hourAgo).length,
      perHour,
      expiresAt,
      held: isHeld(id, handle),
    }
  }
  const viewOf = (row: MemorySecret) => {
    const { secretHash: _, lookup: __, endpointId, expiresInDays: ___, ...rest } = row
    const { slug, name } = endpointIn(world, endpointId)
    return { ...rest, endpoint: { slug, name }, state: stateOf(row), uses: usesOf(row.id).length }
  }

  return {
    async endpoint(slug) {
      const endpoint = world.endpoints.find((each) => each.slug === slug)
      return endpoint ? { id: endpoint.id, slug, groupSlug: endpointIn(world, endpoint.id).group.slug } : null
    },
    async list(endpointId) {
      return secrets
        .filter((row) => row.endpointId === endpointId)
        .map(viewOf)
        .reverse()
    },
    async add(secret, mostActive, created) {
      const active = secrets.filter((row) => row.endpointId === secret.endpointId && stateOf(row) === 'active')
      if (active.length >= mostActive) return false
      const expiresAt = new Date(clock().getTime() + secret.expiresInDays * DAY_MS)
      secrets.push({ ...secret, createdAt: clock(), expiresAt, revokedAt: null, lastUsedAt: null })
      append(world, [created])
      return true
    },
    async revoke(endpointId, id, revoked) {
      const row = secrets.find((each) => each.id === id && each.endpointId === endpointId && each.revokedAt === null)
      if (!row) return null
      row.revokedAt = clock()
      append(world, [revoked])
      return viewOf(row)
    },
    async find(endpointId, lookup, handle) {
      const row = secrets.find((each) => each.endpointId === endpointId && same(each.lookup, lookup))
      if (!row) return null
      const { id, secretHash, hint, subjectTemplate, allowedAddresses } = row
      return { id, secretHash, hint, state: stateOf(row), subjectTemplate, allowedAddresses, held: isHeld(id, handle) }
    },
    async standing(id, handle) {
      const row = secrets.find((each) => each.id === id)
      return row ? standingOf(row, handle) : null
    },
    async use(id, grant, events) {
      const row = secrets.find((each) => each.id === id)
      if (!row) return { outcome: 'revoked' }
      const room = roomFor(standingOf(row, grant.handleHash))
      if (room !== 'room') return { outcome: room }
      const reservation = await grants.grant(grant, events)
      if (reservation === null) return { outcome: 'spent' }
      row.lastUsedAt = clock()
      return { outcome: 'granted', reservation }
    },
  }
}

function memoryApprovals(world: World, clock: () => Date): ApprovalStore {
  const approvals = world.approvals as MemoryApproval[]
  const rowOf = (id: string) => {
    const row = (world.transactions as MemoryTransaction[]).find((each) => each.id === id)
    if (!row) throw new Error(`no transaction ${id}`)
    return row
  }
  const heldBy = ({ state, endpoint, search, ...reach }: ApprovalFilter & Reach) =>
    approvals
      .map(viewOf)
      .filter(
        (view) =>
          inGroups(reach, view.group.slug) &&
          (state === undefined || view.state === state) &&
          (endpoint === undefined || view.endpoint.slug === endpoint) &&
          (search === undefined || view.subject.toLowerCase().includes(search.toLowerCase())),
      )
  const undecidedBy = (by: string, filter: ApprovalFilter & Reach) =>
    heldBy(filter).filter(
      ({ id, state }) =>
        state === 'open' && !approvals.find((each) => each.id === id)?.decisions.some((decision) => decision.by === by),
    )
  const effective = ({ state, expiresAt }: MemoryApproval): ApprovalState =>
    state === 'open' && expiresAt <= clock() ? 'expired' : state
  const certificateOf = (id: string) =>
    world.certificates.find((each) => each.id === rowOf(id).certificateId && each.state === 'issued')
  const named = (request: MemoryApproval): NamedRequest => {
    const { attempt } = rowOf(request.id)
    const { slug, group } = endpointIn(world, request.endpointId)
    return {
      id: request.id,
      subject: attempt.subject ?? '',
      transactionId: attempt.transactionId,
      spkiSha256: attempt.spkiSha256 as Uint8Array,
      endpointSlug: slug,
      groupSlug: group.slug,
    }
  }
  const decisionsOf = ({ decisions }: MemoryApproval) => decisions.map(({ by: _, ...decision }) => decision)
  const viewOf = (request: MemoryApproval) => {
    const { attempt, reason } = rowOf(request.id)
    const { slug, name, group, approvalsRequired, profile } = endpointIn(world, request.endpointId)
    const certificate = certificateOf(request.id)
    return {
      id: request.id,
      state: effective(request),
      endpoint: { slug, name },
      group: { slug: group.slug, name: group.name },
      subject: attempt.subject ?? '',
      san: request.san,
      key: request.key,
      spkiSha256: Buffer.from(attempt.spkiSha256 as Uint8Array).toString('hex'),
      transactionId: transactionIdText(attempt.transactionId),
      sourceIp: attempt.sourceIp,
      userAgent: attempt.userAgent,
      createdAt: request.createdAt,
      expiresAt: request.expiresAt,
      decidedAt: request.decidedAt,
      approvalsRequired,
      decisions: decisionsOf(request),
      certificate: certificate ? { id: certificate.id, serial: certificate.serial } : null,
      renews: request.renews && renewedOf(request.renews.id),
      reason,
      requested: request.requested,
      validityDays: profile.validityDays,
    }
  }
  const renewedOf = (id: string) => {
    const renewed = world.certificates.find((each) => each.id === id)
    if (!renewed) throw new Error(`no certificate ${id}`)
    return { id, serial: renewed.serial }
  }
  const unfinished = ({ id, state }: MemoryApproval) =>
    state === 'approved' && ['received', 'failed'].includes(rowOf(id).state)

  return {
    async hold(request, most, requested) {
      const row = rowOf(request.transactionRowId)
      const known = approvals.find(({ id }) => id === request.transactionRowId)
      if (known) {
        if (effective(known) === 'open') Object.assign(row, { state: 'pending', expiresAt: known.expiresAt })
        return effective(known)
      }
      const waiting = approvals.filter((each) => each.endpointId === request.endpointId && effective(each) === 'open')
      const fromThere = waiting.filter(({ id }) => sourceOf(rowOf(id).sourceIp) === request.source)
      if (waiting.length >= most.perEndpoint || fromThere.length >= most.perSource) return 'full'
      const expiresAt = new Date(
        Math.min(clock().getTime() + request.ttlHours * HOUR_MS, request.renews?.notAfter.getTime() ?? Infinity),
      )
      approvals.push({
        ...request,
        id: request.transactionRowId,
        state: 'open',
        createdAt: clock(),
        expiresAt,
        decidedAt: null,
        decisions: [],
      })
      Object.assign(row, { state: 'pending', expiresAt, sourceIp: request.ip })
      row.attempt = { ...row.attempt, sourceIp: request.ip }
      append(world, [requested(expiresAt)])
      return 'open'
    },
    async decide({ id, by, name, approves, comment, denied }, event) {
      const request = approvals.find((each) => each.id === id)
      if (!request) return { outcome: 'unknown' }
      const current = effective(request)
      if (current !== 'open') return { outcome: current }
      if (request.decisions.some((decision) => decision.by === by)) return { outcome: 'again' }
      request.decisions.push({ by, name, approves, comment, createdAt: clock() })
      const approvalCount = request.decisions.filter((decision) => decision.approves).length
      const required = endpointIn(world, request.endpointId).approvalsRequired
      const state = !approves ? 'denied' : approvalCount >= required ? 'approved' : 'open'
      if (state !== 'open') Object.assign(request, { state, decidedAt: clock() })
      if (state === 'approved') Object.assign(rowOf(id), { state: 'received', claimedAt: clock() })
      if (state === 'denied') refuse(id, denied)
      append(world, [event(named(request), { approvals: approvalCount, required })])
      return { outcome: 'recorded', state, approvals: approvalCount, required }
    },
    async undecided(filter, { by, before, limit }) {
      const waiting = undecidedBy(by, filter).filter(({ createdAt }) => createdAt <= before)
      return waiting.slice(0, limit).map(({ id }) => id)
    },
    async countUndecided(filter, by, most) {
      return Math.min(undecidedBy(by, filter).length, most)
    },
    async approved(id) {
      const request = approvals.find((each) => each.id === id)
      if (!request || !unfinished(request)) return null
      const { attempt } = rowOf(id)
      const { subject, transactionId, spkiSha256, endpointSlug: slug, groupSlug } = named(request)
      return {
        id,
        endpoint: { id: request.endpointId, slug, groupSlug },
        transactionId,
        csrSha256: attempt.csrSha256 as Uint8Array,
        spki: request.spki,
        spkiSha256,
        subject,
        subjectDer: request.subjectDer,
        san: request.san,
        rules: request.rules,
        renews: request.renews && { certificateId: request.renews.id, lineageId: request.renews.lineageId },
        sourceIp: attempt.sourceIp,
        decisions: decisionsOf(request),
      }
    },
    async unfinished(limit) {
      return approvals
        .filter(unfinished)
        .map(({ id }) => id)
        .slice(0, limit)
    },
    async expire(limit, outcome, expired) {
      const dayAgo = new Date(clock().getTime() - DAY_MS)
      const stuck = (request: MemoryApproval) =>
        unfinished(request) &&
        request.expiresAt <= dayAgo &&
        !world.certificates.some((each) => each.enrolmentTransactionId === request.id && each.state !== 'abandoned')
      const due = approvals
        .filter((each) => (each.state === 'open' && effective(each) === 'expired') || stuck(each))
        .slice(0, limit)
      for (const request of due) {
        request.state = 'expired'
        refuse(request.id, outcome)
      }
      append(world, due.map(named).map(expired))
      return due.length
    },
    async list(filter, keyset) {
      return sortedRows(
        heldBy(filter),
        keyset,
        {
          asked: ({ createdAt }) => createdAt,
          ends: ({ expiresAt }) => expiresAt,
          name: ({ subject }) => subject,
        },
        ({ id }) => id,
      )
    },
    async count(filter, request) {
      return countedRows(heldBy(filter), request, ({ createdAt }) => createdAt)
    },
    countOpen: async (reach) =>
      approvals.filter(
        (each) => effective(each) === 'open' && inGroups(reach, endpointIn(world, each.endpointId).group.slug),
      ).length,
    async get(id) {
      const request = approvals.find((each) => each.id === id)
      return request ? viewOf(request) : null
    },
    async history({ id, subject, spkiSha256 }, limit, reach) {
      const reached = (endpointId: string | null) =>
        endpointId !== null && inGroups(reach, endpointIn(world, endpointId).group.slug)
      const certificates = world.certificates
        .filter(
          ({ state, kind, enrolmentTransactionId, endpointId }) =>
            state === 'issued' && kind === 'leaf' && enrolmentTransactionId !== id && reached(endpointId),
        )
        .map((row) => ({
          id: row.id,
          serial: row.serial,
          subject: row.subject,
          endpoint: world.endpoints.find((each) => each.id === row.endpointId)?.slug ?? null,
          notAfter: row.notAfter,
          revokedAt: row.revokedAt,
          sameKey: Buffer.from(row.spkiSha256).toString('hex') === spkiSha256,
          sameSubject: row.subject === subject,
        }))
        .filter(({ sameKey, sameSubject }) => sameKey || (sameSubject && subject !== ''))
      const transactions = (world.transactions as MemoryTransaction[])
        .filter(
          (row) =>
            row.id !== id &&
            subject !== '' &&
            row.attempt.subject === subject &&
            reached(row.attempt.endpointId) &&
            !QUESTIONS.includes(row.messageType ?? 0),
        )
        .map(({ id: other, state, reason, attempt, createdAt }) => ({
          id: other,
          state,
          reason,
          endpoint: endpointIn(world, attempt.endpointId).slug,
          createdAt,
        }))
      return {
        certificates: certificates.reverse().slice(0, limit),
        transactions: transactions.reverse().slice(0, limit),
      }
    },
  }

  function refuse(id: string, { state, reason, detail }: { state: string; reason: string; detail: string }): void {
    Object.assign(rowOf(id), { state, reason, detail, finishedAt: clock() })
  }
}
