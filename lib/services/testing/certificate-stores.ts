/** In-memory stores of issued certificates and jobs. */

import type { AuditEventView } from '@/lib/services/audit'
import { statusOf } from '@/lib/services/certificate-view'
import type { CertificateListFilter, CertificateRecord, CertificateStore } from '@/lib/services/certificates'
import type { JobStore } from '@/lib/services/jobs'
import { inGroups, type Reach } from '@/lib/services/permissions'
import { beginningOf, endOf } from '@/lib/services/time-bounds'
import { QUESTIONS } from '@/lib/services/transactions'
import type { MemoryTransaction } from './enrolment-stores'
import { countedRows, sortedRows } from './sorted-rows'
import { append, type World, type WorldCertificate } from './world'

const HOUR_MS = 3_600_000

export function memoryCertificateStore(world: World): CertificateStore {
  const issued = () => world.certificates.filter(({ state }) => state === 'issued').map((row) => record(world, row))
  const listed = (filter: CertificateListFilter & Reach, now: Date) =>
    issued()
      .filter((row) => row.kind === 'leaf' && matches(row, filter, now))
      .filter(({ id }) => filter.renewed === undefined || filter.renewed === isRenewed(world, id))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    async list(filter, { now, expiringBefore: _, ...keyset }) {
      return sortedRows(
        listed(filter, now),
        keyset,
        {
          issued: ({ createdAt }) => createdAt,
          name: ({ subject }) => subject,
          ends: ({ notAfter }) => notAfter,
          serial: ({ serial }) => serial,
        },
        ({ id }) => id,
      )
    },
    async count(filter, { now, expiringBefore: _, ...request }) {
      return countedRows(listed(filter, now), request, ({ createdAt }) => createdAt)
    },
    async find(key) {
      return issued()
        .filter((row) => ('id' in key ? row.id === key.id : row.serial === key.serial))
        .slice(0, 2)
    },
    async line(firstId, limit) {
      return issued()
        .filter(({ id, lineageId }) => id === firstId || lineageId === firstId)
        .sort((a, b) => a.issuedAt.getTime() - b.issuedAt.getTime())
        .slice(-limit)
    },
    async history(objectIds, limit) {
      const views = world.events.map(
        (event, index): AuditEventView => ({
          seq: String(index + 1),
          id: String(index + 1),
          time: event.at,
          type: event.type,
          outcome: event.outcome,
          severity: event.severity ?? 'info',
          reason: event.reason ?? null,
          actor: { type: event.actor.type, id: event.actor.id, name: event.actor.name, role: event.actor.role },
          object: event.object,
          source: { ip: event.actor.ip, userAgent: event.actor.userAgent, via: event.actor.via },
          data: event.data ?? {},
          change: event.change ?? null,
          sentence: event.type,
          chain: '',
        }),
      )
      return views
        .filter(({ object, type }) => object.id !== null && objectIds.includes(object.id) && type !== 'audit.read')
        .reverse()
        .slice(0, limit)
    },
    async revoke({ id, reason, comment, invalidityDate, by, at, events }) {
      const row = world.certificates.find((each) => each.id === id && each.state === 'issued')
      const onHold = row?.revocationReason === 'certificateHold' && reason !== 'certificateHold'
      if (!row || (row.revokedAt !== null && !onHold)) return false
      if (row.revokedAt !== null) world.pastHolds.push({ certificateId: id, since: row.revokedAt, until: at })
      Object.assign(row, { revokedAt: at, revocationReason: reason, revokedBy: by, revocationComment: comment })
      row.invalidityDate = invalidityDate
      makeCrlDue(world, row.authorityId, at)
      append(world, events)
      return true
    },
    async release({ id, at, events }) {
      const row = world.certificates.find((each) => each.id === id && each.state === 'issued')
      if (row?.revocationReason !== 'certificateHold' || row.revokedAt === null) return false
      world.pastHolds.push({ certificateId: id, since: row.revokedAt, until: at })
      Object.assign(row, { revokedAt: null, revocationReason: null, revokedBy: null, revocationComment: null })
      row.invalidityDate = null
      makeCrlDue(world, row.authorityId, at)
      append(world, events)
      return true
    },
    async counts(now, _, reach) {
      const leaves = issued().filter((row) => row.kind === 'leaf' && reached(row, reach))
      const ofGroup = (endpointId: string) => {
        const endpoint = world.endpoints.find(({ id }) => id === endpointId)
        const group = world.groups.find(({ id }) => id === endpoint?.groupId)
        return group !== undefined && inGroups(reach, group.slug)
      }
      const count = (status: string) => leaves.filter((row) => statusOf(row, now) === status).length
      const yesterday = new Date(now.getTime() - 24 * HOUR_MS)
      return {
        total: leaves.length,
        valid: count('valid'),
        expiring: count('expiring'),
        expired: count('expired'),
        revoked: leaves.filter((row) => ['revoked', 'held', 'issuer_revoked'].includes(statusOf(row, now))).length,
        last24h: leaves.filter(({ issuedAt }) => issuedAt > yesterday).length,
        refused24h: (world.transactions as MemoryTransaction[]).filter(
          ({ state, createdAt, messageType, attempt }) =>
            state === 'refused' &&
            createdAt > yesterday &&
            !QUESTIONS.includes(messageType ?? 0) &&
            ofGroup(attempt.endpointId),
        ).length,
        pendingChallenges: world.challenges.filter(
          ({ state, expiresAt, endpointId }) => state === 'pending' && expiresAt > now && ofGroup(endpointId),
        ).length,
      }
    },
  }
}

