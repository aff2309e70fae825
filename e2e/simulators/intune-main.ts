/**
 * Intune's simulator as a process of its own. With a file named in INTUNE_SIMULATOR_STATE it is the same tenant at the same
 * place the next time, with its devices and what was reported for them. Prints one line of JSON: where it is, and how to
 * get in.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { startIntune } from './intune'
import { type KeptIntune, keptIntune } from './intune-keeping'

const file = process.env.INTUNE_SIMULATOR_STATE
const before =
  file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeptIntune) : undefined
const intune = await startIntune(before === undefined ? {} : { before })

function keep(): void {
  if (file !== undefined) writeFileSync(file, JSON.stringify(keptIntune(intune)), { mode: 0o600 })
}

keep()
const keeping = setInterval(keep, 1_000)
const { tenant, applicationId, clientSecret, authorityUrl, graphUrl, controlUrl } = intune
console.log(JSON.stringify({ tenant: tenant.id, applicationId, clientSecret, authorityUrl, graphUrl, controlUrl }))

function stop(): void {
  clearInterval(keeping)
  keep()
  void intune.close().then(() => process.exit())
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
// Whoever started it holds the other end, and may be killed without a word.
process.stdin.on('end', stop).on('error', stop).resume()
