/** The process that owns the port: answers devices and relying parties itself, passes the rest to web, and runs the jobs. */
import { config } from '@/lib/config'
import { server } from '@/lib/server'
import { callerReader, proxyCheck } from './front/client-address'
import { createFront } from './front/listener'
import { createMetrics } from './front/metrics'
import { createPortal } from './front/portal'
import { answers, portProblem } from './supervisor/probe'
import { whenAskedToStop } from './supervisor/signals'

/** Requests under way get this long to end. */
const GRACE = 8_000
/** EX_CONFIG of sysexits.h: starting again would not help. */
const REFUSAL = 78

const { host, port, trustedProxies, webSocket } = config()
const services = server()
const stopAsked = whenAskedToStop()
const portal = createPortal(webSocket)
const log = (line: string) => console.log(line)
const front = createFront({
  services,
  portal,
  metrics: createMetrics(new Date()),
  callerOf: callerReader(trustedProxies),
  isProxy: proxyCheck(trustedProxies),
  webAnswers: () => answers({ path: webSocket }),
  log,
})

// The supervisor asks once, and only when everything answers: each link makes the one before it worthless.
process.on('message', async (question) => {
  if (question === 'setup-link') process.send?.(await services.setup.issueLink().catch(() => null))
})
front.on('error', (error) => {
  console.error(portProblem(error, host, port))
  process.exit(REFUSAL)
})
if (process.env.NODE_ENV === 'development') front.on('upgrade', portal.upgrade)
front.listen({ host, port })
const jobs = services.startJobs(log)
services.followStatus(log)

await stopAsked
front.close()
front.closeIdleConnections()
setTimeout(() => front.closeAllConnections(), GRACE).unref()
await Promise.all([jobs.stop(), new Promise((resolve) => front.on('close', resolve))])
portal.close()
await services.close()
process.exit(0)
