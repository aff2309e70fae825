/** The three processes, in the order in which they can be of use: keys, then pages, then the port. */
import { join } from 'node:path'
import { withFileLock } from '@/lib/adapters/postgres/file-lock'
import type { Config } from '@/lib/config'
import { type Child, type ChildOptions, createChild } from './child'
import { confinement } from './confinement'
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

export function createSigner(config: Config, runFolder: string, log: Log, onRefusal: (name: string) => void): Child {
  const signer = make(
    'signer',
    config,
    signerEnvironment(config),
    () => answers({ path: config.signerSocket }),
    log,
    onRefusal,
  )
  // The first signer of a data folder makes its key-encryption key; a second one waits, and finds it.
  return { ...signer, start: () => withFileLock(join(runFolder, 'signer.lock'), signer.start) }
}

export function createChildren(
  config: Config,
  runFolder: string,
  log: Log,
  onRefusal: (name: string) => void,
): Children {
  const signer = createSigner(config, runFolder, log, onRefusal)
  const web = make('web', config, webEnvironment(config), () => answers({ path: config.webSocket }), log, onRefusal)
  const address = { host: ownAddress(config.host), port: config.port, path: '/readyz' }
  const front = make('front', config, childEnvironment(config), () => isOk(address), log, onRefusal)
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

function make(
  name: ChildOptions['name'],
  config: Config,
  env: NodeJS.ProcessEnv,
  probe: ChildOptions['probe'],
  log: Log,
  onRefusal: (name: string) => void,
): Child {
  const line = (text: string) => void (NOISE.test(text) || log(name, text))
  return createChild({ name, env, flags: confinement(name, config), probe, line, onRefusal: () => onRefusal(name) })
}

/** An address under which this machine reaches a server that listens on `host`. */
function ownAddress(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
