/** In-memory stores of challenges and enrolment transactions, over the tables of world.ts, with the database's rules. */

import type { ApprovalStore } from '@/lib/services/approval-types'
import type { AuditEntry, Page } from '@/lib/services/audit'
import type { AlarmStore, AlarmView } from '@/lib/services/challenge-alarms'
import type { ChallengePageStore } from '@/lib/services/challenge-page-types'
import {
  MISMATCH_REASONS,
  type RedemptionStore,
  type Reservation,
  type RowOutcome,
} from '@/lib/services/challenge-presentation'
import type { ChallengeRules } from '@/lib/services/challenge-rules'
import type { ChallengeUpkeepStore } from '@/lib/services/challenge-upkeep'
import {
  type ChallengeFilter,
  type ChallengeStore,
  type ChallengeView,
  type NewChallenge,
  PENDING_CHALLENGES_PER_DEVICE,
} from '@/lib/services/challenges'
import type { DefaultEndpointStore } from '@/lib/services/default-endpoint'
import type { DeviceStore } from '@/lib/services/devices'
import type { AtOnceStore } from '@/lib/services/enrolment-at-once'
import type { GrantRequest, GrantStore } from '@/lib/services/enrolment-authorisation'
import { explanationOf } from '@/lib/services/enrolment-refusals'
import type { Attempt, KnownTransaction, RefusedAttempt } from '@/lib/services/enrolment-turns'
import { ENDED_BADLY, type FlightRecord, type FlightRecordStore } from '@/lib/services/flight-recorder'
import { inGroups, type Reach } from '@/lib/services/permissions'
import type { RenewalStore } from '@/lib/services/renewal'
import { RETENTION_DEFAULTS, type RetentionStore } from '@/lib/services/retention'
import type { ScepEnrolmentStore } from '@/lib/services/scep-enrolment'
import { transactionIdText } from '@/lib/services/scep-exchange'
import type { QueryStore } from '@/lib/services/scep-queries'
import type { SimulationStore } from '@/lib/services/simulation'
import type { StaticSecretStore } from '@/lib/services/static-secrets'
import type { SupersessionStore } from '@/lib/services/supersession'
import {
  QUESTIONS,
  type StoredTransactionFilter,
  type TransactionRow,
  type TransactionStore,
} from '@/lib/services/transactions'
import { memoryAtOnceStore } from './at-once-store'
import { memoryChallengePageStore, takePage } from './challenge-page-store'
import { type MemoryApproval, memoryPolicyStores } from './policy-stores'
import { memoryRenewalStore } from './renewal-store'
import { countedRows, sortedRows } from './sorted-rows'
import {
  append,
  type World,
  type WorldAlarm,
  type WorldCertificate,
  type WorldChallenge,
  type WorldTransaction,
} from './world'

export interface EnrolmentStores {
  alarms: AlarmStore
  challenges: ChallengeStore
  redemption: RedemptionStore
  atOnce: AtOnceStore
  enrolment: ScepEnrolmentStore
  grants: GrantStore
  upkeep: ChallengeUpkeepStore
  transactions: TransactionStore
  renewals: RenewalStore
  queries: QueryStore
  supersession: SupersessionStore
  staticSecrets: StaticSecretStore
  approvals: ApprovalStore
  flights: FlightRecordStore & RetentionStore
  simulation: SimulationStore
  devices: DeviceStore
  defaultEndpoint: DefaultEndpointStore
  challengePage: ChallengePageStore
}

export interface MemoryChallenge
  extends WorldChallenge,
    Omit<NewChallenge, 'ttlMinutes' | 'format' | 'deviceId' | 'pageAccountId'> {
  deviceId?: string | null
  pageAccountId?: string | null
  format: string
  origin: 'minted' | 'signed' | GrantRequest['origin']
  evidence: GrantRequest['evidence']
  renewsCertificateId: string | null
  mintedBy: string
  reservedBy: string | null
  reservedCsrSha256: Uint8Array | null
  reservedAt: Date | null
  revokedAt: Date | null
  revokedReason?: string | null
  failedAttempts: number
}

export interface MemoryTransaction extends WorldTransaction {
  attempt: RefusedAttempt
  detail: string | null
  challengeId: string | null
  claimedAt: Date
  finishedAt: Date | null
  /** Set once it has waited for people. */
  expiresAt: Date | null
  deliveredAt: Date | null
  superseded: boolean
  client: string | null
}

const MINUTE_MS = 60_000
const FREE = { reservedBy: null, reservedCsrSha256: null, reservedSpkiSha256: null, reservedAt: null }
const among = (hash: Uint8Array, hashes: Uint8Array[]) => hashes.some((each) => same(hash, each))
const same = (a: Uint8Array | null, b: Uint8Array | null) => a !== null && b !== null && Buffer.from(a).equals(b)

