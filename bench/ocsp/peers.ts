/** What OCSP is compared with: a file of the same size from nginx and from bare node:http, and openssl as responder. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf, cpuSecondsOf, ended, freePort } from '@/bench/scep/processes'
import { fromPem } from '@/lib/pki/certificate'
import { canPin, pin } from './load'
import { questions } from './requests'

const NGINX = '/usr/sbin/nginx'
const LIMIT_MS = 30_000

export interface Server {
  port: number
  /** Seconds so far. */
  cpu(): number
}

export const hasNginx = (): boolean => existsSync(NGINX)

/** One worker, no log, without sendfile: for a small file the fastest it has. */
export async function withNginx(file: Uint8Array, work: (server: Server) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const port = await freePort()
    mkdirSync(join(folder, 'files'))
    writeFileSync(join(folder, 'files', 'answer'), file)
    writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, port))
    await serving(spawn(NGINX, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' }), port, work)
  })
}

function nginxConf(folder: string, port: number): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    error_log /dev/null;
    pid ${folder}/pid;
    events { worker_connections 256; }
    http {
      access_log off;
      sendfile off;
      keepalive_requests 1000000;
      default_type application/ocsp-response;
      ${paths.join('\n')}
      server { listen 127.0.0.1:${port}; root ${folder}/files; }
    }`
}

/** A process that does nothing but answer: what node:http costs by itself. It reads a body to its end, as it must. */
export async function withBareNode(file: Uint8Array, work: (server: Server) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const port = await freePort()
    const script = join(folder, 'bare.mjs')
    writeFileSync(script, BARE)
    const child = spawn(process.execPath, [script, String(port), Buffer.from(file).toString('base64')], {
      stdio: 'ignore',
    })
    await serving(child, port, work)
  })
}

const BARE = `
import { createServer } from 'node:http'
const [port, base64] = process.argv.slice(2)
const body = Buffer.from(base64, 'base64')
const headers = { 'Content-Type': 'application/ocsp-response', 'Content-Length': String(body.length) }
const answer = (response) => response.writeHead(200, headers).end(body)
createServer((request, response) => {
  if (request.method !== 'POST') return answer(response)
  request.on('data', () => {})
  request.on('end', () => answer(response))
}).listen(Number(port), '127.0.0.1')
`

/** With an authority of its own, and so many certificates in its index. */
export async function withOpenssl(
  serials: readonly string[],
  work: (server: Server, issuer: Uint8Array) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = (name: string) => join(folder, name)
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
    execFileSync('openssl', [...request, '-subj', '/CN=Bench', '-keyout', path('key'), '-out', path('ca')], {
      stdio: 'ignore',
    })
    writeFileSync(
      path('index'),
      serials.map((serial) => `V\t351231235959Z\t\t${serial}\tunknown\t/CN=${serial}\n`).join(''),
    )
    const port = await freePort()
    const files = ['-index', path('index'), '-CA', path('ca'), '-rsigner', path('ca'), '-rkey', path('key')]
    const child = spawn('openssl', ['ocsp', ...files, '-port', String(port), '-nmin', '10', '-ignore_err'], {
      stdio: 'ignore',
    })
    const [issuer = new Uint8Array()] = fromPem(readFileSync(path('ca'), 'utf8'))
    const [probe] = questions('/', issuer, ['7F'])
    await serving(child, port, (server) => work(server, issuer), probe?.der)
  })
}

async function serving(
  child: ChildProcess,
  port: number,
  work: (server: Server) => Promise<void>,
  probe?: Uint8Array,
): Promise<void> {
  try {
    await answering(port, probe)
    const pids = [child.pid ?? 0, ...childrenOf(child.pid ?? 0)]
    if (canPin()) pin(pids)
    await work({ port, cpu: () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0) })
  } finally {
    await ended(child)
  }
}

/** openssl listens first and reads its index then; and to what is no request it never answers. */
async function answering(port: number, probe: Uint8Array = new Uint8Array(1)): Promise<void> {
  for (const until = performance.now() + LIMIT_MS; ; ) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: probe as Uint8Array<ArrayBuffer>,
        signal: AbortSignal.timeout(LIMIT_MS),
      })
      return
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ocsp-peer-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
