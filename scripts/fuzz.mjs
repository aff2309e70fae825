/** npm run fuzz -- --minutes 120 [--seed N] [--replay FILE]: what strangers may send, against the SCEP service in process. */
import { launch } from './launch.mjs'
import { bundleTool, generateClient, install } from './prepare.mjs'
import { main } from './project.mjs'

await main(async () => {
  await install(console.error)
  await generateClient()
  await bundleTool('fuzz', 'e2e/fuzz/main.ts')
  process.exit(await launch('fuzz', process.argv.slice(2)))
})
