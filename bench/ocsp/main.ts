/** The run: bare node:http, nginx and openssl's responder first, then the product with a database that has been used. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { childrenOf, commandOf } from '@/bench/scep/processes'
import { type Product, withProduct } from '@/bench/scep/product'
import { seedCertificates } from '@/bench/scep/seed'
import { DerError, parseDer, TAG } from '@/lib/pki/der'
import { parseResponseData } from '@/lib/pki/ocsp'
import { CONNECTIONS, canPin, hasWrk, type Load, loadFor, loadOldFor, loadOnce, pin } from './load'
import { hasNginx, type Server, withBareNode, withNginx, withOpenssl } from './peers'
import { byGet, byPost, forFile, type Question, questions, seededSerials } from './requests'

const SEEDED = 100_000
const NONCES = 20_000
const SECONDS = { usual: 8, quick: 3 }
const USAGE = 'npm run bench -- ocsp [--quick]'

interface Row {
  name: string
  load: Load
  /** Seconds of each process of the server. */
  cpu: Record<string, number>
}

export async function runBench(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => arg !== '--quick')
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not known. ${USAGE}`)
  const seconds = args.includes('--quick') ? SECONDS.quick : SECONDS.usual
  const rows: Row[] = []
  console.log(conditions())
  await withProduct(async (product) => {
    const [slug = ''] = await product.createGroups('p256')
    await seedCertificates(product.ownerUrl, [slug], SEEDED)
    const issuer = new Uint8Array(await (await fetch(`http://127.0.0.1:${product.port}/ca/${slug}.cer`)).arrayBuffer())
    const serials = seededSerials(SEEDED)
    const asked = questions(`/ocsp/${slug}`, issuer, serials)
    const example = await firstAnswer(product.port, asked[0]?.der ?? new Uint8Array(), slug)
    await measurePeers(rows, example, asked, seconds)
    if (canPin()) pin(processesOf())
    rows.push(await first(product, asked.map(byPost)))
    for (const [name, requests] of [
      ['Latchkey, GET, in memory', asked.map(byGet)],
      ['Latchkey, POST, in memory', asked.map(byPost)],
    ] as const)
      rows.push(await measured(name, product, requests, seconds))
    const withNonces = questions(`/ocsp/${slug}`, issuer, serials.slice(0, NONCES), true)
    rows.push(await measured('Latchkey, POST with nonce', product, withNonces.map(byPost), seconds))
  })
  print(rows)
}

function conditions(): string {
  const cores = canPin()
    ? 'every server, database included, on core 0, the load on core 1'
    : 'unpinned, for want of taskset: server and load share the cores'
  const load = hasWrk()
    ? 'wrk, one thread'
    : 'a client of our own (wrk is missing; on Debian, "apt-get install wrk" brings it)'
  return `${availableParallelism()} cores: ${cores}. ${CONNECTIONS} connections, each with one request at a time, by ${load}.
The product as npm start runs it, with ${SEEDED.toLocaleString('en-GB')} certificates; every request is about another one of them.
It ends a connection after 100 requests; the others keep theirs.
`
}

async function measurePeers(rows: Row[], example: Uint8Array, asked: Question[], seconds: number): Promise<void> {
  await withBareNode(example, async (server) => {
    await loadFor(server.port, [forFile('/answer')], 1)
    rows.push(await measured(BARE_GET, asProduct(server), [forFile('/answer')], seconds))
    rows.push(await measured(BARE_POST, asProduct(server), asked.slice(0, 2_000).map(byPost), seconds))
  })
  if (hasNginx()) {
    await withNginx(example, async (server) => {
      rows.push(await measured('nginx, static file', asProduct(server), [forFile('/answer')], seconds))
    })
  } else console.log('nginx is left out: it is missing; on Debian, "apt-get install nginx-light" brings it.')
  const serials = seededSerials(SEEDED)
  await withOpenssl(serials, async (server, issuer) => {
    const asked = questions('/', issuer, serials.slice(0, 2_000)).map(byPost)
    rows.push(await measured('openssl ocsp, POST', asProduct(server), asked, seconds, loadOldFor))
  })
}

