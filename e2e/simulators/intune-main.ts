/**
 * Intune's simulator as a process of its own. With a file named in INTUNE_SIMULATOR_STATE it is the same tenant at the same
 * place the next time, with its devices and what was reported for them.
 */
import { startIntune } from './intune'
import { type KeptIntune, keptIntune } from './intune-keeping'
import { runKept } from './kept-process'

await runKept<KeptIntune>(process.env.INTUNE_SIMULATOR_STATE, async (before) => {
  const intune = await startIntune(before === undefined ? {} : { before })
  const { tenant, applicationId, clientSecret, authorityUrl, graphUrl, controlUrl, close } = intune
  return {
    said: { tenant: tenant.id, applicationId, clientSecret, authorityUrl, graphUrl, controlUrl },
    kept: () => keptIntune(intune),
    close,
  }
})
