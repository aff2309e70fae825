/** The signer, as the product runs it, in a process that tells what a list costs there. */
import { runSigner } from '@/lib/adapters/keys/signer-service'
import { startProbe } from './probe'

const { DATABASE = '', SOCKET = '', DATA_DIR = '', KEK = '' } = process.env
const kek = { from: 'file', path: KEK, create: false } as const
const signer = await runSigner({ databaseUrl: DATABASE, socketPath: SOCKET, dataDir: DATA_DIR, kek, log: () => {} })
let probe: ReturnType<typeof startProbe> | undefined

process.on('message', async (message) => {
  if (message === 'start') {
    probe = startProbe()
    process.send?.('started')
  } else if (message === 'stop') process.send?.(await probe?.stop())
})
process.once('disconnect', async () => {
  await signer.close()
  process.exit(0)
})
process.send?.('ready')
