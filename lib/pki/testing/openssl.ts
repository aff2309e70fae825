/** The openssl command as judge: what we write it must read, and what it writes we must read. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Standard output of one run; throws with standard error when it fails. */
export function openssl(args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync('openssl', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
    ...(input ? { input } : {}),
  })
}

/** Writes files into a folder that goes with the test; returns their paths in the order given. */
export function scratchFiles(files: Readonly<Record<string, Uint8Array | string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return path
  })
}

/** What `openssl asn1parse` makes of it: proof that the whole is well-formed to another parser. */
export function asn1parse(der: Uint8Array): string {
  return openssl(['asn1parse', '-inform', 'DER'], der).toString()
}
