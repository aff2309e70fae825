/** npm run bench: runs bench/*.mjs on our own Node, one after the other. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepare } from './prepare.mjs'
import { Fault, main, nodeBinary, ROOT } from './project.mjs'
import { ensureBenchTools } from './test-tools.mjs'

/** Gigabytes, which are made and measured only when they are asked for. */
const LARGE = ['pages.mjs', 'seed.mjs']

await main(async () => {
  await prepare({ say: console.error })
  ensureBenchTools(console.error)
  const wanted = process.argv[2]
  const names = readdirSync(join(ROOT, 'bench')).filter(
    (name) => name.endsWith('.mjs') && (wanted ? name.startsWith(wanted) : !LARGE.includes(name)),
  )
  if (names.length === 0)
    throw new Fault(wanted ? `There is no benchmark called ${wanted}.` : 'There is no benchmark yet.')
  for (const name of names) {
    const { status } = spawnSync(nodeBinary(), [join(ROOT, 'bench', name), ...process.argv.slice(3)], {
      cwd: ROOT,
      stdio: 'inherit',
    })
    if (status !== 0) throw new Fault(`${name} failed.`)
  }
})
