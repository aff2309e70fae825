/** An MDM that tells an installation of its devices, past its own protocol: straight into the database. */
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { openDatabase } from '@/lib/adapters/store/database'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { systemActor } from '@/lib/services/actor'
import { createDeviceReports } from '@/lib/services/device-reports'
import type { DeviceReport } from '@/lib/services/device-types'

export interface Mdm {
  /** For the installation to be started with. */
  databaseUrl: string
  /** Ids of the devices, in order. */
  tell(...reports: DeviceReport[]): Promise<string[]>
  /** A challenge minted by hand becomes one that it had minted for the device. */
  mintedFor(challengeId: string, deviceId: string): Promise<void>
  close(): Promise<void>
}

export async function startMdm(name = 'Example MDM'): Promise<Mdm> {
  const { adminUrl, drop }: TestDatabase = await testDatabase()
  const database = openDatabase(adminUrl)
  const id = crypto.randomUUID()
  await database.connector.create({
    data: { id, kind: 'events', name, slug: 'example-mdm', createdBy: 'Ada Admin' },
    select: { id: true },
  })
  const reports = createDeviceReports({ store: deviceReportStore(database), clock: () => new Date() })
  return {
    databaseUrl: adminUrl,
    tell: (...said) => reports.report(systemActor('job', name), id, said, 'event'),
    async mintedFor(challengeId, deviceId) {
      await database.challenge.update({ where: { id: challengeId }, data: { deviceId }, select: { id: true } })
    },
    async close() {
      await database.$disconnect()
      await drop()
    },
  }
}
