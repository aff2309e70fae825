/** npm run latchkey -- COMMAND: the command line. Standard output is the command's answer alone. */
import { join } from 'node:path'
import { launch } from './launch.mjs'
import { prepare } from './prepare.mjs'
import { BUILD, main } from './project.mjs'

/** A command is mostly loading: compiled once, its code is read back. As well guarded as the bundles beside it, and no better. */
const NODE_COMPILE_CACHE = join(BUILD, 'compile-cache')

await main(async () => {
  await prepare({ say: console.error, portal: false })
  process.exit(await launch('cli', process.argv.slice(2), { env: { NODE_COMPILE_CACHE } }))
})
