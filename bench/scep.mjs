/** npm run bench -- scep: enrolments a second of the built product and of a peer, in one run on one machine. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-scep', 'bench/scep/main.ts')
  const { runBench } = await import(pathToFileURL(join(BUILD, 'bench-scep.mjs')).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
