/** The command line: npm run latchkey -- COMMAND. */
import { userInfo } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { server } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'
import { withInstallation } from './bootstrap'
import { UsageFault } from './cli/command'
import { run, type Terminal } from './cli/program'

// A command is over before it gains from compiling Prisma's WebAssembly a second time, which took a quarter of its CPU time.
setFlagsFromString('--wasm-tiering-budget=1000000000')

// Standard output is the command's answer alone: whatever a library or another part of ours prints goes to the other one.
const answer = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

const terminal: Terminal = {
  out: (text) => void answer(text),
  error: (text) => void process.stderr.write(text),
  stdin: readStdin,
  withServices: (work) => withInstallation(async () => work(server(), systemActor('cli', systemUser()))),
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // "latchkey audit list | head": the reader has seen enough.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const exitCode = await run(process.argv.slice(2), terminal)
await new Promise<void>((resolve) => answer('', () => resolve()))
process.exit(exitCode)

/** Who runs the command, for the audit trail. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageFault('Pipe the secret in: printf %s "$SECRET" | npm run latchkey -- ...')
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
