/** Working off the queue of device actions in Postgres: a transaction for each. */
import type { AuditEntry } from '@/lib/services/audit'
import type { RevocationReason } from '@/lib/services/certificates'
import type { ActionContext, ActionOutcome, DeviceActionStore } from '@/lib/services/device-actions'
import type { DeviceTrigger } from '@/lib/services/device-types'
import type { RevokedFacts } from '@/lib/services/revocation'
import { makeCrlsDue } from './certificate-rows'
import type { Database, Transaction } from './database'
import { endable, OUR_HOLD, RULE_BITES, STILL_ANSWERED, TRIGGERS_OF_DEVICE, transactDevices } from './device-queue'
import { insertDeviceEvents } from './device-rows'
import { guarded } from './outage'

type Act = Parameters<DeviceActionStore['act']>

export function deviceActionStore(database: Database): DeviceActionStore {
  return guarded<DeviceActionStore>({
    async waiting(limit) {
      const rows = await database.$queryRaw<{ id: string }[]>`
        select id from device_action where state = 'waiting' order by created_at, id limit ${limit}`
      return rows.map(({ id }) => id)
    },
    act: (...act) =>
      transactDevices(database, async (transaction) => {
        const work = await hold(transaction, act[0])
        if (work === null) return { result: 'busy' as const, events: [] }
        return work.action === 'release' ? release(transaction, work, act) : end(transaction, work, act)
      }),
  })
}

interface Work extends ActionContext {
  id: string
  action: 'hold' | 'revoke' | 'release'
}

interface Done {
  result: ActionOutcome
  events: AuditEntry[]
}

/**
 * The device first, as everybody does who changes its state or its certificates: nothing of it moves until this is over.
 * Null when it is somebody else's turn, or was.
 */
async function hold(transaction: Transaction, id: string): Promise<Work | null> {
  const [device] = await transaction.$queryRaw<unknown[]>`
    select from device d where d.id = (select device_id from device_action where id = ${id}::uuid) for no key update skip locked`
  if (device === undefined) return null
  const [row] = await transaction.$queryRaw<WorkRow[]>`
    select q.id, q.action, q.trigger, q.decided_by, d.id as device_id, coalesce(d.name, d.serial, d.external_id, d.id::text) as device_name,
      k.id as connector_id, k.name as connector_name
    from device_action q join device d on d.id = q.device_id left join connector k on k.id = q.connector_id
    where q.id = ${id}::uuid and q.state = 'waiting' for no key update of q`
  return row === undefined ? null : workOf(row)
}

interface WorkRow {
  id: string
  action: Work['action']
  trigger: DeviceTrigger
  decided_by: string | null
  device_id: string
  device_name: string
  connector_id: string | null
  connector_name: string | null
}

function workOf(row: WorkRow): Work {
  const { connector_id: id, connector_name: name } = row
  return {
    id: row.id,
    action: row.action,
    deviceId: row.device_id,
    deviceName: row.device_name,
    connector: id === null || name === null ? null : { id, name },
    trigger: row.trigger,
    confirmedBy: row.decided_by,
  }
}

interface CertificateRow {
  id: string
  serial: string
  subject: string
  authority_id: string
  issuer: string
  fingerprint_sha256: Uint8Array
}

