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
  const intune = await simulateIntune(env.LATCHKEY_DATA_DIR)
  Object.assign(env, {
    DEMO_INTUNE: intune,
    LATCHKEY_OUTBOUND_ALLOW: [process.env.LATCHKEY_OUTBOUND_ALLOW, 'http://127.0.0.0/8'].filter(Boolean).join(','),
  })
  console.log('Filling the demo with a year of an organisation, where that is not done yet ...')
  const code = await launch('demo', [], { env })
  console.log(`Microsoft Intune is simulated. What it can be told is under ${JSON.parse(intune).controlUrl}/_sim/.`)
  process.exit(code === 0 ? await launch('start', [], { held: true, env }) : code)
})

/** Microsoft's side, in a process of its own that ends with this one. Returns what it says of itself. */
async function simulateIntune(dataDir) {
  await bundleTool('intune-simulator', join('e2e', 'simulators', 'intune-main.ts'))
  mkdirSync(dataDir, { recursive: true })
  const child = spawn(nodeBinary(), [join(BUILD, 'intune-simulator.mjs')], {
    cwd: ROOT,
    env: { ...process.env, INTUNE_SIMULATOR_STATE: join(dataDir, 'intune-simulator.json') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('The simulator of Intune did not start.')
}
