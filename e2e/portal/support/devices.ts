/** Devices that enrol beside the browser, and openssl as the judge of what the portal hands out. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Installation } from '@/e2e/fixtures/installation'
import type { Minted } from '@/e2e/fixtures/organisation'

const run = promisify(execFile)

export interface Enrolment {
  status: 'SUCCESS' | 'FAILURE' | 'PENDING'
  serial: string | null
  failInfo: string | null
}

/** A new key and a request of our own client. */
export async function enrol(
  portal: Installation,
  { scepUrl, challenge }: Pick<Minted, 'scepUrl' | 'challenge'>,
  subject: string,
  san: string[] = [],
): Promise<Enrolment> {
  return inFolder(async (folder) => {
    const names = ['--subject', subject, ...san.flatMap((name) => ['--san', name])]
    const files = ['--key-out', join(folder, 'device.key'), '--cert-out', join(folder, 'device.crt')]
    const { json, stdout, stderr } = await portal.cli([
      'enrol',
      '--url',
      scepUrl,
      '--challenge',
      challenge,
      ...names,
      ...files,
      '--json',
    ])
    const answer = json as Partial<Enrolment> | undefined
    if (!answer?.status) throw new Error(`enrol got no answer: ${stdout} ${stderr}`)
    return answer as Enrolment
  })
}

/** A command as the portal shows it, pasted into a shell. Returns the folder it ran in: for the caller to remove. */
export async function paste(command: string): Promise<{ folder: string; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-device-'))
  const [node, cli] = [join('node_modules', 'node', 'bin', 'node'), join('.build', 'cli.mjs')]
  const latchkey = `'${join(process.cwd(), node)}' '${join(process.cwd(), cli)}'`
  const { stdout, stderr } = await run('sh', ['-e', '-c', command.replaceAll('npm run latchkey --', latchkey)], {
    cwd: folder,
  })
  return { folder, output: stdout + stderr }
}

export async function openssl(...args: string[]): Promise<string> {
  return (await run('openssl', args)).stdout
}

export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-device-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