/** Each certificate by the rule of its own group. */
async function end(transaction: Transaction, work: Work, [, at, words, events]: Act): Promise<Done> {
  // Before the certificates, as enrolment does.
  const challenges = await challengesToRevoke(transaction, work, at)
  const certificates = await transaction.$queryRaw<
    (CertificateRow & { action: 'hold' | 'revoke'; reason: RevocationReason })[]
  >`
    select c.id, c.serial, c.subject, c.authority_id, a.name as issuer, c.fingerprint_sha256, r.action,
      case r.action when 'hold' then 'certificateHold' else r.reason end as reason
    from device d cross join lateral ${TRIGGERS_OF_DEVICE} t(trigger)
    join device_certificate l on l.device_id = d.id join certificate c on c.id = l.certificate_id
    join authority a on a.id = c.authority_id join device_rule r on r.group_id = c.group_id and r.trigger = t.trigger
    where d.id = ${work.deviceId}::uuid and t.trigger = ${work.trigger} and ${endable(at)} and ${RULE_BITES}
    order by c.id for no key update of c`
  if (certificates.length + challenges.length === 0) return close(transaction, work, 'cancelled', 0, at, [])
  if (certificates.length > 0 && work.connector !== null && work.confirmedBy === null) {
    const brake = await askBrake(transaction, work, work.connector.id, at)
    if (!brake.passes) return stop(transaction, work, brake, at, events)
  }
  await transaction.$executeRaw`
    update certificate c set revoked_at = ${at}, revocation_reason = r.reason::"RevocationReason", revoked_by = ${words.by},
      revocation_comment = ${words.comment(work)}, invalidity_date = null
    from unnest(${certificates.map(({ id }) => id)}::uuid[], ${certificates.map(({ reason }) => reason)}::text[]) as r(id, reason)
    where c.id = r.id`
  const held = certificates.filter(({ action }) => action === 'hold').map(({ id }) => id)
  await transaction.$executeRaw`
    insert into device_hold (certificate_id, device_id, trigger, set_at)
    select id, ${work.deviceId}::uuid, ${work.trigger}, ${at} from unnest(${held}::uuid[]) id
    on conflict (certificate_id) do update set device_id = excluded.device_id, trigger = excluded.trigger, set_at = excluded.set_at`
  await transaction.$executeRaw`
    update challenge set state = 'revoked', revoked_at = ${at}, revoked_reason = ${words.comment(work).slice(0, 200)}
    where id = any(${challenges.map(({ id }) => id)}::uuid[])`
  await makeCrlsDue(
    transaction,
    certificates.map(({ authority_id }) => authority_id),
    at,
  )
  const told = [
    ...certificates.map((each) => events.ended(work, factsOf(each), each.reason)),
    ...challenges.map((each) => events.challengeRevoked(work, each)),
  ]
  await note(transaction, work, at, [
    ['held', held.length],
    ['revoked', certificates.length - held.length],
    ['challenges_revoked', challenges.length],
  ])
  return close(transaction, work, 'done', certificates.length, at, told)
}

/** A device that is gone, or left its MDM, does not come for what waits for it. */
async function challengesToRevoke(
  transaction: Transaction,
  { deviceId, trigger }: Work,
  at: Date,
): Promise<{ id: string; subject: string }[]> {
  if (trigger !== 'removed' && trigger !== 'wiped' && trigger !== 'unmanaged') return []
  return transaction.$queryRaw<{ id: string; subject: string }[]>`
    select p.id, p.subject from challenge p join device d on d.id = p.device_id
    join endpoint e on e.id = p.endpoint_id join device_rule r on r.group_id = e.group_id and r.trigger = d.management
    where d.id = ${deviceId}::uuid and d.management = ${trigger} and r.action = 'revoke' and p.state = 'pending' and p.expires_at > ${at}
    order by p.id for no key update of p`
}

async function release(transaction: Transaction, work: Work, [, at, , events]: Act): Promise<Done> {
  const certificates = await transaction.$queryRaw<CertificateRow[]>`
    select c.id, c.serial, c.subject, c.authority_id, a.name as issuer, c.fingerprint_sha256
    from device d join device_hold h on h.device_id = d.id join certificate c on c.id = h.certificate_id join authority a on a.id = c.authority_id
    where d.id = ${work.deviceId}::uuid and h.trigger = ${work.trigger} and c.state = 'issued' and ${OUR_HOLD} and not ${STILL_ANSWERED}
    order by c.id for no key update of c`
  if (certificates.length === 0) return close(transaction, work, 'cancelled', 0, at, [])
  await transaction.$executeRaw`
    update certificate set revoked_at = null, revocation_reason = null, revoked_by = null, revocation_comment = null, invalidity_date = null
    where id = any(${certificates.map(({ id }) => id)}::uuid[])`
  await makeCrlsDue(
    transaction,
    certificates.map(({ authority_id }) => authority_id),
    at,
  )
  await note(transaction, work, at, [['released', certificates.length]])
  const told = certificates.map((each) => events.released(work, factsOf(each)))
  return close(transaction, work, 'done', certificates.length, at, told)
}

