/** npm run bench -- radius: network access decided for 32 connections with 100,000 certificates. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-radius', 'bench/radius/main.ts')
  const { runBench } = await import(pathToFileURL(join(BUILD, 'bench-radius.mjs')).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
