/** npm run bench -- ocsp: OCSP answers a second beside a file server, openssl's responder and bare node:http, in one run. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD, main } from '../scripts/project.mjs'

await main(async () => {
  await bundleTool('bench-ocsp', 'bench/ocsp/main.ts')
  const { runBench } = await import(pathToFileURL(join(BUILD, 'bench-ocsp.mjs')).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
