/** What Jamf's services read of devices, their certificates and their challenges. */
import type { CertifiedDevice, ChallengedDevice, JamfDeviceRows } from '@/lib/services/jamf-queue'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function jamfDeviceRows(database: Database): JamfDeviceRows {
  return guarded<JamfDeviceRows>({
    async externalId(deviceId) {
      const row = await database.device.findUnique({ where: { id: deviceId }, select: { externalId: true } })
      return row?.externalId ?? null
    },

    async isGone(deviceId) {
      const row = await database.device.findUnique({ where: { id: deviceId }, select: { management: true } })
      return row?.management === 'removed' || row?.management === 'wiped'
    },

    async certified(connectorId, after, limit) {
      const beyond = after === null ? Prisma.sql`true` : Prisma.sql`d.id > ${after}::uuid`
      return database.$queryRaw<CertifiedDevice[]>`
        select d.id, d.external_id as "externalId", d.serial from device d
        where d.connector_id = ${connectorId}::uuid and d.external_id is not null and d.management <> 'removed' and ${beyond}
          and exists (
            select from device_certificate l join certificate c on c.id = l.certificate_id
            where l.device_id = d.id and c.state = 'issued' and c.not_after > now()
              and (c.revoked_at is null or c.revocation_reason = 'certificateHold'))
        order by d.id limit ${limit}`
    },

    async ofChallenge(challengeId) {
      const [row] = await database.$queryRaw<ChallengedDevice[]>`
        select d.connector_id as "connectorId", d.external_id as "externalId", d.serial, d.udid
        from challenge c join device d on d.id = c.device_id
        where c.id = ${challengeId}::uuid and d.connector_id is not null`
      return row ?? null
    },

    async lastHeard(connectorId) {
      const row = await database.connector.findUnique({ where: { id: connectorId }, select: { lastHeardAt: true } })
      return row?.lastHeardAt ?? null
    },
  })
}
