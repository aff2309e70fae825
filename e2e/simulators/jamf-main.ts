/** Jamf Pro's simulator as a process of its own: PORT, and a small estate to begin with. Prints where it is. */
import { startJamf } from './jamf'

const jamf = await startJamf({ port: Number(process.env.PORT ?? 0) })
jamf.populate('computer', 8)
jamf.populate('mobile', 4)
jamf.state.addGroup('computer', 'All managed Macs', jamf.state.computers.keys())
const client = jamf.state.addClient({ tokenSeconds: 1_200 })
console.log(`Jamf Pro's simulator is ready at ${jamf.url}`)
console.log(`API client ${client.clientId}, secret ${client.secret}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void jamf.close().then(() => process.exit()))