export function makeCrlDue(world: World, authorityId: string, at: Date): void {
  const authority = world.authorities.find(({ id }) => id === authorityId)
  if (authority) authority.crlDueSince = new Date(Math.max(at.getTime(), (authority.crlDueSince?.getTime() ?? -1) + 1))
}

export function memoryJobStore() {
  const rows = new Map<
    string,
    {
      nextRunAt: Date
      claimedBy: string | null
      claimedUntil: Date | null
      lastRunAt: Date | null
      lastError: string | null
    }
  >()
  const store: JobStore = {
    async claim({ name, by, now, until, nextRunAt, early }) {
      const row = rows.get(name)
      if (row && ((!early && row.nextRunAt > now) || (row.claimedUntil !== null && row.claimedUntil > now)))
        return false
      rows.set(name, { lastRunAt: null, lastError: null, ...row, nextRunAt, claimedBy: by, claimedUntil: until })
      return true
    },
    async extend({ name, by, until }) {
      const row = rows.get(name)
      if (row?.claimedBy !== by) return false
      row.claimedUntil = until
      return true
    },
    async finish({ name, by, at, error }) {
      const row = rows.get(name)
      if (row?.claimedBy === by)
        Object.assign(row, { claimedBy: null, claimedUntil: null, lastRunAt: at, lastError: error })
    },
  }
  return { store, rows }
}

export function matches(row: CertificateRecord, filter: CertificateListFilter & Reach, now: Date): boolean {
  return (
    reached(row, filter) &&
    (filter.group === undefined || row.group?.slug === filter.group) &&
    (filter.issuer === undefined || row.issuer.slug === filter.issuer) &&
    (filter.endpoint === undefined || row.endpoint?.slug === filter.endpoint) &&
    (filter.status === undefined || statusOf(row, now) === filter.status) &&
    (filter.subject === undefined || row.subject === filter.subject) &&
    (filter.issuance === undefined || (filter.issuance === 'first') === (row.renewsCertificateId === null)) &&
    (filter.line === undefined || row.id === filter.line || row.lineageId === filter.line) &&
    (filter.current === undefined || filter.current === ['valid', 'expiring'].includes(statusOf(row, now))) &&
    within(row.notAfter, filter.endsFrom, filter.endsTo) &&
    within(row.issuedAt, filter.issuedFrom, filter.issuedTo) &&
    (filter.search === undefined || found(row, filter.search))
  )
}

