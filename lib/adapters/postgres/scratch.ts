/** A Postgres for a test run: in a temporary folder, without passwords, reachable through its socket alone. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { create, start, stop } from './cluster'
import { socketUrl } from './embedded'
import { placeCluster } from './placement'

export async function startScratchPostgres(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const runFolder = join(folder, 'run')
  await mkdir(runFolder, { recursive: true, mode: 0o711 })
  const cluster = await placeCluster({ dataDir: folder, dataDirChosen: true, runFolder, say: () => {} })
  // What a test run leaves behind is thrown away: nothing of it has to outlive a power cut.
  const statements = ['alter system set fsync = off', 'alter system set full_page_writes = off']
  await create(cluster, { hba: 'local all all trust', statements })
  await start(cluster)
  return { url: socketUrl(cluster.socketFolder, 'postgres'), stop: () => stop(cluster) }
}
