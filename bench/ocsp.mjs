/** npm run bench -- ocsp: OCSP answers a second beside a file server, openssl's responder and bare node:http, in one run. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { BUILD, main, ROOT } from '../scripts/project.mjs'

await main(async () => {
  const outfile = join(BUILD, 'bench-ocsp.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join('bench', 'ocsp', 'main.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    logLevel: 'error',
  })
  const { runBench } = await import(pathToFileURL(outfile).href)
  await runBench(process.argv.slice(2))
  process.exit(0)
})