function reached({ group }: CertificateRecord, reach: Reach): boolean {
  return reach.groups === undefined || (group !== null && inGroups(reach, group.slug))
}

function isRenewed(world: World, id: string): boolean {
  return world.certificates.some(({ renews, state }) => renews?.certificateId === id && state === 'issued')
}

function within(at: Date, from = '1970-01-01', to = '9999-12-31'): boolean {
  const [first, last] = [beginningOf(from), endOf(to)]
  return first !== undefined && last !== undefined && first <= at && at < last
}

function found(row: CertificateRecord, search: string): boolean {
  const text = search.toLowerCase()
  const hex = text.replace(/[\s:]/g, '').replace(/^sha256/, '')
  const isHex = /^[0-9a-f]{3,64}$/.test(hex)
  return (
    [row.subject, row.commonName ?? '', ...row.san.map(({ value }) => value)].some((value) =>
      value.toLowerCase().includes(text),
    ) ||
    (isHex && (row.serial.toLowerCase().startsWith(hex) || row.fingerprintSha256.startsWith(hex)))
  )
}

export function record(world: World, row: WorldCertificate): CertificateRecord {
  const authority = world.authorities.find(({ id }) => id === row.authorityId)
  const parent = world.authorities.find(({ id }) => id === authority?.parentId)
  const group = world.groups.find(({ id }) => id === row.groupId)
  const endpoint = world.endpoints.find(({ id }) => id === row.endpointId)
  const challenge = world.challenges.find(({ id }) => id === row.challengeId)
  const above = world.certificates.find(({ id }) => id === authority?.certificateId)
  const attempt = world.transactions.find(({ id }) => id === row.enrolmentTransactionId)
  if (!authority || !row.der || !row.fingerprintSha256 || !row.issuedAt) throw new Error('not an issued certificate')
  const chain = row.kind === 'root' ? [] : [authority.certificateDer, parent?.certificateDer ?? null]
  return {
    id: row.id,
    kind: row.kind,
    serial: row.serial,
    subject: row.subject,
    commonName: row.commonName,
    san: row.sans,
    group: group ? { slug: group.slug, name: group.name } : null,
    endpoint: endpoint ? { slug: endpoint.slug, name: endpoint.name } : null,
    issuer: { slug: authority.slug, name: authority.name },
    keyAlgorithm: row.keyAlgorithm,
    notBefore: row.notBefore,
    notAfter: row.notAfter,
    issuedAt: row.issuedAt,
    createdAt: row.createdAt,
    revokedAt: row.revokedAt,
    revocationReason: row.revocationReason,
    revokedBy: row.revokedBy,
    revocationComment: row.revocationComment,
    invalidityDate: row.invalidityDate,
    issuerRevocation: above?.revokedAt
      ? {
          at: above.revokedAt,
          reason: above.revocationReason ?? 'unspecified',
          by: above.revokedBy ?? 'somebody',
        }
      : null,
    fingerprintSha256: Buffer.from(row.fingerprintSha256).toString('hex'),
    der: row.der,
    chain: chain.filter((der) => der !== null),
    renewsCertificateId: row.renews?.certificateId ?? null,
    lineageId: row.renews?.lineageId ?? null,
    supersedeAt: row.supersedeAt,
    scheduled: scheduledFor(world, row.id),
    policyVersion: row.policyVersion,
    challenge: challenge ? { id: challenge.id, mintedBy: challenge.mintedBy, createdAt: challenge.createdAt } : null,
    transaction: attempt
      ? { id: attempt.id, sourceIp: attempt.sourceIp, userAgent: attempt.userAgent, at: attempt.createdAt }
      : null,
  }
}

function scheduledFor(world: World, certificateId: string): CertificateRecord['scheduled'] {
  const [first] = world.bulkRevocations
    .filter(({ state, items }) => state === 'scheduled' && items.some((item) => item.certificateId === certificateId))
    .sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
  return first ? { bulkId: first.id, action: first.action, startsAt: first.startsAt } : null
}
