/** Renewal, supersession and queries in memory, over the tables of world.ts, by the database's rules. */
import type { GrantRequest, GrantStore } from '@/lib/services/enrolment-authorisation'
import { combinedRules } from '@/lib/services/narrowing'
import type { HeldCertificate, RenewalObstacle, RenewalStore, Successor } from '@/lib/services/renewal'
import { DISTRUSTING } from '@/lib/services/renewal-checks'
import type { QueryStore } from '@/lib/services/scep-queries'
import { SUPERSEDED_BY, type SupersessionStore } from '@/lib/services/supersession'
import type { MemoryChallenge } from './enrolment-stores'
import { append, type World, type WorldCertificate } from './world'

const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.from(a).equals(b)

export function memoryRenewalStore(
  world: World,
  clock: () => Date,
  grants: GrantStore,
): { renewals: RenewalStore; queries: QueryStore; supersession: SupersessionStore } {
  const challenges = world.challenges as MemoryChallenge[]
  const groupOf = (endpointId: string) => world.endpoints.find(({ id }) => id === endpointId)?.groupId
  const authoritiesOf = (endpointId: string) =>
    world.authorities.filter(({ groupId }) => groupId !== null && groupId === groupOf(endpointId))
  const one = (id: string) => {
    const row = world.certificates.find((each) => each.id === id)
    if (!row) throw new Error(`no certificate ${id}`)
    return row
  }
  const lineOf = ({ id, renews }: WorldCertificate) => renews?.lineageId ?? id
  const challengeOf = ({ challengeId }: WorldCertificate) => challenges.find(({ id }) => id === challengeId)

  function successorOf(own: WorldCertificate, { handleHash }: Pick<GrantRequest, 'handleHash'>): Successor | null {
    const row = world.certificates.find(
      (each) =>
        (each.renews?.certificateId === own.id ||
          (each.renews?.lineageId === lineOf(own) && each.createdAt > own.createdAt)) &&
        each.state !== 'abandoned' &&
        each.revocationReason !== 'unspecified' &&
        (each.state === 'issued' || !same(challengeOf(each)?.handleHash ?? null, handleHash)),
    )
    if (row === undefined) return null
    return {
      certificateId: row.id,
      serial: row.serial,
      issued: row.state === 'issued',
      notAfter: row.notAfter,
      revoked: row.revokedAt !== null,
      csrSha256: challengeOf(row)?.reservedCsrSha256 ?? null,
    }
  }

  function obstacleTo(
    request: Pick<GrantRequest, 'handleHash' | 'csrSha256'>,
    renews: HeldCertificate,
  ): RenewalObstacle | null {
    const own = one(renews.id)
    if (own.revocationReason !== null) return { outcome: 'revoked', reason: own.revocationReason }
    const successor = successorOf(own, request)
    if (successor !== null) return { outcome: 'renewed', successor }
    const since = new Date(clock().getTime() - 15_000)
    const rival = challenges.some(
      ({ state, renewsCertificateId, reservedAt, reservedCsrSha256 }) =>
        state === 'reserved' &&
        renewsCertificateId === own.id &&
        reservedAt !== null &&
        reservedAt > since &&
        !same(reservedCsrSha256, request.csrSha256),
    )
    if (rival) return { outcome: 'busy' }
    const [newest] = world.certificates
      .filter(
        (each) =>
          each.kind === 'leaf' &&
          each.state === 'issued' &&
          each.groupId === own.groupId &&
          same(each.subjectDer, own.subjectDer),
      )
      .sort((a, b) => (b.issuedAt?.getTime() ?? 0) - (a.issuedAt?.getTime() ?? 0))
    if (newest?.revocationReason && DISTRUSTING.includes(newest.revocationReason))
      return { outcome: 'blocked', serial: newest.serial, reason: newest.revocationReason }
    return null
  }

  return {
    renewals: {
      async find(endpointId, serial) {
        return authoritiesOf(endpointId).flatMap(({ id, subjectDer }) =>
          world.certificates
            .filter((each) => each.authorityId === id && each.serial === serial && each.state === 'issued')
            .map((row) => heldOf(row, subjectDer)),
        )
      },
      async grant(request, renews, events) {
        const obstacle = obstacleTo(request, renews)
        if (obstacle !== null) return obstacle
        const reservation = await grants.grant(request, events)
        return reservation === null ? { outcome: 'spent' } : { outcome: 'granted', reservation }
      },
      obstacle: async (request, renews) => obstacleTo(request, renews),
      async spentByLine(lineageId, handleHashes) {
        return world.certificates.some(
          (each) =>
            lineOf(each) === lineageId &&
            handleHashes.some((hash) => same(challengeOf(each)?.handleHash ?? null, hash)),
        )
      },
      async spend(handleHashes, certificateId, spent) {
        const { endpointId, subject } = one(certificateId)
        const row = challenges.find(
          (each) =>
            handleHashes.some((hash) => same(each.handleHash, hash)) &&
            each.state === 'pending' &&
            each.expiresAt > clock() &&
            each.endpointId === endpointId &&
            each.subject === subject,
        )
        if (!row) return
        row.state = 'consumed'
        append(world, [spent(row)])
      },
    },

    queries: {
      async crls(endpointId) {
        return authoritiesOf(endpointId).flatMap(({ id, subjectDer }) => {
          const [newest] = world.crls
            .filter(({ authorityId }) => authorityId === id)
            .sort((a, b) => Number(b.number - a.number))
          if (newest === undefined) return []
          return [{ authorityId: id, issuerDer: subjectDer, number: newest.number, size: newest.der.length }]
        })
      },
      async crl(authorityId, number) {
        return world.crls.find((each) => each.authorityId === authorityId && each.number === number)?.der ?? null
      },
    },

    supersession: {
      async supersedeDue(at, limit, event) {
        const due = world.certificates.flatMap((row) => {
          if (row.supersedeAt === null || row.supersedeAt > at || row.revokedAt !== null || row.notAfter <= at)
            return []
          const successor = world.certificates.find(
            ({ renews, state, revokedAt, revocationReason }) =>
              renews?.certificateId === row.id &&
              state === 'issued' &&
              (revokedAt === null || revocationReason === 'superseded'),
          )
          return successor === undefined ? [] : [{ row, successor }]
        })
        const done = due.slice(0, limit)
        for (const { row, successor } of done) {
          Object.assign(row, { revokedAt: at, revocationReason: 'superseded', revokedBy: SUPERSEDED_BY })
          const authority = world.authorities.find(({ id }) => id === row.authorityId)
          if (!authority || row.fingerprintSha256 === null) throw new Error(`no authority of ${row.id}`)
          authority.crlDueSince = at
          const { id, serial, subject, fingerprintSha256 } = row
          const renewedBy = { id: successor.id, serial: successor.serial }
          append(world, [event({ id, serial, subject, issuer: authority.name, fingerprintSha256, renewedBy })])
        }
        return done.length
      },
    },
  }

  /** What narrowed a certificate and each before it. */
  function rulesOf(row: WorldCertificate): HeldCertificate['rules'] {
    const before = row.renews === null ? {} : rulesOf(one(row.renews.certificateId))
    return combinedRules([challengeOf(row)?.constraints.rules ?? {}, before])
  }

  function heldOf(row: WorldCertificate, issuerDer: Uint8Array): HeldCertificate {
    const { id, kind, authorityId, endpointId, subject, subjectDer, sans: san, spkiSha256 } = row
    const { notBefore, notAfter, revokedAt, revocationReason } = row
    const serial = row.serial as HeldCertificate['serial']
    if (row.der === null) throw new Error(`certificate ${id} is not issued`)
    const names = { subject, subjectDer, san, spkiSha256, issuerDer, authorityId, endpointId, kind, serial }
    const line = { rules: rulesOf(row), lineageId: lineOf(row) }
    const issuerRevoked = world.authorities.find((each) => each.id === authorityId)?.status === 'revoked'
    return { ...names, id, der: row.der, notBefore, notAfter, revokedAt, revocationReason, issuerRevoked, ...line }
  }
}
