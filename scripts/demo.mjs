/** npm run demo: Latchkey with a believable organisation of its own, in a data folder beside the real one. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { launch } from './launch.mjs'
import { bundleTool, prepare } from './prepare.mjs'
import { BUILD, main, nodeBinary, ROOT } from './project.mjs'

await main(async () => {
  const env = {
    LATCHKEY_DATA_DIR: process.env.LATCHKEY_DATA_DIR || './data-demo',
    DATABASE_URL: '',
    DATABASE_MIGRATION_URL: '',
  }
  await prepare({ say: console.log })
  const intune = await simulate('intune', env.LATCHKEY_DATA_DIR)
  const jamf = await simulate('jamf', env.LATCHKEY_DATA_DIR)
  Object.assign(env, {
    DEMO_INTUNE: intune,
    DEMO_JAMF: jamf,
    LATCHKEY_OUTBOUND_ALLOW: [process.env.LATCHKEY_OUTBOUND_ALLOW, 'http://127.0.0.0/8'].filter(Boolean).join(','),
  })
  console.log('Filling the demo with a year of an organisation, where that is not done yet ...')
  const code = await launch('demo', [], { env })
  console.log(`Microsoft Intune is simulated. What it can be told is under ${JSON.parse(intune).controlUrl}/_sim/.`)
  console.log(`Jamf Pro is simulated. What it can be told is under ${JSON.parse(jamf).url}/_sim/.`)
  process.exit(code === 0 ? await launch('start', [], { held: true, env }) : code)
})

/** The other side, in a process of its own that ends with this one. Returns what it says of itself. */
async function simulate(mdm, dataDir) {
  const name = `${mdm}-simulator`
  await bundleTool(name, join('e2e', 'simulators', `${mdm}-main.ts`))
  mkdirSync(dataDir, { recursive: true })
  const child = spawn(nodeBinary(), [join(BUILD, `${name}.mjs`)], {
    cwd: ROOT,
    env: { ...process.env, [`${mdm.toUpperCase()}_SIMULATOR_STATE`]: join(dataDir, `${name}.json`) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error(`The ${name} did not start.`)
}
