/** npm run demo: Latchkey with a believable organisation of its own, in a data folder beside the real one. */
import { launch } from './launch.mjs'
import { prepare } from './prepare.mjs'
import { main } from './project.mjs'

await main(async () => {
  const env = {
    LATCHKEY_DATA_DIR: process.env.LATCHKEY_DATA_DIR || './data-demo',
    DATABASE_URL: '',
    DATABASE_MIGRATION_URL: '',
  }
  await prepare({ say: console.log })
  console.log('Filling the demo with a year of an organisation, where that is not done yet ...')
  const code = await launch('demo', [], { env })
  process.exit(code === 0 ? await launch('start', [], { held: true, env }) : code)
})
