/** Devices as reports know them: columns, and what is written. */
import type { DeviceChange, KnownDevice } from '@/lib/services/device-state'
import type { Transaction } from './database'
import { Prisma } from './generated/client'

export const KNOWN_COLUMNS = Prisma.sql`d.id, d.external_id as "externalId", d.serial, d.udid, d.name, d.platform, d.model,
  d.os_version as "osVersion", d.user_id as "userId", d.user_name as "userName", d.user_email as "userEmail", d.management, d.compliance,
  d.user_disabled as "userDisabled", d.entitled, d.last_seen_at as "lastSeenAt", d.state_at as "stateAt", d.misses`

/** In one order, so that two pages that share devices never wait for each other. */
export async function lockKnown(
  transaction: Transaction,
  connectorId: string,
  externalIds: string[],
): Promise<Map<string, KnownDevice>> {
  const rows = await transaction.$queryRaw<KnownDevice[]>`
    select ${KNOWN_COLUMNS} from device d
    where d.connector_id = ${connectorId}::uuid and d.external_id = any(${externalIds}::text[])
    order by d.id for no key update`
  return new Map(rows.map((row) => [row.externalId, row]))
}

/** Those that another caller has made in the same moment are left out of the answer. */
export async function insertDevices(
  transaction: Transaction,
  connectorId: string,
  changes: DeviceChange[],
  { at, syncId }: { at: Date; syncId: string | null },
): Promise<Set<string>> {
  if (changes.length === 0) return new Set()
  const rows = await transaction.$queryRaw<{ id: string }[]>`
    insert into device (id, connector_id, external_id, serial, udid, name, platform, model, os_version, user_id, user_name, user_email,
      management, compliance, user_disabled, entitled, last_seen_at, state_at, first_known_at, updated_at, seen_in_sync)
    select r.id, ${connectorId}::uuid, r."externalId", r.serial, r.udid, r.name, r.platform, r.model, r."osVersion", r."userId", r."userName",
      r."userEmail", r.management, r.compliance, r."userDisabled", r.entitled, r."lastSeenAt", r."stateAt", ${at}, ${at}, ${syncId}::uuid
    from ${rowsOf(changes)} order by r."externalId"
    on conflict (connector_id, external_id) do nothing returning id`
  return new Set(rows.map(({ id }) => id))
}

/** Also what a reading saw unchanged: that it saw it, and as of when. */
export async function updateDevices(
  transaction: Transaction,
  changes: DeviceChange[],
  { at, syncId }: { at: Date; syncId: string | null },
): Promise<void> {
  if (changes.length === 0) return
  await transaction.$executeRaw`
    update device d set serial = r.serial, udid = r.udid, name = r.name, platform = r.platform, model = r.model, os_version = r."osVersion",
      user_id = r."userId", user_name = r."userName", user_email = r."userEmail", management = r.management, compliance = r.compliance,
      user_disabled = r."userDisabled", entitled = r.entitled, last_seen_at = r."lastSeenAt", state_at = r."stateAt",
      updated_at = case when r.changed then ${at} else d.updated_at end, link_due = d.link_due or r."identityChanged",
      misses = ${syncId === null ? Prisma.sql`d.misses` : Prisma.sql`0`}, seen_in_sync = coalesce(${syncId}::uuid, d.seen_in_sync)
    from ${rowsOf(changes)} where d.id = r.id`
}

/** When the newest certificate of each of them ends. Their rows are locked, for whoever links another must see this one. */
export async function writeEnds(transaction: Transaction, deviceIds: string[]): Promise<void> {
  if (deviceIds.length === 0) return
  await transaction.$executeRaw`
    update device d set ends_at = newest.not_after from unnest(${deviceIds}::uuid[]) as linked(id)
    cross join lateral (
      select c.not_after from device_certificate l join certificate c on c.id = l.certificate_id
      where l.device_id = linked.id and c.state = 'issued' order by c.created_at desc, c.id desc limit 1
    ) newest where d.id = linked.id and d.ends_at is distinct from newest.not_after`
}

export interface NewDeviceEvent {
  deviceId: string
  kind: string
  facts: object
}

export async function insertDeviceEvents(
  transaction: Transaction,
  events: NewDeviceEvent[],
  { at, source, connectorId }: { at: Date; source: string; connectorId: string | null },
): Promise<void> {
  if (events.length === 0) return
  await transaction.$executeRaw`
    insert into device_event (id, device_id, connector_id, at, kind, source, facts)
    select gen_random_uuid(), r."deviceId", ${connectorId}::uuid, ${at}, r.kind, ${source}, r.facts
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as r("deviceId" uuid, kind text, facts jsonb)`
}

function rowsOf(changes: DeviceChange[]): Prisma.Sql {
  const rows = changes.map(({ device, changed, identityChanged }) => ({ ...device, changed, identityChanged }))
  return Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, "externalId" text, serial text, udid text, name text,
    platform text, model text, "osVersion" text, "userId" text, "userName" text, "userEmail" text, management text, compliance text,
    "userDisabled" boolean, entitled boolean, "lastSeenAt" timestamptz, "stateAt" timestamptz, changed boolean, "identityChanged" boolean)`
}
