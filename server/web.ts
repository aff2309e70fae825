/** The portal's process: Next behind a Unix socket. It holds no key, and whatever it is told about a client, front says. */
import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import next from 'next'
import { config } from '@/lib/config'
import { PROJECT_FOLDER } from './supervisor/folders'
import { whenAskedToStop } from './supervisor/signals'

/** Longer than front keeps an idle connection. */
const KEEP_ALIVE = 60_000
const GRACE = 8_000

const { publicUrl, webSocket } = config()
const stopAsked = whenAskedToStop()
const dev = process.env.NODE_ENV === 'development'
const app = next({ dev, dir: PROJECT_FOLDER, hostname: publicUrl.hostname, port: config().port })
await app.prepare()
const handle = app.getRequestHandler()

const web = createServer(
  { keepAliveTimeout: KEEP_ALIVE, maxHeaderSize: 64 * 1024 },
  (request, response) => void handle(request, response),
)
// The page that reloads itself while somebody develops.
if (dev) web.on('upgrade', app.getUpgradeHandler())
rmSync(webSocket, { force: true })
web.listen(webSocket, () => chmodSync(webSocket, 0o600))

await stopAsked
web.close()
web.closeIdleConnections()
setTimeout(() => web.closeAllConnections(), GRACE).unref()
await new Promise((resolve) => web.on('close', resolve))
rmSync(webSocket, { force: true })
process.exit(0)
