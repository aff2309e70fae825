/** Makes an installation usable for the length of one command: its database, its tables and a signer. */
import { type Config, setConfig, settings } from '@/lib/config'
import { server } from '@/lib/server'
import { type Child, createChild } from './supervisor/child'
import { signerEnvironment } from './supervisor/environment'
import { openInstallation } from './supervisor/installation'
import { answers } from './supervisor/probe'

/** What a command works with; lib/server.ts reads the same from config(). */
export type Installation = Config

/**
 * Runs `work` with everything in place, beside a running server or without one, and takes down what it put up. While
 * `work` runs, config() and therefore server() of lib/server.ts work in this process.
 */
export async function withInstallation<T>(work: (installation: Installation) => Promise<T>): Promise<T> {
  const { config, running, release } = await openInstallation(settings(), say)
  let signer: Child | undefined
  try {
    // The addresses that a running server gives to devices are the right ones, whatever this terminal's environment says.
    const ours = running ? { ...config, signerSocket: running.signerSocket, ...urlsOf(running) } : config
    setConfig(ours)
    if (!running) signer = await startSigner(ours)
    return await work(ours)
  } finally {
    await server().close()
    await signer?.stop()
    await release()
  }
}

function urlsOf(running: { publicUrl: string; statusUrl: string }): Pick<Config, 'publicUrl' | 'statusUrl'> {
  return { publicUrl: new URL(running.publicUrl), statusUrl: new URL(running.statusUrl) }
}

async function startSigner(config: Config): Promise<Child> {
  const signer = createChild({
    name: 'signer',
    env: signerEnvironment(config),
    probe: () => answers({ path: config.signerSocket }),
    line: () => {},
    onRefusal: () => {},
  })
  await signer.start()
  return signer
}

/** Standard output belongs to the command's answer. */
function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
