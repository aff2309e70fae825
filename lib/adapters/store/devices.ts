/** Device names, read along the indexes over the subjects of certificates and challenges. */
import type { DeviceStore } from '@/lib/services/devices'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function deviceStore(database: Database): DeviceStore {
  return guarded<DeviceStore>({
    async subjects({ search, after }, limit) {
      const beyond = after === undefined ? Prisma.sql`subject <> ''` : Prisma.sql`subject > ${after}`
      const fits =
        search === undefined ? Prisma.sql`true` : Prisma.sql`subject ilike ${`%${search.replace(/[\\%_]/g, '\\$&')}%`}`
      // Each half stops after a page of names, so that neither is read to its end.
      return database.$queryRaw<{ subject: string; certificates: number }[]>`
        select subject, max(certificates)::int as certificates from (
          (select subject, count(*) as certificates from certificate
            where kind = 'leaf' and state = 'issued' and ${beyond} and ${fits} group by subject order by subject limit ${limit})
          union all
          (select subject, 0 from challenge
            where origin in ('minted', 'signed') and ${beyond} and ${fits} group by subject order by subject limit ${limit})
        ) names group by subject order by subject limit ${limit}`
    },

    async renewals(subject) {
      return database.$queryRaw<{ id: string; renews: string | null }[]>`
        select id, renews_certificate_id as renews from certificate
        where kind = 'leaf' and state = 'issued' and subject = ${subject} order by created_at desc limit 200`
    },
  })
}
