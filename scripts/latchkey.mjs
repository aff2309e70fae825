/** npm run latchkey -- COMMAND: the command line. Standard output is the command's answer alone. */
import { launch } from './launch.mjs'
import { prepare } from './prepare.mjs'
import { main } from './project.mjs'

await main(async () => {
  await prepare({ say: console.error, portal: false })
  process.exit(await launch('cli', process.argv.slice(2)))
})
