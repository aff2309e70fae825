/** Device rules of groups in Postgres, and what they would do to the devices of now. */
import type { DeviceRule, DeviceRuleRecord, DeviceRuleStore } from '@/lib/services/device-rules'
import type { DeviceTrigger } from '@/lib/services/device-types'
import type { Database, Transaction } from './database'
import { endable, enqueueDue, OUR_HOLD, RULE_BITES, TRIGGERS_OF_DEVICE, transactRules } from './device-queue'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function deviceRuleStore(database: Database): DeviceRuleStore {
  return guarded<DeviceRuleStore>({
    async following(newest) {
      const rows = await database.$queryRaw<{ slug: string; name: string; follows: boolean }[]>`
        select g.slug, g.name, exists (select from device_rule r where r.group_id = g.id and r.action <> 'report') as follows
        from "group" g
        where exists (select from connector where disabled_at is null) and exists (
          select from (select id from certificate where group_id = g.id and kind = 'leaf' and state = 'issued' order by created_at desc limit ${newest}) c
          join device_certificate l on l.certificate_id = c.id join device d on d.id = l.device_id
          join connector k on k.id = d.connector_id where k.disabled_at is null)
        order by lower(g.name), g.slug`
      return rows.map(({ follows, ...group }) => ({ group, follows }))
    },

    get: (slug) => read(database, slug),

    change: (slug, at, decide) =>
      transactRules(database, async (transaction) => {
        const record = await read(transaction, slug)
        if (record === null) return { result: false, events: [] }
        const { after, events } = decide(record)
        await transaction.$executeRaw`
          insert into device_rule (group_id, trigger, action, reason, updated_at)
          select ${record.group.id}::uuid, r.trigger, r.action, r.reason, ${at} from ${rulesOf(after)}
          on conflict (group_id, trigger) do update set action = excluded.action, reason = excluded.reason, updated_at = excluded.updated_at`
        if (events.length > 0) await enqueueDue(transaction, await concerned(transaction, record.group.id), at)
        return { result: true, events }
      }),

    async dryRun(groupId, rules, at, samples) {
      const hits = Prisma.sql`(
        select d.id as device_id, d.connector_id, coalesce(d.name, d.serial, d.external_id, d.id::text) as device_name, t.trigger, r.action,
          c.id as certificate_id, (r.action <> 'report' and ${RULE_BITES}) as bites
        from certificate c join device_certificate l on l.certificate_id = c.id join device d on d.id = l.device_id
        cross join lateral ${TRIGGERS_OF_DEVICE} t(trigger) join ${rulesOf(rules)} on r.trigger = t.trigger
        where c.group_id = ${groupId}::uuid and ${endable(at)}) hit`
      const [effects, totals, releases, connectors, sampled] = await Promise.all([
        database.$queryRaw<{ trigger: DeviceTrigger; devices: number; certificates: number }[]>`
          select trigger, count(distinct device_id)::int as devices, (count(distinct certificate_id) filter (where bites))::int as certificates
          from ${hits} group by trigger`,
        database.$queryRaw<{ devices: number; certificates: number }[]>`
          select count(distinct device_id)::int as devices, count(distinct certificate_id)::int as certificates from ${hits} where bites`,
        database.$queryRaw<{ releases: number }[]>`
          select count(*)::int as releases from device_hold h join certificate c on c.id = h.certificate_id join device d on d.id = h.device_id
          where c.group_id = ${groupId}::uuid and ${OUR_HOLD} and not exists (
            select from ${TRIGGERS_OF_DEVICE} t(trigger) join ${rulesOf(rules)} on r.trigger = t.trigger where r.action <> 'report')`,
        database.$queryRaw<{ name: string; devices: number; mostPerHour: number }[]>`
          select k.name, count(distinct device_id)::int as devices, coalesce(max(b.most_per_hour), 25)::int as "mostPerHour"
          from ${hits} join connector k on k.id = hit.connector_id left join device_brake b on b.connector_id = k.id
          where bites group by k.id, k.name order by k.name`,
        database.$queryRaw<Awaited<ReturnType<DeviceRuleStore['dryRun']>>['samples']>`
          select device_id as id, min(device_name) as name, trigger, min(action) as action, count(distinct certificate_id)::int as certificates
          from ${hits} where bites group by device_id, trigger order by 2, 1 limit ${samples}`,
      ])
      const { devices = 0, certificates = 0 } = totals[0] ?? {}
      return {
        effects,
        total: { devices, certificates, releases: releases[0]?.releases ?? 0 },
        connectors,
        samples: sampled,
      }
    },
  })
}

async function read(database: Database | Transaction, slug: string): Promise<DeviceRuleRecord | null> {
  const [group] = await database.$queryRaw<DeviceRuleRecord['group'][]>`
    select id, slug, name from "group" where slug = ${slug}`
  if (group === undefined) return null
  const rules = await database.$queryRaw<DeviceRule[]>`
    select trigger, action, reason from device_rule where group_id = ${group.id}::uuid`
  return { group, rules }
}

/** Devices about which a rule has something to say, or had. */
async function concerned(transaction: Transaction, groupId: string): Promise<string[]> {
  const rows = await transaction.$queryRaw<{ id: string }[]>`
    select distinct d.id from device d
    where (d.management in ('removed', 'wiped', 'unmanaged') or d.compliance = 'noncompliant' or d.user_disabled or d.entitled = false)
      and (exists (select from device_certificate l join certificate c on c.id = l.certificate_id
          where l.device_id = d.id and c.state = 'issued' and c.group_id = ${groupId}::uuid)
        or exists (select from challenge p join endpoint e on e.id = p.endpoint_id where p.device_id = d.id and e.group_id = ${groupId}::uuid and p.state = 'pending'))
    union
    select h.device_id from device_hold h join certificate c on c.id = h.certificate_id where c.group_id = ${groupId}::uuid and ${OUR_HOLD}
    order by 1`
  return rows.map(({ id }) => id)
}

function rulesOf(rules: readonly DeviceRule[]): Prisma.Sql {
  return Prisma.sql`jsonb_to_recordset(${JSON.stringify(rules)}::jsonb) as r(trigger text, action text, reason text)`
}
