/** An installation with an MDM: real services over Postgres, a clock to turn, and shorthands for what tests do. */
import pg from 'pg'
import { deviceActionStore } from '@/lib/adapters/store/device-actions'
import { deviceBrakeStore } from '@/lib/adapters/store/device-brake'
import { deviceLinkStore } from '@/lib/adapters/store/device-links'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { deviceRuleStore } from '@/lib/adapters/store/device-rules'
import { systemActor } from '@/lib/services/actor'
import { createDeviceActions } from '@/lib/services/device-actions'
import { createDeviceBrake } from '@/lib/services/device-brake'
import { createDeviceLinks } from '@/lib/services/device-links'
import { createDeviceReports } from '@/lib/services/device-reports'
import { createDeviceRules, type DeviceRuleChange } from '@/lib/services/device-rules'
import type { DeviceReport } from '@/lib/services/device-types'
import { actor, installation, newDevice } from '@/lib/services/testing/harness'
import { addConnector } from './mdm-rows'
import { postgresBacking } from './postgres-backing'

export async function devicePortal() {
  const backing = await postgresBacking()
  const portal = installation(backing)
  await portal.setUp()
  const group = await portal.createGroup()
  const { database } = backing
  const { clock } = portal.deps
  const reports = createDeviceReports({ store: deviceReportStore(database), clock })
  const links = createDeviceLinks({ store: deviceLinkStore(database) })
  const actions = createDeviceActions({ store: deviceActionStore(database) })
  const rules = createDeviceRules({ store: deviceRuleStore(database), clock })
  const brake = createDeviceBrake({ store: deviceBrakeStore(database), clock })
  const connector = await addConnector(database)

  return {
    portal,
    database,
    group,
    reports,
    links,
    actions,
    rules,
    brake,
    connector,
    url: backing.url,
    adminUrl: backing.adminUrl,
    later(seconds: number) {
      portal.time.now = new Date(portal.time.now.getTime() + seconds * 1_000)
    },
    /** As an event of the MDM, a second later. */
    async tell(...said: DeviceReport[]): Promise<string[]> {
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      return reports.report(systemActor('job', 'test'), connector, said, 'event')
    },
    setRules: (...change: DeviceRuleChange[]) => rules.change(actor('admin'), group.slug, change),
    /** As the job does. */
    async run(): Promise<void> {
      portal.time.now = new Date(portal.time.now.getTime() + 1_000)
      await links.advance(clock())
      await actions.advance(clock())
    },
    enrol: (...device: Parameters<typeof newDevice>) => portal.enrol(group.endpoint.id, newDevice(...device)),
    async status(id: string): Promise<string> {
      const { revokedAt, revocationReason } = await database.certificate.findUniqueOrThrow({ where: { id } })
      return revokedAt === null ? 'valid' : (revocationReason ?? 'unspecified')
    },
    async deviceOf(certificateId: string): Promise<{ deviceId: string; how: string } | null> {
      return database.deviceCertificate.findUnique({
        where: { certificateId },
        select: { deviceId: true, how: true },
      })
    },
    /** Past the triggers that keep what a certificate says: what only another history would bring about. */
    async rewrite(
      id: string,
      column: 'issued_at' | 'renews_certificate_id' | 'not_after' | 'not_before',
      value: string,
    ): Promise<void> {
      const client = new pg.Client({ connectionString: backing.adminUrl })
      await client.connect()
      try {
        await client.query('set session_replication_role = replica')
        await client.query(`update certificate set ${column} = $2 where id = $1`, [id, value])
      } finally {
        await client.end()
      }
    },
    close: () => backing.close(),
  }
}

export type DevicePortal = Awaited<ReturnType<typeof devicePortal>>
