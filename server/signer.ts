/** The signer's entry point: the one process with the KEK and the private keys. Its parent holds the other end of stdin. */
import { fstatSync } from 'node:fs'
import { runSigner } from '@/lib/adapters/keys/signer-service'
import { EXIT, StartupFault } from '@/lib/adapters/keys/startup-fault'
import { ConfigurationError, signerConfig } from '@/lib/config'

process.umask(0o077)

try {
  const { signerSocket: socketPath, ...rest } = signerConfig()
  // Neither a library nor a child process shall find it there.
  delete process.env.LATCHKEY_KEK
  const signer = await runSigner({ ...rest, socketPath })
  let ending = false
  const end = async () => {
    if (ending) return
    ending = true
    await signer.close()
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  if (heldByParent()) process.stdin.on('end', end).on('error', end).resume()
  process.stdout.write(`${JSON.stringify({ event: 'ready', process: 'signer' })}\n`)
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`)
  process.exit(
    error instanceof StartupFault ? error.exitCode : error instanceof ConfigurationError ? EXIT.config : EXIT.software,
  )
}

/** A supervisor that was killed closes its end of the pipe: then nobody is left to end us, and nobody needs us. */
function heldByParent(): boolean {
  const stdin = fstatSync(0)
  return stdin.isFIFO() || stdin.isSocket()
}

function sentenceOf(error: unknown): string {
  if (error instanceof StartupFault) return error.sentence
  if (error instanceof ConfigurationError) return error.message
  return `The signer could not start (${error instanceof Error ? error.message : 'unknown error'}).`
}
