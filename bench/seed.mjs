/** npm run bench -- seed: an installation with a million certificates and ten million audit events, for bench -- pages. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-seed', 'bench/pages/seed.ts')
  const { runSeed } = await import(pathToFileURL(join(BUILD, 'bench-seed.mjs')).href)
  await runSeed(process.argv.slice(2))
  process.exit(0)
})
