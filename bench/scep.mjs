/** npm run bench -- scep: enrolments a second of the built product and of a peer, in one run on one machine. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { BUILD, main, ROOT } from '../scripts/project.mjs'

await main(async () => {
  const outfile = join(BUILD, 'bench-scep.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join('bench', 'scep', 'main.ts')],
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
