/** npm run bench -- mdm-sync: a whole inventory of 50,000 devices read from an MDM. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-mdm-sync', 'bench/mdm-sync/main.ts')
  for (const part of ['reader', 'server']) await bundleTool(`bench-mdm-sync-${part}`, `bench/mdm-sync/${part}.ts`)
  const { runBench } = await import(pathToFileURL(join(BUILD, 'bench-mdm-sync.mjs')).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
