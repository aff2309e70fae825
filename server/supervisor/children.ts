/** The three processes, in the order in which they can be of use: keys, then pages, then the port. */
import type { Config } from '@/lib/config'
import { type Child, type ChildOptions, createChild } from './child'
import { childEnvironment, signerEnvironment, webEnvironment } from './environment'
import type { Log } from './log'
import { answers, isOk } from './probe'

/** What tells a person nothing: that a part works, which we say for all of them, and Next's own progress. */
const NOISE = /"event":"ready"|^ *✓ /

export interface Children {
  front: Child
  start(): Promise<void>
  stop(): Promise<void>
}

export function createChildren(config: Config, log: Log, onRefusal: (name: string) => void): Children {
  const make = (name: ChildOptions['name'], env: NodeJS.ProcessEnv, probe: ChildOptions['probe']) =>
    createChild({
      name,
      env,
      probe,
      line: (text) => void (NOISE.test(text) || log(name, text)),
      onRefusal: () => onRefusal(name),
    })

  const signer = make('signer', signerEnvironment(config), () => answers({ path: config.signerSocket }))
  const web = make('web', webEnvironment(config), () => answers({ path: config.webSocket }))
  const front = make('front', childEnvironment(config), () =>
    isOk({ host: ownAddress(config.host), port: config.port, path: '/readyz' }),
  )

  return {
    front,
    async start() {
      await signer.start()
      // Both at once; when one fails, the other is waited for all the same, so that it can be stopped.
      const results = await Promise.allSettled([web.start(), front.start()])
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
    async stop() {
      await front.stop()
      await web.stop()
      await signer.stop()
    },
  }
}

/** An address under which this machine reaches a server that listens on `host`. */
function ownAddress(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
