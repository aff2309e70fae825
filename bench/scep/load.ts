/** Replays messages over so many connections, each with one request at a time, and notes how long each took. */
import { Agent, request as httpRequest } from 'node:http'
import type { EnrolmentRequest } from './requests'

export interface Reply {
  request: EnrolmentRequest
  status: number
  body: Buffer
}

export interface LoadResult {
  replies: Reply[]
  seconds: number
  /** Sorted. */
  milliseconds: number[]
  /** CPU of this process, in seconds: it shares the machine with the server. */
  clientCpuSeconds: number
}

/** The product closes a connection after 100 requests, and admits 600 a minute from one address. */
const REQUESTS_PER_SOURCE = 100

let sources = 0

/** A loopback address that no connection of this run had before: a device of its own, as far as limits are concerned. */
function nextSource(): string {
  sources += 1
  return `127.${10 + Math.floor(sources / 62_500)}.${Math.floor(sources / 250) % 250}.${1 + (sources % 250)}`
}

export async function replay(port: number, requests: EnrolmentRequest[], connections: number): Promise<LoadResult> {
  const replies: Reply[] = []
  const milliseconds: number[] = []
  let next = 0
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: connections }, converse))
  const seconds = (performance.now() - startedAt) / 1_000
  const cpu = process.cpuUsage(cpuBefore)
  milliseconds.sort((a, b) => a - b)
  return { replies, seconds, milliseconds, clientCpuSeconds: (cpu.user + cpu.system) / 1e6 }

  async function converse(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let source = nextSource()
    for (let sent = 1; ; sent += 1) {
      const request = requests[next]
      if (request === undefined) break
      next += 1
      const from = performance.now()
      const answer = await post(agent, port, source, request)
      milliseconds.push(performance.now() - from)
      replies.push({ request, ...answer })
      if (sent % REQUESTS_PER_SOURCE === 0) source = nextSource()
    }
    agent.destroy()
  }
}

function post(agent: Agent, port: number, localAddress: string, { path, body }: EnrolmentRequest) {
  return new Promise<{ status: number; body: Buffer }>((resolve) => {
    const headers = { 'Content-Type': 'application/x-pki-message', 'Content-Length': body.length }
    const options = { agent, host: '127.0.0.1', port, localAddress, method: 'POST', path, headers }
    const failed = (error: Error) => resolve({ status: 0, body: Buffer.from(error.message) })
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
      response.on('error', failed)
    })
    request.on('error', failed)
    request.end(body)
  })
}

/** Of a sorted list. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
