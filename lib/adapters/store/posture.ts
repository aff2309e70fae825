/** What the posture judges, read from Postgres, and its readings, accepted risks and safekeeping. */
import type { AcceptedRisk, PostureFacts, PostureReading, PostureStore } from '@/lib/services/posture-types'
import { isPending, UNSPENT } from './challenge-rows'
import { type Database, transact } from './database'
import { deviceRuleStore } from './device-rules'
import { guarded } from './outage'

/** Of each group: enough to tell, however many certificates it has. */
const NEWEST = 200
const APPLE_BOUND = 1_001

export function postureStore(database: Database): PostureStore {
  return guarded<PostureStore>({
    facts: (at) => factsOf(database, at),

    async accepted(at) {
      const rows = await database.acceptedRisk.findMany({
        where: { withdrawnAt: null, until: { gt: at } },
        orderBy: { acceptedAt: 'asc' },
      })
      return rows.map(riskOf)
    },

    accept: ({ check, ...risk }, event) =>
      transact(database, async (transaction) => {
        // Of two at the same instant the later one holds: it sees the other's row and ends it.
        await transaction.$executeRaw`select pg_advisory_xact_lock(hashtext(${`accepted-risk ${check}`}))`
        await transaction.acceptedRisk.updateMany({
          where: { checkId: check, withdrawnAt: null, until: { gt: risk.acceptedAt } },
          data: { withdrawnAt: risk.acceptedAt, withdrawnBy: risk.acceptedBy },
        })
        await transaction.acceptedRisk.create({ data: { ...risk, checkId: check } })
        return { result: undefined, events: [event] }
      }),

    withdraw: (check, by, at, event) =>
      transact(database, async (transaction) => {
        const rows = await transaction.acceptedRisk.updateManyAndReturn({
          where: { checkId: check, withdrawnAt: null, until: { gt: at } },
          data: { withdrawnAt: at, withdrawnBy: by },
        })
        const [risk = null] = rows.map(riskOf)
        return { result: risk, events: risk === null ? [] : [event(risk)] }
      }),

    async readings(limit) {
      return (await database.postureReading.findMany({ orderBy: { at: 'desc' }, take: limit })).map(readingOf)
    },

    async latest() {
      const row = await database.postureReading.findFirst({ orderBy: { at: 'desc' } })
      return row && readingOf(row)
    },

    addReading: ({ at, score, verdicts }, after, events) =>
      transact(database, async (transaction) => {
        const added = await transaction.$executeRaw`
          insert into posture_reading (at, score, verdicts)
          select ${at}, ${score}, ${JSON.stringify(verdicts)}::jsonb
          where (select max(at) from posture_reading) is not distinct from ${after}::timestamptz
          on conflict (at) do nothing`
        return { result: added === 1, events: added === 1 ? events : [] }
      }),

    keep: (kept, event) =>
      transact(database, async (transaction) => {
        await transaction.kekCopy.create({ data: { ...kept, id: crypto.randomUUID() } })
        return { result: undefined, events: [event] }
      }),
  })
}

