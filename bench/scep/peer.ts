/** Debian's scepserver (package scep, by micromdm), as its documentation starts it, on a depot of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCaCertificates } from '@/lib/scep/client'
import { cpuSecondsOf, ended, freePort } from './processes'
import { type DeviceKey, type EnrolmentRequest, makeRequests } from './requests'
import type { Cpu } from './table'

export const PEER = '/usr/bin/scepserver'
const CHALLENGE = 'bench-secret'
const PATH = '/scep?operation=PKIOperation'

export interface Peer {
  port: number
  prepare(devices: DeviceKey[], count: number): EnrolmentRequest[]
  cpu(): Cpu
}

export function hasPeer(): boolean {
  return existsSync(PEER)
}

export async function withPeer(work: (peer: Peer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'scepserver-bench-'))
  const depot = join(folder, 'depot')
  execFileSync(PEER, ['ca', '-init', '-keySize', '2048', '-depot', depot], { stdio: 'ignore' })
  const port = await freePort()
  const args = ['-depot', depot, '-port', String(port), '-challenge', CHALLENGE, '-allowrenew', '0']
  const server = spawn(PEER, args, { cwd: folder, stdio: 'ignore' })
  try {
    const authority = await authorityOf(port)
    await work({
      port,
      prepare: (devices, count) =>
        makeRequests(
          { path: PATH, recipient: authority, issuer: authority },
          devices,
          Array.from({ length: count }, () => ({ commonName: `bench-${crypto.randomUUID()}`, challenge: CHALLENGE })),
        ),
      cpu: () => ({ application: cpuSecondsOf(server.pid ?? 0), postgres: 0, parts: {} }),
    })
  } finally {
    await ended(server)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function authorityOf(port: number): Promise<Uint8Array> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/scep?operation=GetCACert`)
      const [authority] = parseCaCertificates(new Uint8Array(await response.arrayBuffer()))
      if (authority === undefined) throw new Error('The peer has no certificate.')
      return authority
    } catch (error) {
      if (attempt >= 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