const BARE_GET = 'bare node:http, GET'
const BARE_POST = 'bare node:http, POST'

type Measurable = Pick<Product, 'port' | 'cpu'>

function asProduct(server: Server): Measurable {
  return { port: server.port, cpu: () => ({ application: server.cpu(), postgres: 0, parts: { server: server.cpu() } }) }
}

async function measured(
  name: string,
  server: Measurable,
  requests: Buffer[],
  seconds: number,
  ask = loadFor,
): Promise<Row> {
  const before = server.cpu()
  const load = await ask(server.port, requests, seconds)
  return { name, load, cpu: difference(server.cpu(), before) }
}

/** Each certificate for the first time: looked up and signed. Every answer is read. */
async function first(product: Product, requests: Buffer[]): Promise<Row> {
  const before = product.cpu()
  const load = await loadOnce(product.port, requests, isGood)
  return { name: 'Latchkey, POST, first time', load, cpu: difference(product.cpu(), before) }
}

function difference(after: ReturnType<Product['cpu']>, before: ReturnType<Product['cpu']>): Record<string, number> {
  const parts = Object.entries(after.parts).map(([name, value]) => [name, value - (before.parts[name] ?? 0)])
  return { ...Object.fromEntries(parts), postgres: after.postgres - before.postgres }
}

/** Until the responder is there, which takes some seconds. */
async function firstAnswer(port: number, request: Uint8Array, slug: string): Promise<Uint8Array> {
  for (let attempt = 0; ; attempt += 1) {
    const body = request as Uint8Array<ArrayBuffer>
    const response = await fetch(`http://127.0.0.1:${port}/ocsp/${slug}`, { method: 'POST', body })
    const answer = Buffer.from(await response.arrayBuffer())
    if (response.status === 200 && isGood(answer)) return answer
    if (attempt > 100) throw new Error(`OCSP does not answer: ${response.status}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function isGood(body: Buffer): boolean {
  try {
    const outer = parseDer(body).open()
    outer.next(TAG.enumerated)
    const bytes = outer.next(0xa0).open().next(TAG.sequence).open()
    bytes.next(TAG.oid)
    const { responses } = parseResponseData(
      parseDer(bytes.next(TAG.octetString).content).open().next(TAG.sequence).bytes,
    )
    return responses.length === 1 && responses[0]?.status.status === 'good'
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

/** The supervisor that withProduct() started, its processes, and their Postgres. */
function processesOf(): number[] {
  const supervisor = childrenOf(process.pid).find((pid) => commandOf(pid).includes('/.build/start.mjs')) ?? 0
  const file = join(process.env.LATCHKEY_DATA_DIR ?? '', 'postgres', 'postmaster.pid')
  const postmaster = Number.parseInt(readFileSync(file, 'utf8'), 10)
  return [...childrenOf(supervisor), postmaster, ...childrenOf(postmaster)]
}

const COLUMNS = ['', 'answers/s', 'x bare', 'CPU µs', 'of it front', 'signer', 'postgres', 'p50 ms', 'p99 ms', 'failed']

function print(rows: Row[]): void {
  const lines = rows.map((row) => cells(row, rows))
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of [COLUMNS, ...lines])
    console.log(
      line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
}

function cells({ name, load, cpu }: Row, rows: Row[]): string[] {
  const bare = rows.find((row) => row.name === (name.includes('POST') ? BARE_POST : BARE_GET))
  const all = Object.values(cpu).reduce((sum, part) => sum + part, 0)
  const each = (seconds: number | undefined) =>
    seconds === undefined ? '' : ((seconds * 1e6) / load.answered).toFixed(1)
  const isPeer = 'server' in cpu
  return [
    name,
    load.perSecond.toFixed(0),
    bare ? (load.perSecond / bare.load.perSecond).toFixed(2) : '',
    each(all),
    each(cpu.front),
    each(cpu.signer),
    isPeer ? '' : each(cpu.postgres),
    load.p50.toFixed(2),
    load.p99.toFixed(2),
    String(load.failed),
  ]
}
