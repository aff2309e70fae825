/** Links of certificates to devices: sets of some hundred, by keys alone. */
import type { DeviceLinkStore, LinkableCertificate } from '@/lib/services/device-links'
import type { Database, Transaction } from './database'
import { enqueueDue, transactDevices } from './device-queue'
import { writeEnds } from './device-rows'
import { Prisma } from './generated/client'
import { guarded } from './outage'

/** Where reading has come to, as "time id". */
const READ_TO = 'device-links-read-to'
/**
 * A certificate's time is that of an instance, and its transaction commits later: what is younger than this is looked for
 * again, by what was not read yet.
 */
const SETTLED_MS = 60_000
const NONE = { issued_at: new Date(0), id: '00000000-0000-0000-0000-000000000000' }

export function deviceLinkStore(database: Database): DeviceLinkStore {
  return guarded<DeviceLinkStore>({
    readCertificates: (at, limit, identify) =>
      inTransaction(database, async (transaction) => {
        const [known] = await transaction.$queryRaw<unknown[]>`select from device limit 1`
        if (known === undefined) return 0
        const mark = await holdMark(transaction)
        const page = await nextPage(transaction, mark, at, limit)
        const last = page.at(-1)
        if (last === undefined) return 0
        await insertIdentifiers(
          transaction,
          page.map(({ id, subject_der, sans }) => ({
            id,
            identifiers: identify({ id, subjectDer: subject_der, san: sans }),
          })),
        )
        await linkCertificates(
          transaction,
          page.map(({ id }) => id),
          at,
        )
        if (
          last.issued_at > mark.issued_at ||
          (last.issued_at.getTime() === mark.issued_at.getTime() && last.id > mark.id)
        )
          await transaction.$executeRaw`
            update installation_value set value = ${`${last.issued_at.toISOString()} ${last.id}`} where name = ${READ_TO}`
        return page.length
      }),

    linkDevices: (at, limit) =>
      inTransaction(database, async (transaction) => {
        const devices = await transaction.$queryRaw<{ id: string }[]>`
          select id from device where link_due order by id limit ${limit} for no key update skip locked`
        const ids = devices.map(({ id }) => id)
        if (ids.length === 0) return 0
        const certificates = await transaction.$queryRaw<{ id: string }[]>`
          select i.certificate_id as id from device d
          join certificate_identifier i on i.value = any(array[d.serial, d.udid, upper(d.external_id)])
          where d.id = any(${ids}::uuid[])
            and not exists (select from device_certificate l where l.certificate_id = i.certificate_id)
          union
          select c.id from challenge h join certificate c on c.challenge_id = h.id
          where h.device_id = any(${ids}::uuid[]) and c.kind = 'leaf' and c.state = 'issued'
            and not exists (select from device_certificate l where l.certificate_id = c.id)`
        await linkCertificates(
          transaction,
          certificates.map(({ id }) => id),
          at,
        )
        await transaction.$executeRaw`update device set link_due = false where id = any(${ids}::uuid[])`
        return ids.length
      }),
  })
}

interface PageRow {
  id: string
  subject_der: Uint8Array
  sans: LinkableCertificate['san']
  issued_at: Date
}

/** Two instances that read at once take turns here. */
async function holdMark(transaction: Transaction): Promise<typeof NONE> {
  await transaction.$executeRaw`
    insert into installation_value (name, value) values (${READ_TO}, ${`${NONE.issued_at.toISOString()} ${NONE.id}`})
    on conflict (name) do nothing`
  const [row] = await transaction.$queryRaw<{ value: string }[]>`
    select value from installation_value where name = ${READ_TO} for update`
  const [time = '', id = NONE.id] = row?.value.split(' ') ?? []
  const issued_at = new Date(time)
  return Number.isNaN(issued_at.getTime()) ? NONE : { issued_at, id }
}

async function nextPage(transaction: Transaction, mark: typeof NONE, at: Date, limit: number): Promise<PageRow[]> {
  const settled = new Date(at.getTime() - SETTLED_MS)
  const beyond =
    mark.issued_at < settled
      ? Prisma.sql`(c.issued_at, c.id) > (${mark.issued_at}, ${mark.id}::uuid)`
      : Prisma.sql`c.issued_at >= ${settled}`
  return transaction.$queryRaw<PageRow[]>`
    select c.id, c.subject_der, c.sans, c.issued_at from certificate c
    where c.kind = 'leaf' and c.state = 'issued' and ${beyond}
      and not exists (select from certificate_identifier i where i.certificate_id = c.id)
    order by c.issued_at, c.id limit ${limit}`
}