async function factsOf(database: Database, at: Date): Promise<Omit<PostureFacts, 'backup'>> {
  const day = new Date(at.getTime() + 86_400_000)
  const monthAgo = new Date(at.getTime() - 30 * 86_400_000)
  const [groups, staticSecrets, endpoints, long, apple, webhooks, following, connectors] = await Promise.all([
    database.$queryRaw<PostureFacts['groups']>`
      select g.slug, g.name, array(select distinct a.slug from authority a
        where a.group_id = g.id and a.kind = 'issuer' and a.status = 'active' and a.certificate_der is not null) as issuers
      from "group" g where g.retired_at is null order by lower(g.name), g.slug`,
    database.$queryRaw<PostureFacts['staticSecrets']>`
      select e.slug as endpoint, e.name, s.expires_at as "expiresAt", s.max_uses as "maxUses", s.per_hour as "perHour"
      from static_secret s join endpoint e on e.id = s.endpoint_id
      where s.revoked_at is null and s.expires_at > ${at} and e.enabled and e.policy = 'static'
      order by s.expires_at desc`,
    database.endpoint.findMany({
      where: { enabled: true },
      orderBy: { name: 'asc' },
      select: { slug: true, name: true, policy: true, challengeTtlMinutes: true, allowDes: true, scepIdentity: true },
    }),
    database.$queryRaw<[{ count: number }]>`
      select count(*)::int as count from ${UNSPENT} where ${isPending} and u.expires_at > ${day}`,
    database.$queryRaw<{ count: number }[]>`
      select count(*)::int as count from (
        select from enrolment_transaction where client = 'apple' and state = 'issued' and created_at > ${monthAgo} limit ${APPLE_BOUND}) t`,
    database.$queryRaw<PostureFacts['webhooks']>`
      select w.id, w.name, w.paused_at is not null as paused, cardinality(w.events) as events,
        (select min(d.created_at) from event_delivery d where d.webhook_id = w.id and d.delivered_at is null and d.given_up_at is null) as "waitingSince"
      from event_webhook w where w.removed_at is null order by lower(w.name)`,
    followingOf(database),
    database.connector.findMany({
      where: { disabledAt: null },
      orderBy: { name: 'asc' },
      select: { slug: true, name: true, failures: true, lastError: true, credentialExpiresAt: true },
    }),
  ])
  const [shared, authorities, registrationAuthorities, apiKeys, administrators, verified, kek, kekCopy] =
    await Promise.all([
      database.$queryRaw<{ slug: string }[]>`
        select a.slug from authority a join endpoint e on e.authority_id = a.id and e.enabled
        group by a.slug having count(distinct e.group_id) > 1 order by a.slug`,
      database.$queryRaw<PostureFacts['authorities']>`
        select a.slug, a.name, a.kind::text as kind, a.not_before as "notBefore", a.not_after as "notAfter",
          a.key_id is not null as "keyHere",
          (select c.next_update from crl c where c.authority_id = a.id and c.shard = 0 order by c.number desc limit 1) as "crlNextUpdate",
          (select max(r.not_after) from ocsp_responder r where r.authority_id = a.id and r.certificate_der is not null) as "ocspNotAfter"
        from authority a where a.certificate_der is not null and a.status = 'active' order by a.kind, lower(a.name)`,
      database.$queryRaw<PostureFacts['registrationAuthorities']>`
        select e.slug as endpoint, e.name, max(r.not_after) as "notAfter"
        from registration_authority r join endpoint e on e.id = r.endpoint_id
        where e.enabled and r.retired_at is null and r.certificate_der is not null group by e.slug, e.name`,
      database.apiKey.findMany({
        where: { revokedAt: null, expiresAt: { gt: at }, lastUsedAt: { gt: monthAgo } },
        select: { name: true, expiresAt: true },
      }),
      database.user.count({ where: { role: 'admin', disabledAt: null } }),
      database.auditEvent.findFirst({
        where: { type: { in: ['audit.verified', 'audit.verification_failed'] } },
        orderBy: { seq: 'desc' },
        select: { time: true, type: true },
      }),
      database.key.findFirst({ orderBy: { createdAt: 'desc' }, select: { kekId: true } }),
      database.kekCopy.findFirst({ orderBy: { at: 'desc' } }),
    ])
  const [recipients, mailServers] = await Promise.all([
    database.noticeRecipient.count({ where: { removedAt: null, pausedAt: null } }),
    database.mailServer.count(),
  ])
  return {
    groups,
    sharedIssuers: shared.map(({ slug }) => slug),
    staticSecrets,
    endpoints,
    longChallenges: long[0].count,
    appleEnrolments: apple[0]?.count ?? 0,
    webhooks,
    recipients,
    mailServer: mailServers > 0,
    following: following.filter(({ slug }) => groups.some((group) => group.slug === slug)),
    connectors: connectors.map(({ credentialExpiresAt: _, ...connector }) => connector),
    authorities,
    registrationAuthorities,
    credentials: connectors.flatMap(({ slug, name, credentialExpiresAt: expiresAt }) =>
      expiresAt === null ? [] : [{ slug, name, expiresAt }],
    ),
    apiKeys,
    administrators,
    auditVerified: verified && { at: verified.time, good: verified.type === 'audit.verified' },
    kekId: kek?.kekId ?? null,
    kekCopy: kekCopy && {
      at: kekCopy.at,
      by: kekCopy.by,
      place: kekCopy.place,
      proved: kekCopy.proved,
      kekId: kekCopy.kekId,
    },
  }
}

/** Groups whose devices an MDM knows, and those that a connector mints for before it knows the first. */
async function followingOf(database: Database): Promise<PostureFacts['following']> {
  const [known, fed] = await Promise.all([
    deviceRuleStore(database).following(NEWEST),
    database.$queryRaw<PostureFacts['following']>`
      select g.slug, g.name, exists (select from device_rule r where r.group_id = g.id and r.action <> 'report') as follows
      from "group" g where exists (
        select from endpoint e join connector k on k.settings->>'endpoint' = e.slug
        where e.group_id = g.id and e.enabled and k.kind = 'jamf' and k.disabled_at is null)`,
  ])
  const groups = [...known.map(({ group, follows }) => ({ ...group, follows })), ...fed]
  return [...new Map(groups.map((group) => [group.slug, group])).values()].toSorted((a, b) =>
    a.name.localeCompare(b.name, 'en'),
  )
}

function riskOf({ checkId, ...row }: Omit<AcceptedRisk, 'check'> & { checkId: string }): AcceptedRisk {
  const { id, reason, acceptedBy, acceptedAt, until } = row
  return { id, check: checkId as AcceptedRisk['check'], reason, acceptedBy, acceptedAt, until }
}

function readingOf({ at, score, verdicts }: { at: Date; score: number; verdicts: unknown }): PostureReading {
  return { at, score, verdicts: verdicts as PostureReading['verdicts'] }
}
