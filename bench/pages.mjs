/** npm run bench -- pages: how fast the portal answers on the installation that bench -- seed made. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-pages', 'bench/pages/main.ts')
  const { runBench } = await import(pathToFileURL(join(BUILD, 'bench-pages.mjs')).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
