/** How long it takes to read the inventory of an MDM with 50,000 devices, and with how much memory. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startScratchPostgres } from '@/lib/adapters/postgres/scratch'
import { applyMigrations } from '@/lib/adapters/store/migrate'

const DEVICES = { usual: 50_000, quick: 10_000 }
const USAGE = 'npm run bench -- mdm-sync [--quick]'

export async function runBench(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => arg !== '--quick')
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not known. ${USAGE}`)
  const devices = args.includes('--quick') ? DEVICES.quick : DEVICES.usual
  console.log(`${availableParallelism()} cores, ${devices.toLocaleString('en-GB')} devices of Jamf Pro, 200 a page.
`)
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  // Postgres's own user has to get through.
  chmodSync(folder, 0o711)
  const postgres = await startScratchPostgres(folder)
  const jamf = await startJamf(devices)
  try {
    await applyMigrations(postgres.url, join(process.cwd(), 'prisma'))
    await readElsewhere(postgres.url, jamf.port, devices)
  } finally {
    jamf.stop()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In a process that has done nothing else: what migrations and Postgres took is not what a sync takes. */
async function readElsewhere(databaseUrl: string, port: number, devices: number): Promise<void> {
  const reader = spawn(process.execPath, [tool('bench-mdm-sync-reader'), databaseUrl, String(port), String(devices)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const status = await new Promise((resolve) => reader.once('exit', resolve))
  if (status !== 0) throw new Error('the inventory was not read')
}

async function startJamf(devices: number): Promise<{ port: number; stop(): void }> {
  const child = spawn(process.execPath, [tool('bench-mdm-sync-server'), String(devices)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(Number(String(line).trim())))
    child.once('exit', () => reject(new Error('the server ended')))
  })
  return { port, stop: () => child.kill() }
}

function tool(name: string): string {
  return join(process.cwd(), '.build', `${name}.mjs`)
}
