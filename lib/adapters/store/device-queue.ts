/**
 * What the rules answer about devices, put into the queue: in the transaction of whatever changed a device, a certificate's
 * link or a rule, so that nothing that is due is ever forgotten.
 */
import type { AuditEntry } from '@/lib/services/audit'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'

/** Any number that nobody else takes. */
const RULES_LOCK = 811_900_563

/**
 * A transaction that may put something in the queue. It shares the rules with all others of its kind: whoever changes them
 * waits for those under way, and those that come later answer by the new ones.
 */
export function transactDevices<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<{ result: T; events: AuditEntry[] }>,
): Promise<T> {
  return transact(database, async (transaction) => {
    await transaction.$executeRaw`select pg_advisory_xact_lock_shared(${RULES_LOCK}::bigint)`
    return work(transaction)
  })
}

/** The same for who changes the rules. */
export function transactRules<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<{ result: T; events: AuditEntry[] }>,
): Promise<T> {
  return transact(database, async (transaction) => {
    await transaction.$executeRaw`select pg_advisory_xact_lock(${RULES_LOCK}::bigint)`
    return work(transaction)
  })
}

/** What a device is answered for, as triggersOf() in lib/services/device-state.ts says. */
export const TRIGGERS_OF_DEVICE = Prisma.sql`unnest(array_remove(array[
    case when d.management in ('removed', 'wiped', 'unmanaged') then d.management end,
    case when d.compliance = 'noncompliant' then 'noncompliant' end,
    case when d.user_disabled then 'user_disabled' end,
    case when d.entitled = false then 'not_entitled' end], null))`

/** Of a certificate c: it can still be used, or could be again. */
export function endable(at: Date): Prisma.Sql {
  return Prisma.sql`(c.kind = 'leaf' and c.state = 'issued' and c.not_after > ${at}
    and (c.revoked_at is null or c.revocation_reason = 'certificateHold'))`
}

/** Whether a rule r still has something to do to a certificate c. */
export const RULE_BITES = Prisma.sql`(r.action = 'revoke' or (r.action = 'hold' and c.revoked_at is null))`

/** Whether the hold of a certificate c is the one that the row h speaks of, and not one that somebody set since. */
export const OUR_HOLD = Prisma.sql`(c.revocation_reason = 'certificateHold' and c.revoked_at = h.set_at)`

/** Whether some rule of its group still keeps a certificate c of a device d on hold, or would end it. */
export const STILL_ANSWERED = Prisma.sql`exists (
  select from ${TRIGGERS_OF_DEVICE} t(trigger) join device_rule r on r.group_id = c.group_id and r.trigger = t.trigger
  where r.action in ('hold', 'revoke'))`

/**
 * Cancels what was to be done and is no longer, and puts in what is. One that is open is not put in again, but becomes what
 * is due now: a release waits for nobody's word, and a word about a hold is none about a revocation.
 */
export async function enqueueDue(transaction: Transaction, deviceIds: string[], at: Date): Promise<void> {
  if (deviceIds.length === 0) return
  // Whoever changes one of them and whoever links a certificate to it come one after the other: the second sees both.
  await transaction.$queryRaw`select from device where id = any(${deviceIds}::uuid[]) order by id for no key update`
  // An administrator who decides about them takes them in this order, too.
  await transaction.$queryRaw`
    select from device_action where device_id = any(${deviceIds}::uuid[]) and state in ('waiting', 'braked')
    order by device_id, trigger for no key update`
  await transaction.$executeRaw`
    with due as (${dueOf(deviceIds, at)}), over as (
      update device_action q set state = 'cancelled', done_at = ${at}
      where q.device_id = any(${deviceIds}::uuid[]) and q.state in ('waiting', 'braked')
        and not exists (select from due where due.device_id = q.device_id and due.trigger = q.trigger)
    )
    insert into device_action as q (id, device_id, connector_id, trigger, action, state, created_at)
    select gen_random_uuid(), device_id, connector_id, trigger, action, 'waiting', ${at} from due order by device_id, trigger
    on conflict (device_id, trigger) where state in ('waiting', 'braked')
    do update set action = excluded.action, state = case when excluded.action = 'release' then 'waiting' else q.state end,
      decided_by = case when excluded.action = 'hold' then q.decided_by end
    where q.action <> excluded.action`
}

function dueOf(deviceIds: string[], at: Date): Prisma.Sql {
  return Prisma.sql`
    select device_id, connector_id, trigger, case when bool_or(action = 'revoke') then 'revoke' when bool_or(action = 'hold') then 'hold' else 'release' end as action
    from (
      select d.id as device_id, d.connector_id, t.trigger, r.action
      from device d cross join lateral ${TRIGGERS_OF_DEVICE} t(trigger)
      join device_certificate l on l.device_id = d.id join certificate c on c.id = l.certificate_id
      join device_rule r on r.group_id = c.group_id and r.trigger = t.trigger
      where d.id = any(${deviceIds}::uuid[]) and ${endable(at)} and ${RULE_BITES}
      union all
      select d.id, d.connector_id, t.trigger, r.action
      from device d cross join lateral ${TRIGGERS_OF_DEVICE} t(trigger)
      join challenge p on p.device_id = d.id join endpoint e on e.id = p.endpoint_id
      join device_rule r on r.group_id = e.group_id and r.trigger = t.trigger
      where d.id = any(${deviceIds}::uuid[]) and t.trigger in ('removed', 'wiped', 'unmanaged') and r.action = 'revoke'
        and p.state = 'pending' and p.expires_at > ${at}
      union all
      select d.id, d.connector_id, h.trigger, 'release'
      from device d join device_hold h on h.device_id = d.id join certificate c on c.id = h.certificate_id
      where d.id = any(${deviceIds}::uuid[]) and ${OUR_HOLD} and not ${STILL_ANSWERED}
    ) answers group by device_id, connector_id, trigger`
}