export function memoryEnrolmentStores(world: World, clock: () => Date): EnrolmentStores {
  const stores = memoryTransactionStores(world, clock)
  return {
    ...stores,
    atOnce: memoryAtOnceStore(world, clock, stores),
    ...memoryPolicyStores(world, stores.grants, clock),
    ...memoryRenewalStore(world, clock, stores.grants),
    challengePage: memoryChallengePageStore(
      world,
      clock,
      async () => (await stores.defaultEndpoint.defaultEndpoint()).endpoint?.slug ?? null,
    ),
  }
}

type TransactionStores = Omit<
  EnrolmentStores,
  'atOnce' | 'challengePage' | 'staticSecrets' | 'approvals' | 'renewals' | 'queries' | 'supersession'
>

function memoryTransactionStores(world: World, clock: () => Date): TransactionStores {
  const challenges = world.challenges as MemoryChallenge[]
  const rows = world.transactions as MemoryTransaction[]
  const ago = (minutes: number) => new Date(clock().getTime() - minutes * MINUTE_MS)
  const endpointOf = (id: string) => {
    const endpoint = world.endpoints.find((each) => each.id === id)
    const group = world.groups.find((each) => each.id === endpoint?.groupId)
    if (!endpoint || !group) throw new Error(`no endpoint ${id}`)
    return { ...endpoint, group }
  }
  const certificateFor = (challengeId: string) =>
    world.certificates.find((each) => each.challengeId === challengeId && each.state !== 'abandoned')
  const isDue = ({ state, expiresAt }: MemoryChallenge) => state === 'pending' && expiresAt <= clock()
  const mismatchOf = (challengeId: string, csrSha256: Uint8Array) => {
    const row = rows.find(
      (each) => each.challengeId === challengeId && each.state === 'refused' && same(each.attempt.csrSha256, csrSha256),
    )
    const reason = MISMATCH_REASONS.find((each) => each === row?.reason)
    return reason === undefined ? null : { reason, detail: row?.detail ?? '' }
  }
  const append_ = (events: AuditEntry[]) => append(world, events)
  const records: FlightRecord[] = []
  let retention = RETENTION_DEFAULTS
  let chosenId: string | null = null
  const defaultEndpoint = () =>
    chosenId === null
      ? world.endpoints.length === 1
        ? world.endpoints[0]
        : undefined
      : world.endpoints.find(({ id }) => id === chosenId)

  const stores: Omit<TransactionStores, 'simulation'> = {
    challenges: {
      async mintingEndpoint(slug) {
        const endpoint = world.endpoints.find((each) => each.slug === slug)
        if (!endpoint) return null
        const { id, enabled, challengeTtlMinutes, challengeFormat, profile, group, policy } = endpointOf(endpoint.id)
        return { id, slug, groupSlug: group.slug, enabled, policy, challengeTtlMinutes, challengeFormat, profile }
      },
      async add({ ttlMinutes, ...challenge }, quota, minted) {
        const pending = challenges.filter(
          (each) =>
            each.endpointId === challenge.endpointId &&
            each.origin === 'minted' &&
            each.state === 'pending' &&
            !isDue(each),
        )
        if (pending.length >= quota || !endpointOf(challenge.endpointId).enabled) return null
        if (waitingFor(challenge.endpointId, challenge.constraints.rules ?? {}) >= PENDING_CHALLENGES_PER_DEVICE)
          return null
        if (!takePage(world, clock, challenge.endpointId, challenge.pageAccountId)) return null
        const expiresAt = new Date(clock().getTime() + ttlMinutes * MINUTE_MS)
        challenges.push({
          ...challenge,
          ...FREE,
          origin: 'minted',
          evidence: {},
          renewsCertificateId: null,
          state: 'pending',
          createdAt: clock(),
          expiresAt,
          revokedAt: null,
          failedAttempts: 0,
        })
        append_([minted(expiresAt)])
        return { expiresAt }
      },
      waitingForDevice: async (endpointId, device) => waitingFor(endpointId, device),
      async makeRoom(endpointId, device, left, revoked) {
        const oldest = (['deviceSerial', 'deviceUdid'] as const).flatMap((key) =>
          waitingUnder(endpointId, device, key).toReversed().slice(left),
        )
        for (const row of new Set(oldest)) {
          row.state = 'revoked'
          row.revokedAt = clock()
          row.revokedReason = 'a newer one was minted for the device'
          append_([revoked(row)])
        }
        return new Set(oldest).size
      },
      async list(filter, keyset) {
        return sortedRows(
          mintedBy(filter),
          keyset,
          {
            minted: ({ createdAt }) => createdAt,
            name: ({ subject }) => subject,
            ends: ({ expiresAt }) => expiresAt,
          },
          ({ id }) => id,
        )
      },
      async count(filter, request) {
        return countedRows(mintedBy(filter), request, ({ createdAt }) => createdAt)
      },
      async revokeMany(filter, { reason, before, limit }, revoked) {
        const rows = mintedBy({ ...filter, state: 'pending' })
          .filter(({ createdAt }) => createdAt <= before)
          .slice(0, limit)
        for (const { id } of rows) {
          const row = challenges.find((each) => each.id === id)
          if (row) Object.assign(row, { state: 'revoked', revokedAt: clock(), revokedReason: reason })
        }
        append(world, rows.map(revoked))
        return rows.length
      },
      async get(id) {
        const row = challenges.find((each) => each.id === id)
        return row ? viewOf(row) : null
      },
      async binding(id) {
        const row = challenges.find((each) => each.id === id)
        if (!row) return null
        const ttlMinutes = Math.round((row.expiresAt.getTime() - row.createdAt.getTime()) / MINUTE_MS)
        return { constraints: row.constraints, ttlMinutes }
      },
      async revoke(id, reason, revoked) {
        const row = challenges.find((each) => each.id === id)
        if (!row || isDue(row) || !(row.state === 'pending' || (row.state === 'reserved' && !certificateFor(id))))
          return null
        Object.assign(row, { state: 'revoked', revokedAt: clock(), revokedReason: reason })
        append_([revoked])
        return viewOf(row)
      },
    },

    redemption: {
      async reserve(request, reserved) {
        const row = challenges.find(
          (each) => among(each.handleHash, request.handleHashes) && each.endpointId === request.endpointId,
        )
        const again =
          row?.state === 'reserved' &&
          same(row.reservedCsrSha256, request.csrSha256) &&
          (row.reservedBy === request.transactionRowId || (row.reservedAt ?? clock()) < ago(0.25))
        const free = row?.state === 'pending' && !isDue(row) && mismatchOf(row.id, request.csrSha256) === null
        if (!row || !(free || again)) return null
        Object.assign(row, {
          state: 'reserved',
          reservedBy: request.transactionRowId,
          reservedCsrSha256: request.csrSha256,
          reservedSpkiSha256: request.spkiSha256,
          reservedAt: clock(),
        })
        const attempt = rows.find((each) => each.id === request.transactionRowId)
        if (attempt) attempt.challengeId = row.id
        const reservation: Reservation = { id: row.id, subject: row.subject, constraints: row.constraints }
        append_([reserved(reservation)])
        return reservation
      },
      async release({ challengeId, transactionRowId, csrSha256, mismatch, mostMismatches, row: outcome }, events) {
        const row = challenges.find((each) => each.id === challengeId)
        if (!row) throw new Error(`no challenge ${challengeId}`)
        const released = row.state === 'reserved' && row.reservedBy === transactionRowId && !certificateFor(challengeId)
        if (released) {
          const counts = mismatch && mismatchOf(challengeId, csrSha256) === null
          const failedAttempts = row.failedAttempts + (counts ? 1 : 0)
          const revoke = counts && failedAttempts >= mostMismatches
          Object.assign(row, FREE, {
            failedAttempts,
            ...(revoke ? { revokedReason: 'three_mismatches' } : {}),
            state: revoke ? 'revoked' : row.expiresAt <= clock() ? 'expired' : 'pending',
            revokedAt: revoke ? clock() : null,
          })
        }
        const attempt = rows.find((each) => each.id === transactionRowId)
        if (!released && outcome.state === 'failed') {
          if (attempt) attempt.claimedAt = new Date(0)
        } else finish(attempt, outcome, challengeId)
        append_(events({ released, state: row.state, attempt: row.failedAttempts }))
      },
      async lookup(handleHashes, csrSha256) {
        const row = challenges.find((each) => among(each.handleHash, handleHashes))
        if (!row) return null
        const certificate = certificateFor(row.id)
        return {
          id: row.id,
          subject: row.subject,
          endpointSlug: endpointOf(row.endpointId).slug,
          state: isDue(row) ? 'expired' : row.state,
          reservedBy: row.reservedBy,
          reservedCsrSha256: row.reservedCsrSha256,
          reservedSpkiSha256: row.reservedSpkiSha256,
          reservedSignerSpkiSha256: rows.find(({ id }) => id === row.reservedBy)?.attempt.signerSpkiSha256 ?? null,
          consumedAt: certificate?.issuedAt ?? null,
          certificate:
            certificate?.state === 'issued'
              ? { id: certificate.id, notAfter: certificate.notAfter, revokedAt: certificate.revokedAt }
              : null,
          mismatched: mismatchOf(row.id, csrSha256),
        }
      },
      async alarm({ row: outcome, revoke, ...second }, events) {
        const known = world.alarms.some(
          (each) => each.challengeId === second.challengeId && same(each.spkiSha256, second.spkiSha256),
        )
        if (known) return false
        world.alarms.push({
          id: crypto.randomUUID(),
          ...second,
          createdAt: clock(),
          dismissedAt: null,
          dismissedBy: null,
        })
        finish(
          rows.find(({ id }) => id === second.transactionRowId),
          outcome,
          second.challengeId,
        )
        const first = certificateFor(second.challengeId)
        const lineOf = ({ id, renews }: WorldCertificate) => renews?.lineageId ?? id
        const due = world.certificates.filter(
          (each) =>
            revoke !== null &&
            first !== undefined &&
            (each.id === first.id || (lineOf(each) === lineOf(first) && each.createdAt > first.createdAt)) &&
            each.state === 'issued' &&
            each.revokedAt === null,
        )
        for (const each of due) {
          const { reason: revocationReason, by: revokedBy, comment: revocationComment } = revoke ?? {}
          Object.assign(each, { revokedAt: clock(), revocationReason, revokedBy, revocationComment })
          const authority = world.authorities.find(({ id }) => id === each.authorityId)
          if (authority) authority.crlDueSince = clock()
        }
        append_(events(due.map(({ id, serial, subject }) => ({ id, serial, subject }))))
        return true
      },
      async lookupAny(handleHashes) {
        const row = challenges.find((each) => handleHashes.some((hash) => same(each.handleHash, hash)))
        return row ? { id: row.id, subject: row.subject, endpointSlug: endpointOf(row.endpointId).slug } : null
      },
      async otherEndpoints(endpointId, limit) {
        return world.endpoints
          .map(({ id }) => id)
          .filter((id) => id !== endpointId)
          .slice(0, limit)
      },
    },

    alarms: {
      async list({ open, endpoint, ...reach }, page) {
        const isOpen = ({ dismissedAt, challengeId }: WorldAlarm) =>
          dismissedAt === null && !certificateFor(challengeId)?.revokedAt
        const fits = world.alarms
          .filter((each) => alarmReached(each, reach) && (open === undefined || isOpen(each) === open))
          .map(alarmOf)
          .filter((view) => endpoint === undefined || view.endpoint.slug === endpoint)
        return pageOf(fits.reverse(), page)
      },
      async get(id, reach) {
        const alarm = world.alarms.find((each) => each.id === id && alarmReached(each, reach))
        return alarm === undefined ? null : alarmOf(alarm)
      },
      async open(limit, reach) {
        return world.alarms
          .filter((each) => alarmReached(each, reach))
          .filter(({ dismissedAt, challengeId }) => dismissedAt === null && !certificateFor(challengeId)?.revokedAt)
          .toReversed()
          .slice(0, limit)
          .map(alarmOf)
      },
      async ofChallenge(challengeId, reach) {
        return world.alarms
          .filter((each) => each.challengeId === challengeId && alarmReached(each, reach))
          .toReversed()
          .map(alarmOf)
      },
      async dismiss(challengeId, by, dismissed) {
        const open = world.alarms.filter((each) => each.challengeId === challengeId && each.dismissedAt === null)
        for (const each of open) Object.assign(each, { dismissedAt: clock(), dismissedBy: by })
        if (open.length > 0) append_([dismissed(open.length)])
        return open.length > 0
      },
    },

    grants: {
      async grant(request, events) {
        const known = challenges.find((each) => same(each.handleHash, request.handleHash))
        const certified = known && certificateFor(known.id)
        if (known?.state === 'consumed' || known?.state === 'revoked') return null
        if (certified && !same(certified.spkiSha256, request.spkiSha256)) return null
        const { transactionRowId, csrSha256, spkiSha256, by, via, ip, ...grant } = request
        const row: MemoryChallenge = {
          ...grant,
          id: known?.id ?? grant.id,
          format: 'none',
          deviceName: null,
          mintedBy: by,
          mintedVia: via,
          mintedFrom: ip,
          state: 'reserved',
          createdAt: known?.createdAt ?? clock(),
          expiresAt: new Date(clock().getTime() + 60 * MINUTE_MS),
          revokedAt: null,
          failedAttempts: 0,
          reservedBy: transactionRowId,
          reservedCsrSha256: csrSha256,
          reservedSpkiSha256: spkiSha256,
          reservedAt: clock(),
        }
        if (known) Object.assign(known, row)
        else challenges.push(row)
        const attempt = rows.find((each) => each.id === transactionRowId)
        if (attempt) attempt.challengeId = row.id
        append_(events)
        return { id: row.id, subject: row.subject, constraints: row.constraints }
      },
    },

    upkeep: {
      async expire(limit, expired) {
        const due = challenges.filter(isDue).slice(0, limit)
        const perEndpoint: Record<string, number> = {}
        for (const row of due) {
          row.state = 'expired'
          const { slug } = endpointOf(row.endpointId)
          perEndpoint[slug] = (perEndpoint[slug] ?? 0) + 1
        }
        if (due.length > 0) append_([expired(due.length, perEndpoint)])
        return due.length
      },
      async freeAbandoned(minutes, limit, released) {
        const due = challenges
          .filter(
            (row) =>
              row.state === 'reserved' &&
              row.reservedAt !== null &&
              row.reservedAt < ago(minutes) &&
              !certificateFor(row.id),
          )
          .slice(0, limit)
        for (const row of due) {
          const state = row.expiresAt > clock() ? 'pending' : 'expired'
          Object.assign(row, FREE, { state })
          append_([released({ id: row.id, subject: row.subject, slug: endpointOf(row.endpointId).slug, state })])
        }
        return due.length
      },
      async failInterrupted(minutes, limit) {
        const held = (row: MemoryTransaction) =>
          challenges.some((each) => each.id === row.challengeId && each.state === 'reserved')
        const due = rows
          .filter((row) => row.state === 'received' && row.claimedAt < ago(minutes) && !held(row))
          .slice(0, limit)
        for (const row of due) finish(row, { state: 'failed', reason: 'interrupted', detail: '', failInfo: null }, null)
        return due.length
      },
      async forgetTransactions({ refusedDays, answeredDays }, limit) {
        const before = ago(refusedDays * 1_440)
        const due = rows
          .filter(
            ({ id, state, createdAt, finishedAt, certificateId }) =>
              (state === 'answered' && createdAt < ago(answeredDays * 1_440)) ||
              ((state === 'refused' || state === 'failed') &&
                createdAt < before &&
                finishedAt !== null &&
                finishedAt < before &&
                certificateId === null &&
                !world.certificates.some((each) => each.enrolmentTransactionId === id)),
          )
          .slice(0, limit)
        for (const row of due) rows.splice(rows.indexOf(row), 1)
        return due.length
      },
    },

    enrolment: {
      async endpoint(slug) {
        const endpoint = slug === '' ? defaultEndpoint() : world.endpoints.find((each) => each.slug === slug)
        if (!endpoint) return null
        const { group, profile, ...rest } = endpointOf(endpoint.id)
        const registrationAuthorities = world.registrationAuthorities.flatMap(({ certificateDer, ...ra }) =>
          certificateDer === null || ra.endpointId !== endpoint.id
            ? []
            : [{ ...ra, certificateDer, staged: ra.authorityId !== undefined }],
        )
        return {
          ...rest,
          groupSlug: group.slug,
          profile,
          registrationAuthorities,
          issuer: issuerOf(endpoint.authorityId),
          chain: chainOf(endpoint.authorityId),
          nextChain: [],
          deviceLookups: world.deviceLookups?.get(slug) ?? [],
        }
      },
      async begin(attempt) {
        const live = rows.find((row) => isLive(row) && sameIdentity(row.attempt, attempt))
        if (live) return { started: false, known: knownOf(live) }
        return { started: true, id: addRow(attempt, 'received').id }
      },
      async takeOver(id, abandonedAfterSeconds, refusedFor) {
        const row = rows.find((each) => each.id === id && isLive(each))
        const free =
          row?.state === 'failed' ||
          (row?.state === 'refused' && row.reason === refusedFor) ||
          (row?.state === 'received' && row.claimedAt < ago(abandonedAfterSeconds / 60))
        if (!row || !free) return false
        Object.assign(row, { state: 'received', claimedAt: clock(), reason: null, detail: null, finishedAt: null })
        return true
      },
      async supersede(id) {
        const row = rows.find((each) => each.id === id)
        if (row && (row.state === 'issued' || row.state === 'refused' || waitedTooLong(row))) row.superseded = true
      },
      async delivered(id) {
        const row = rows.find((each) => each.id === id && each.state === 'issued' && each.expiresAt !== null)
        if (row) row.deliveredAt ??= clock()
      },
      async finish(id, outcome, challengeId, events) {
        const row = rows.find((each) => each.id === id)
        if (row?.state !== 'received') return
        finish(row, outcome, challengeId)
        append_(events)
      },
      async finishIssued(id, certificateId) {
        const row = rows.find((each) => each.id === id)
        if (!row) throw new Error(`no transaction ${id}`)
        if (row.state === 'received' || row.state === 'failed')
          Object.assign(row, { state: 'issued', certificateId, reason: null, detail: null, finishedAt: clock() })
        return knownOf(row)
      },
      async refuseAtOnce(attempt, outcome, challengeId, events) {
        const row = addRow(attempt, 'received')
        finish(row, outcome, challengeId)
        row.superseded = true
        append_(events)
        return row.id
      },
      async findForPoll(endpointId, transactionId, keySha256) {
        const row = rows.findLast(
          ({ attempt, superseded }) =>
            !superseded &&
            attempt.endpointId === endpointId &&
            same(attempt.transactionId, transactionId) &&
            (same(attempt.signerSpkiSha256, keySha256) || same(attempt.spkiSha256, keySha256)),
        )
        return row ? knownOf(row) : null
      },
    },

    transactions: {
      async list(filter, keyset) {
        return sortedRows(
          askedBy(filter),
          keyset,
          { asked: ({ createdAt }) => createdAt, name: ({ subject }) => subject ?? '' },
          ({ id }) => id,
        )
      },

      async count(filter, request) {
        return countedRows(askedBy(filter), request, ({ createdAt }) => createdAt)
      },

      async get(id, mostRecords) {
        const row = rows.find((each) => each.id === id)
        if (!row) return null
        const challenge = challenges.find((each) => each.id === row.challengeId)
        const { csrSha256, spkiSha256, signerSpkiSha256, endpointId } = row.attempt
        return {
          ...rowOf(row),
          csrSha256,
          spkiSha256,
          signerSpkiSha256,
          challenge: challenge
            ? {
                id: challenge.id,
                subject: challenge.subject,
                state: isDue(challenge) ? 'expired' : challenge.state,
                origin: challenge.origin,
                constraints: challenge.constraints,
              }
            : null,
          rules: endpointOf(endpointId).profile,
          records: records.filter((each) => each.enrolmentTransactionId === id).slice(-mostRecords),
          history: [],
        }
      },

      async clients(reach) {
        return [
          ...new Set(
            rows.filter(({ attempt }) => reached(attempt.endpointId, reach)).flatMap(({ client }) => client ?? []),
          ),
        ].sort()
      },
    },

    devices: {
      async subjects({ search = '' }, { order, way, from, limit }) {
        const leaves = world.certificates.filter(({ kind, state }) => kind === 'leaf' && state === 'issued')
        const upwards = (order === 'asc') === (way === 'after')
        const names = deviceNames(search)
        return (upwards ? names : names.reverse())
          .filter((subject) => from === null || (upwards ? subject > from : subject < from))
          .slice(0, limit)
          .map((subject) => ({ subject, certificates: leaves.filter((leaf) => leaf.subject === subject).length }))
      },
      async countDevices() {
        return 0
      },
      async countSubjects({ search = '' }, most) {
        return Math.min(deviceNames(search).length, most)
      },
      async renewals() {
        return []
      },
      // Devices of MDMs are tested where they are kept, on Postgres.
      mdmDevices: async () => [],
      mdmDevice: async () => null,
      devicesOfSubject: async () => [],
      events: async () => [],
      actions: async () => [],
      revokeChallenges: async () => 0,
    },

    defaultEndpoint: {
      async defaultEndpoint() {
        const endpoint = defaultEndpoint()
        if (endpoint === undefined) return { endpoint: null, chosen: chosenId !== null }
        const { slug, name, group } = endpointOf(endpoint.id)
        const named = { slug, name, group: { slug: group.slug, name: group.name } }
        return { endpoint: named, chosen: chosenId !== null }
      },
      async chooseDefault(slug, event) {
        const before = world.endpoints.find(({ id }) => id === chosenId)?.slug ?? null
        if (slug === before) return 'chosen'
        const endpoint = world.endpoints.find((each) => each.slug === slug)
        if (slug !== null && endpoint === undefined) return 'endpoint_unknown'
        chosenId = endpoint?.id ?? null
        append_([event(before)])
        return 'chosen'
      },
    },

    flights: {
      async add(added) {
        records.push(...structuredClone(added))
        for (const { question, ...record } of added) if (question !== null) addQuestion(question, record)
        for (const { enrolmentTransactionId, client } of added) {
          const row = rows.find(({ id }) => id === enrolmentTransactionId)
          if (row) row.client ??= client
        }
      },
      async forget({ well, badly }, limit) {
        const due = records
          .filter(({ outcome, createdAt }) => createdAt < (ENDED_BADLY.includes(outcome) ? badly : well))
          .slice(0, limit)
        for (const record of due) records.splice(records.indexOf(record), 1)
        return due.length
      },
      async retention() {
        return retention
      },
      async setRetention(wanted, event) {
        retention = wanted
        append_([event])
      },
    },
  }

  return {
    ...stores,
    simulation: {
      endpoint: stores.enrolment.endpoint,
      lookup: stores.redemption.lookup,
      lookupAny: stores.redemption.lookupAny,
      otherEndpoints: stores.redemption.otherEndpoints,
      async challenge(handleHashes) {
        const row = challenges.find((each) => handleHashes.some((hash) => same(each.handleHash, hash)))
        if (!row) return null
        const { id, constraints } = row
        return { id, state: isDue(row) ? 'expired' : row.state, constraints }
      },
      async waitingAt(endpointId, limit) {
        return heldAt(endpointId)
          .filter(({ state, expiresAt }) => state === 'open' && expiresAt > clock())
          .map(({ id }) => rows.find((each) => each.id === id)?.attempt.sourceIp ?? null)
          .slice(0, limit)
      },
      async heldRequest(endpointId, csrSha256) {
        const isLive = (id: string) =>
          rows.some((each) => each.id === id && !each.superseded && same(each.attempt.csrSha256, csrSha256))
        return heldAt(endpointId).findLast(({ id }) => isLive(id))?.id ?? null
      },
    },
  }

  function reached(endpointId: string, reach: Reach): boolean {
    return inGroups(reach, endpointOf(endpointId).group.slug)
  }

  function alarmReached({ challengeId }: WorldAlarm, reach: Reach): boolean {
    const challenge = challenges.find(({ id }) => id === challengeId)
    return challenge !== undefined && reached(challenge.endpointId, reach)
  }

  function heldAt(endpointId: string): MemoryApproval[] {
    return (world.approvals as MemoryApproval[]).filter((each) => each.endpointId === endpointId)
  }

  function mintedBy(filter: ChallengeFilter & Reach): ChallengeView[] {
    const search = filter.search?.toLowerCase()
    return challenges
      .filter(({ origin }) => origin === 'minted' || origin === 'signed')
      .map(viewOf)
      .filter(
        (view) =>
          inGroups(filter, view.group.slug) &&
          (filter.endpoint === undefined || view.endpoint.slug === filter.endpoint) &&
          (filter.endpoints === undefined || filter.endpoints.includes(view.endpoint.slug)) &&
          (filter.group === undefined || view.group.slug === filter.group) &&
          (filter.state === undefined ||
            view.state === filter.state ||
            (filter.state === 'refused' && view.state !== 'consumed' && view.lastRefusal !== null)) &&
          (filter.subject === undefined || view.subject === filter.subject) &&
          (filter.ids === undefined || filter.ids.includes(view.id)) &&
          (search === undefined ||
            [view.id, view.subject, view.deviceName ?? '', JSON.stringify(view.san)].some((text) =>
              text.toLowerCase().includes(search),
            )),
      )
  }

  function deviceNames(search: string): string[] {
    const leaves = world.certificates.filter(({ kind, state }) => kind === 'leaf' && state === 'issued')
    const names = new Set(
      [...leaves, ...challenges.filter(({ origin }) => origin === 'minted')].map(({ subject }) => subject),
    )
    return [...names].filter((subject) => subject.toLowerCase().includes(search.toLowerCase())).sort()
  }

  function askedBy(filter: StoredTransactionFilter): TransactionRow[] {
    const { device, deviceId, from, to, endpoint, group, groups, kind, state, ...equal } = filter
    return rows
      .map(rowOf)
      .filter(
        (view) =>
          (kind === undefined || (kind === 'question') === QUESTIONS.includes(view.messageType ?? 0)) &&
          (endpoint === undefined || view.endpoint.slug === endpoint) &&
          (groups === undefined || groups.includes(view.group.slug)) &&
          (group === undefined || view.group.slug === group) &&
          (state === undefined ||
            view.state === state ||
            (state === 'unsuccessful' && ['refused', 'failed'].includes(view.state))) &&
          (device === undefined || view.subject?.toLowerCase().includes(device.toLowerCase()) === true) &&
          deviceId === undefined &&
          (from === undefined || view.createdAt >= from) &&
          (to === undefined || view.createdAt < to) &&
          Object.entries(equal).every(([key, value]) => view[key as keyof typeof equal] === value),
      )
  }

  function rowOf(row: MemoryTransaction): TransactionRow {
    const endpoint = endpointOf(row.attempt.endpointId)
    const certificate = world.certificates.find(({ id }) => id === row.certificateId)
    const { transactionId, subject } = row.attempt
    return {
      id: row.id,
      state: row.state,
      endpoint: { slug: endpoint.slug, name: endpoint.name },
      group: { slug: endpoint.group.slug, name: endpoint.group.name },
      subject,
      reason: row.reason,
      detail: row.detail,
      transactionId: transactionId.length === 0 ? '' : transactionIdText(transactionId),
      sourceIp: row.sourceIp,
      userAgent: row.userAgent,
      client: row.client,
      challengeId: row.challengeId,
      certificate: certificate ? { id: certificate.id, serial: certificate.serial } : null,
      createdAt: row.createdAt,
      finishedAt: row.finishedAt,
      messageType: row.messageType,
    }
  }

  function waitedTooLong({ state, expiresAt }: MemoryTransaction): boolean {
    return state === 'pending' && expiresAt !== null && expiresAt <= clock()
  }

  function waitingFor(endpointId: string, device: ChallengeRules): number {
    const under = (key: 'deviceSerial' | 'deviceUdid') => waitingUnder(endpointId, device, key).length
    return Math.max(under('deviceSerial'), under('deviceUdid'))
  }

  function waitingUnder(endpointId: string, device: ChallengeRules, key: 'deviceSerial' | 'deviceUdid') {
    const value = device[key]
    return challenges.filter(
      (each) =>
        value !== undefined &&
        each.endpointId === endpointId &&
        each.state === 'pending' &&
        !isDue(each) &&
        each.constraints.rules?.[key] === value,
    )
  }

  function isLive(row: MemoryTransaction): boolean {
    return !row.superseded && row.attempt.csrSha256 !== null
  }

  function addRow(attempt: Attempt | RefusedAttempt, state: 'received'): MemoryTransaction {
    const row: MemoryTransaction = {
      id: crypto.randomUUID(),
      state,
      messageType: attempt.messageType,
      attempt,
      reason: null,
      detail: null,
      certificateId: null,
      challengeId: null,
      sourceIp: attempt.sourceIp,
      userAgent: attempt.userAgent,
      createdAt: clock(),
      claimedAt: clock(),
      finishedAt: null,
      expiresAt: null,
      deliveredAt: null,
      superseded: false,
      client: null,
    }
    rows.push(row)
    return row
  }

  function finish(row: MemoryTransaction | undefined, outcome: RowOutcome, challengeId: string | null): void {
    if (row?.state !== 'received') return
    const { state, reason, detail } = outcome
    Object.assign(row, { state, reason, detail, challengeId: challengeId ?? row.challengeId, finishedAt: clock() })
  }

  function addQuestion(question: NonNullable<FlightRecord['question']>, record: Omit<FlightRecord, 'question'>): void {
    const { endpointId, sourceIp, client, createdAt } = record
    const unread = { csrSha256: null, spkiSha256: null, client, policyVersion: 1 }
    const row = addRow({ ...question, ...unread, endpointId, sourceIp }, 'received')
    const { enrolmentTransactionId: id } = record
    Object.assign(row, { id, state: 'answered', certificateId: question.certificateId, createdAt, client })
    Object.assign(row, { claimedAt: createdAt, finishedAt: createdAt, superseded: true })
  }

  function knownOf(row: MemoryTransaction): KnownTransaction {
    const certificate = world.certificates.find((each) => each.id === row.certificateId && each.state === 'issued')
    const { id, detail, attempt } = row
    if (row.state === 'answered') throw new Error('a question is never met again')
    const late = waitedTooLong(row)
    const waited = row.state === 'issued' && row.expiresAt !== null
    const finishedAt = row.finishedAt ?? certificate?.issuedAt ?? null
    return {
      id,
      state: late ? 'refused' : row.state,
      reason: late ? 'request_expired' : row.reason,
      detail,
      spkiSha256: attempt.spkiSha256,
      signerSpkiSha256: attempt.signerSpkiSha256,
      finishedAt: late ? row.expiresAt : waited ? row.deliveredAt : finishedAt,
      undelivered: waited && row.deliveredAt === null,
      certificate: certificate?.der
        ? {
            id: certificate.id,
            serial: certificate.serial,
            name: certificate.subject,
            der: certificate.der,
            notAfter: certificate.notAfter,
            revokedAt: certificate.revokedAt,
            renewal: certificate.renews !== null,
          }
        : null,
    }
  }

  function alarmOf({ spkiSha256: _, transactionRowId: __, ...alarm }: WorldAlarm): AlarmView {
    const row = challenges.find(({ id }) => id === alarm.challengeId)
    if (!row) throw new Error(`no challenge ${alarm.challengeId}`)
    const { slug, name } = endpointOf(row.endpointId)
    const certificate = certificateFor(row.id)
    return {
      ...alarm,
      subject: row.subject,
      secondSubject: alarm.subject,
      endpoint: { slug, name },
      certificate:
        certificate?.state === 'issued'
          ? { id: certificate.id, serial: certificate.serial, revokedAt: certificate.revokedAt }
          : null,
    }
  }

  function viewOf(row: MemoryChallenge): ChallengeView {
    const { slug, name, group } = endpointOf(row.endpointId)
    const certificate = certificateFor(row.id)
    const refused = rows.findLast((each) => each.challengeId === row.id && each.state === 'refused')
    return {
      id: row.id,
      origin: row.origin,
      rules: row.constraints.rules ?? null,
      lastRefusal: refused?.reason
        ? {
            reason: refused.reason,
            explanation: explanationOf(refused.reason),
            detail: refused.detail,
            at: refused.createdAt,
          }
        : null,
      revokedReason: row.revokedReason ?? null,
      state: isDue(row) ? 'expired' : row.state,
      endpoint: { id: row.endpointId, slug, name },
      group: { slug: group.slug, name: group.name },
      subject: row.subject,
      san: row.constraints.san,
      deviceName: row.deviceName,
      format: row.format,
      mintedBy: row.mintedBy,
      mintedVia: row.mintedVia,
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
      consumedAt: row.state === 'consumed' ? (certificate?.issuedAt ?? null) : null,
      revokedAt: row.revokedAt,
      failedAttempts: row.failedAttempts,
      certificate: certificate?.state === 'issued' ? { id: certificate.id, serial: certificate.serial } : null,
    }
  }

  function issuerOf(authorityId: string) {
    const issuer = world.authorities.find(({ id }) => id === authorityId)
    if (!issuer?.certificateDer || issuer.keyId === null) return null
    return { id: issuer.id, keyId: issuer.keyId, certificateDer: issuer.certificateDer }
  }

  function chainOf(authorityId: string): Uint8Array[] {
    const authority = world.authorities.find(({ id }) => id === authorityId)
    if (!authority?.certificateDer) return []
    return [authority.certificateDer, ...(authority.parentId === null ? [] : chainOf(authority.parentId))]
  }
}

function sameIdentity(a: RefusedAttempt, b: Attempt): boolean {
  return a.endpointId === b.endpointId && same(a.transactionId, b.transactionId) && same(a.csrSha256, b.csrSha256)
}

function pageOf<T extends { id: string }>(items: T[], { cursor, limit }: { cursor?: string; limit: number }): Page<T> {
  const from = cursor === undefined ? 0 : items.findIndex(({ id }) => id === cursor) + 1
  const page = items.slice(from, from + limit)
  return { items: page, nextCursor: from + limit < items.length ? (page.at(-1)?.id ?? null) : null }
}
