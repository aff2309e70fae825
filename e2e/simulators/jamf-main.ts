/**
 * Jamf Pro's simulator as a process of its own. With a file named in JAMF_SIMULATOR_STATE it is the same server at the same
 * place the next time, with its devices, its API client, its profiles and its webhooks.
 */
import { startJamf } from './jamf'
import { type KeptJamf, keptJamf } from './jamf-keeping'
import { runKept } from './kept-process'

await runKept<KeptJamf>(process.env.JAMF_SIMULATOR_STATE, async (before) => {
  const jamf = await startJamf(before === undefined ? {} : { before })
  const [client = jamf.state.addClient({ tokenSeconds: 1_200 })] = jamf.state.clients.values()
  return {
    said: { url: jamf.url, clientId: client.clientId, clientSecret: client.secret },
    kept: () => keptJamf(jamf),
    close: jamf.close,
  }
})
