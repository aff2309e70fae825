/** Makes an installation usable for the length of one command: its database, its tables and a signer. */
import { type Config, setConfig, settings } from '@/lib/config'
import { server } from '@/lib/server'
import type { Child } from './supervisor/child'
import { createSigner } from './supervisor/children'
import { StartFault } from './supervisor/fault'
import { openInstallation } from './supervisor/installation'
import type { Instance } from './supervisor/instances'
import { createLog } from './supervisor/log'
import { onSignal } from './supervisor/signals'

/** What a command works with; lib/server.ts reads the same from config(). */
export interface Installation extends Config {
  /** Of the role that owns the tables. */
  ownerUrl: string
}

/**
 * Runs `work` with everything in place, beside a running server or without one, and takes down what it put up, also
 * after Ctrl-C. While `work` runs, config() and therefore server() of lib/server.ts work in this process.
 */
export async function withInstallation<T>(work: (installation: Installation) => Promise<T>): Promise<T> {
  const interrupted = Promise.withResolvers<never>()
  interrupted.promise.catch(() => {}) // may come before anybody waits for it
  onSignal(() => interrupted.reject(new StartFault('Interrupted.')))
  const { config, runFolder, ownerUrl, running, release } = await openInstallation(settings(), say)
  let signer: Child | undefined
  try {
    const ours = running ? besides(config, running) : config
    setConfig(ours)
    if (!running) {
      signer = createSigner(ours, runFolder, createLog('text', process.stderr), () => {})
      await signer.start()
    }
    return await Promise.race([work({ ...ours, ownerUrl }), interrupted.promise])
  } finally {
    await server().close()
    await signer?.stop()
    await release()
  }
}

/** The addresses that a running server gives to devices are the right ones, whatever this terminal's environment says. */
function besides(config: Config, running: Instance): Config {
  const { signerSocket, publicUrl, statusUrl } = running
  return { ...config, signerSocket, publicUrl: new URL(publicUrl), statusUrl: new URL(statusUrl) }
}

/** Standard output belongs to the command's answer. */
function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
