/** npm run bench -- radius: network access decided for 32 connections with 100,000 certificates. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { BUILD, main, ROOT } from '../scripts/project.mjs'

await main(async () => {
  const outfile = join(BUILD, 'bench-radius.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join('bench', 'radius', 'main.ts')],
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
