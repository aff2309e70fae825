/**
 * A process that approves one request and kills itself (SIGKILL) just before its n-th word to Postgres or to the signer.
 * Started by approval.test.ts; what to approve comes on stdin.
 */
import { Socket } from 'node:net'
import pg from 'pg'
import { buildServices } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'

interface Order {
  databaseUrl: string
  signerSocket: string
  /** Of the request. */
  id: string
  killBefore: number
}

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const order = JSON.parse(Buffer.concat(chunks).toString()) as Order

let armed = false
let words = 0
function step(): void {
  if (!armed) return
  words += 1
  if (words === order.killBefore) process.kill(process.pid, 'SIGKILL')
}

const query = pg.Client.prototype.query
pg.Client.prototype.query = function counted(this: pg.Client, ...given: unknown[]) {
  step()
  return Reflect.apply(query, this, given)
} as typeof query
const write = Socket.prototype.write
Socket.prototype.write = function counted(this: Socket, ...given: unknown[]) {
  // Postgres is on TCP in this test and counted above; a socket without an address is the signer's.
  if (this.remoteAddress === undefined) step()
  return Reflect.apply(write, this, given)
} as typeof write

const base = new URL('http://localhost:3000')
const { databaseUrl, signerSocket } = order
const services = buildServices({ databaseUrl, signerSocket, publicUrl: base, statusUrl: base, log: () => {} })
await services.ready()
armed = true
await services.approvals.approve(systemActor('cli', 'crash test'), order.id)
armed = false
await services.close()
process.stdout.write(JSON.stringify({ words }))