/** One that says nothing is read once as well. */
async function insertIdentifiers(
  transaction: Transaction,
  certificates: { id: string; identifiers: { value: string; source: string }[] }[],
): Promise<void> {
  const rows = certificates.flatMap(({ id, identifiers }) =>
    (identifiers.length === 0 ? [{ value: '', source: 'name' }] : identifiers).map((each) => ({ id, ...each })),
  )
  await transaction.$executeRaw`
    insert into certificate_identifier (certificate_id, value, source)
    select r.id, r.value, r.source from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, value text, source text)
    on conflict do nothing`
}

async function linkCertificates(transaction: Transaction, certificateIds: string[], at: Date): Promise<void> {
  const devices = new Set<string>()
  let found = await linkByIds(transaction, certificateIds, at)
  // What renewed one that is linked now is linked as well, and what renewed that.
  while (found.length > 0) {
    for (const { device_id } of found) devices.add(device_id)
    found = await linkRenewals(
      transaction,
      found.map(({ certificate_id }) => certificate_id),
      at,
    )
  }
  const linked = [...devices].sort()
  await enqueueDue(transaction, linked, at)
  await writeEnds(transaction, linked)
}

interface LinkRow {
  certificate_id: string
  device_id: string
}

/**
 * Candidates by the strength of what they rest on. Among equals the device of the connector that the certificate's endpoint
 * works for, then one that is not removed; whoever is still not alone is not linked. An id of few characters, as Jamf Pro
 * counts them, is no name to go by.
 */
async function linkByIds(transaction: Transaction, certificateIds: string[], at: Date): Promise<LinkRow[]> {
  if (certificateIds.length === 0) return []
  const these = Prisma.sql`any(${certificateIds}::uuid[])`
  return transaction.$queryRaw<LinkRow[]>`
    with candidate as (
      select c.id as certificate_id, h.device_id, 1 as weight, 'challenge' as how
      from certificate c join challenge h on h.id = c.challenge_id where c.id = ${these} and h.device_id is not null
      union all
      select c.id, l.device_id, 2, 'renewal'
      from certificate c join device_certificate l on l.certificate_id = c.renews_certificate_id where c.id = ${these}
      union all
      select i.certificate_id, d.id, 3, 'mdm-id' from certificate_identifier i join device d on upper(d.external_id) = i.value
      where i.certificate_id = ${these} and (i.source = 'uri' or length(i.value) >= 16)
      union all
      select i.certificate_id, d.id, 4, 'udid' from certificate_identifier i join device d on d.udid = i.value where i.certificate_id = ${these}
      union all
      select i.certificate_id, d.id, 5, 'serial' from certificate_identifier i join device d on d.serial = i.value where i.certificate_id = ${these}
    ), weighed as (
      select k.certificate_id, k.device_id, min(k.weight) as weight, (array_agg(k.how order by k.weight))[1] as how
      from candidate k group by k.certificate_id, k.device_id
    ), ranked as (
      select w.certificate_id, w.device_id, w.how, rank() over (partition by w.certificate_id order by w.weight,
        not coalesce(m.connector_id = v.connector_id or m.settings->>'endpoint' = e.slug, false), d.management in ('removed', 'wiped')) as place
      from weighed w join device d on d.id = w.device_id
      join certificate c on c.id = w.certificate_id left join endpoint e on e.id = c.endpoint_id
      left join validator v on v.id = e.validator_id
      left join lateral (select k.id as connector_id, k.settings from connector k where k.id = d.connector_id) m on true
    )
    insert into device_certificate (certificate_id, device_id, how, linked_at)
    select r.certificate_id, r.device_id, r.how, ${at} from ranked r
    where r.place = 1 and not exists (
      select from ranked o where o.certificate_id = r.certificate_id and o.place = 1 and o.device_id <> r.device_id)
    order by r.certificate_id on conflict (certificate_id) do nothing
    returning certificate_id, device_id`
}

async function linkRenewals(transaction: Transaction, certificateIds: string[], at: Date): Promise<LinkRow[]> {
  return transaction.$queryRaw<LinkRow[]>`
    insert into device_certificate (certificate_id, device_id, how, linked_at)
    select c.id, l.device_id, 'renewal', ${at} from certificate c
    join device_certificate l on l.certificate_id = c.renews_certificate_id
    where c.renews_certificate_id = any(${certificateIds}::uuid[]) and c.kind = 'leaf' and c.state = 'issued'
    order by c.id on conflict (certificate_id) do nothing returning certificate_id, device_id`
}

function inTransaction<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return transactDevices(database, async (transaction) => ({ result: await work(transaction), events: [] }))
}
