/** Asks over so many connections, each with one request at a time: by wrk where it is there, by sockets of our own otherwise. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { percentile } from '@/bench/scep/load'

export interface Load {
  perSecond: number
  answered: number
  seconds: number
  p50: number
  p99: number
  failed: number
}

export const CONNECTIONS = 32
const WRK = '/usr/bin/wrk'
const TASKSET = '/usr/bin/taskset'

export const hasWrk = (): boolean => existsSync(WRK)
export const canPin = (): boolean => existsSync(TASKSET)

/** Server on core 0, load on core 1. */
export function pin(pids: readonly number[]): void {
  for (const pid of pids) execFileSync(TASKSET, ['-a', '-c', '-p', '0', String(pid)], { stdio: 'ignore' })
}

/** For so many seconds, the requests one after the other and again from the first. */
export async function loadFor(port: number, requests: readonly Buffer[], seconds: number): Promise<Load> {
  return hasWrk() ? byWrk(port, requests, seconds) : bySockets(port, requests, seconds)
}

/** For a server of HTTP/1.0, with which wrk does not get on. */
export function loadOldFor(port: number, requests: readonly Buffer[], seconds: number): Promise<Load> {
  return bySockets(port, requests, seconds)
}

/** Each request once; `check` sees every body. */
export function loadOnce(port: number, requests: readonly Buffer[], check: (body: Buffer) => boolean): Promise<Load> {
  return bySockets(port, requests, null, check)
}

async function byWrk(port: number, requests: readonly Buffer[], seconds: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'ocsp-bench-'))
  try {
    const [script, list] = [join(folder, 'load.lua'), join(folder, 'requests')]
    writeFileSync(script, LUA.replace('REQUESTS', list))
    writeFileSync(list, Buffer.concat(requests.flatMap((each) => [Buffer.from(`${each.length}\n`), each])))
    const command = [WRK, '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}`]
    const [program = WRK, ...args] = canPin() ? [TASKSET, '-c', '1', ...command] : command
    const output = await text(spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout)
    const line = /^RESULT (.*)$/m.exec(output)?.[1]
    if (line === undefined) throw new Error(`wrk did not say what it found: ${output}`)
    const [answered = 0, microseconds = 1, p50 = 0, p99 = 0, failed = 0] = line.split(' ').map(Number)
    const took = microseconds / 1e6
    return { perSecond: answered / took, answered, seconds: took, p50: p50 / 1_000, p99: p99 / 1_000, failed }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const LUA = `
local requests = {}
local file = io.open("REQUESTS", "rb")
while true do
  local length = file:read("*n")
  if not length then break end
  file:read(1)
  requests[#requests + 1] = file:read(length)
end
file:close()
local at = 0
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
`

async function bySockets(
  port: number,
  requests: readonly Buffer[],
  seconds: number | null,
  check: (body: Buffer) => boolean = () => true,
): Promise<Load> {
  const milliseconds: number[] = []
  let failed = 0
  let next = 0
  const from = performance.now()
  const take = (): Buffer | undefined => {
    if (seconds !== null && performance.now() - from >= seconds * 1_000) return undefined
    return requests[seconds === null ? next++ : next++ % requests.length]
  }

  async function converse(): Promise<void> {
    let asking = openConversation(port)
    for (let request = take(); request !== undefined; request = take()) {
      const at = performance.now()
      const answer = await asking(request)
      milliseconds.push(performance.now() - at)
      if (answer === null || answer.status !== 200 || !check(answer.body)) failed += 1
      if (answer === null || answer.closes) asking = openConversation(port)
    }
    void asking(null)
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, converse))
  const took = (performance.now() - from) / 1_000
  milliseconds.sort((a, b) => a - b)
  const [p50, p99] = [percentile(milliseconds, 0.5), percentile(milliseconds, 0.99)]
  return { perSecond: milliseconds.length / took, answered: milliseconds.length, seconds: took, p50, p99, failed }
}

interface Answer {
  status: number
  body: Buffer
  closes: boolean
}

/** One connection: null hangs up, and a connection that broke answers null. */
function openConversation(port: number): (request: Buffer | null) => Promise<Answer | null> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  let received: Buffer = Buffer.alloc(0)
  let settle: (answer: Answer | null) => void = () => {}
  const lost = () => settle(null)
  socket.on('error', lost).on('close', lost)
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = received.toString('latin1', 0, end)
    const whole = end + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (received.length < whole) return
    const answer = {
      status: Number(head.slice(9, 12)),
      body: received.subarray(end + 4, whole),
      closes: head.startsWith('HTTP/1.0') || /^connection: close/im.test(head),
    }
    received = received.subarray(whole)
    settle(answer)
  })
  return (request) => {
    if (request === null) {
      socket.destroy()
      return Promise.resolve(null)
    }
    return new Promise((resolve) => {
      settle = resolve
      if (socket.destroyed) resolve(null)
      else socket.write(request)
    })
  }
}