interface Brake {
  passes: boolean
  mostPerHour: number
  pulledBefore: boolean
}

/**
 * The row of the brake is locked before anything is counted, and until the action is over: instances that work at the same
 * connector take turns here, and each counts what the others did. A device counts once, however often it is concerned.
 */
async function askBrake(transaction: Transaction, work: Work, connectorId: string, at: Date): Promise<Brake> {
  await transaction.$executeRaw`
    insert into device_brake (connector_id) values (${connectorId}::uuid) on conflict (connector_id) do nothing`
  const [brake] = await transaction.$queryRaw<{ most_per_hour: number }[]>`
    select most_per_hour from device_brake where connector_id = ${connectorId}::uuid for update`
  const hourAgo = new Date(at.getTime() - 3_600_000)
  const [counted] = await transaction.$queryRaw<{ devices: number; own: boolean; pulled: boolean }[]>`
    select count(distinct device_id)::int as devices, coalesce(bool_or(device_id = ${work.deviceId}::uuid), false) as own,
      exists (select from device_action where connector_id = ${connectorId}::uuid and state = 'braked') as pulled
    from device_action where connector_id = ${connectorId}::uuid and done_at > ${hourAgo} and state = 'done'
      and action <> 'release' and certificates > 0 and decided_by is null`
  if (brake === undefined || counted === undefined) throw new Error('the brake of a connector is gone')
  const pulledBefore = counted.pulled
  const passes = counted.own || (!pulledBefore && counted.devices < brake.most_per_hour)
  return { passes, mostPerHour: brake.most_per_hour, pulledBefore }
}

/** It stays pulled until an administrator has decided about everything that waits behind it. */
async function stop(
  transaction: Transaction,
  work: Work,
  { mostPerHour, pulledBefore }: Brake,
  at: Date,
  events: Act[3],
): Promise<Done> {
  await transaction.$executeRaw`update device_action set state = 'braked' where id = ${work.id}::uuid`
  await transaction.$executeRaw`
    update device_brake set pulled_at = case when ${pulledBefore} then coalesce(pulled_at, ${at}) else ${at} end
    where connector_id = ${work.connector?.id}::uuid`
  await note(transaction, work, at, [['braked', 1]])
  return { result: 'braked', events: pulledBefore ? [] : [events.braked(work, mostPerHour)] }
}

async function close(
  transaction: Transaction,
  { id }: Work,
  state: 'done' | 'cancelled',
  certificates: number,
  at: Date,
  events: AuditEntry[],
): Promise<Done> {
  await transaction.$executeRaw`
    update device_action set state = ${state}, done_at = ${at}, certificates = ${certificates} where id = ${id}::uuid`
  return { result: state, events }
}

async function note(transaction: Transaction, work: Work, at: Date, counts: [string, number][]): Promise<void> {
  const events = counts
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => ({ deviceId: work.deviceId, kind, facts: { trigger: work.trigger, count } }))
  await insertDeviceEvents(transaction, events, { at, source: 'event', connectorId: work.connector?.id ?? null })
}

function factsOf({ id, serial, subject, issuer, fingerprint_sha256 }: CertificateRow): RevokedFacts {
  return { id, serial, subject, issuer, fingerprintSha256: Buffer.from(fingerprint_sha256).toString('hex') }
}
