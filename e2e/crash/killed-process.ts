/**
 * A process that does one piece of work and kills itself (SIGKILL) just before its n-th word to Postgres or to the signer:
 * every point between two steps, whatever the steps are. Started by crash-site.ts; what to do comes on stdin.
 */
import { Socket } from 'node:net'
import pg from 'pg'
import { buildServices, type Services } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'
import type { Order, Work } from './crash-site'

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const { databaseUrl, signerSocket, killBefore, work } = JSON.parse(Buffer.concat(chunks).toString()) as Order

let armed = false
let words = 0
function step(): void {
  if (!armed) return
  words += 1
  if (words === killBefore) process.kill(process.pid, 'SIGKILL')
}

/** What is said to Postgres is counted by the statement, not by the socket. */
const toPostgres = new WeakSet<Socket>()
const connect = pg.Client.prototype.connect
pg.Client.prototype.connect = function noted(
  this: pg.Client & { connection: { stream: Socket } },
  ...given: unknown[]
) {
  toPostgres.add(this.connection.stream)
  return Reflect.apply(connect, this, given)
} as typeof connect
const query = pg.Client.prototype.query
pg.Client.prototype.query = function counted(this: pg.Client, ...given: unknown[]) {
  step()
  return Reflect.apply(query, this, given)
} as typeof query
const write = Socket.prototype.write
Socket.prototype.write = function counted(this: Socket, ...given: unknown[]) {
  if (!toPostgres.has(this)) step()
  return Reflect.apply(write, this, given)
} as typeof write

const base = new URL('http://localhost:3000')
const services = buildServices({ databaseUrl, signerSocket, publicUrl: base, statusUrl: base, log: () => {} })
await services.ready()
armed = true
const status = await done(services, work)
armed = false
await services.close()
process.stdout.write(JSON.stringify({ status, words }))

async function done({ approvals, scepEnrolment }: Services, { approve, answer }: Work): Promise<number | null> {
  if (approve !== undefined) await approvals.approve(systemActor('cli', 'crash test'), approve)
  if (answer === undefined) return null
  const { status } = await scepEnrolment.handle({
    endpoint: 'staff',
    method: 'POST',
    query: 'operation=PKIOperation',
    body: Buffer.from(answer, 'base64'),
    contentEncoding: null,
    ip: '127.0.0.1',
    userAgent: null,
  })
  return status
}
