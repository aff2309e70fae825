/** npm start: does whatever is missing on a fresh machine, then runs Latchkey until it is told to stop. */
import { launch } from './launch.mjs'
import { prepare } from './prepare.mjs'
import { main } from './project.mjs'

await main(async () => {
  await prepare({ say: console.log })
  process.exit(await launch('start', [], { held: true }))
})
