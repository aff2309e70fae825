/** An MDM that tells an installation of its devices, past its own protocol: straight into the installation's database. */
import type { Installation } from '@/e2e/fixtures/installation'
import { openEmbeddedPostgres } from '@/lib/adapters/postgres/embedded'
import { openDatabase } from '@/lib/adapters/store/database'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { systemActor } from '@/lib/services/actor'
import { createDeviceReports } from '@/lib/services/device-reports'
import type { DeviceReport } from '@/lib/services/device-types'
import { prepareFolders } from '@/server/supervisor/folders'

export interface Mdm {
  slug: string
  /** Ids of the devices, in order. */
  tell(...reports: DeviceReport[]): Promise<string[]>
  /** A challenge minted by hand becomes one that it had minted for the device. */
  mintedFor(challengeId: string, deviceId: string): Promise<void>
  /** Before the installation is stopped. */
  close(): Promise<void>
}

export async function connectMdm({ dataDir }: Installation, name = 'Example MDM'): Promise<Mdm> {
  const place = { dataDir, dataDirChosen: true, runFolder: prepareFolders(dataDir), say: () => {} }
  const postgres = await openEmbeddedPostgres(place)
  const database = openDatabase(postgres.url)
  const id = crypto.randomUUID()
  const slug = name.toLowerCase().replaceAll(' ', '-')
  await database.connector.create({
    data: { id, kind: 'events', name, slug, createdBy: 'Ada Admin' },
    select: { id: true },
  })
  const reports = createDeviceReports({ store: deviceReportStore(database), clock: () => new Date() })
  return {
    slug,
    tell: (...said) => reports.report(systemActor('job', name), id, said, 'event'),
    async mintedFor(challengeId, deviceId) {
      await database.challenge.update({ where: { id: challengeId }, data: { deviceId }, select: { id: true } })
    },
    async close() {
      await database.$disconnect()
      await postgres.release()
    },
  }
}
