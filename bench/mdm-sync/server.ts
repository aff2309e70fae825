/** Jamf Pro's simulator with so many computers and mobile devices, in a process of its own. */
import { startJamf } from '@/e2e/simulators/jamf'

const [devices = 50_000] = process.argv.slice(2).map(Number)
const computers = Math.floor(devices * 0.7)

const jamf = await startJamf()
jamf.populate('computer', computers)
jamf.populate('mobile', devices - computers)
jamf.state.addClient({ clientId: 'bench', secret: 'bench', tokenSeconds: 1_200 })
// What real records have beside what is read, in size.
jamf.state.more = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`member${at}`, `value of member ${at}`]))
process.stdout.write(`${jamf.port}\n`)
