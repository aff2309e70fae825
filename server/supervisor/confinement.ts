/**
 * What Node itself keeps each process from (https://nodejs.org/api/permissions.html). Whoever gets code to run in web or
 * front, as has happened to Next more than once, finds no file but the program's own, no other program to start and no
 * native code to load: neither the key-encryption key nor /proc/<pid of the signer>/mem can be read from there.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import type { Config } from '@/lib/config'
import type { ChildOptions } from './child'
import { PROJECT_FOLDER } from './folders'

/** What Next and Node look for upwards of a project, whether it is there or not. */
const LANDMARKS = [
  'package.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'lerna.json',
  '.git',
]
/** The program and its documentation. Not the whole project folder: by default the data folder is in it. */
const PROGRAM = [
  'docs',
  'README.md',
  'node_modules',
  '.next',
  '.build',
  'app',
  'public',
  'lib',
  'server',
  'src',
  'pages',
  'static',
  'tsconfig.json',
  'jsconfig.json',
  'instrumentation.ts',
  'proxy.ts',
  'middleware.ts',
  ...['js', 'mjs', 'ts', 'mts'].map((extension) => `next.config.${extension}`),
  ...['', '.local', '.production', '.production.local'].map((suffix) => `.env${suffix}`),
]
/** Certificate authorities that libraries look up by themselves. */
const SYSTEM = ['/etc/ssl', '/etc/hosts', '/etc/resolv.conf', '/etc/nsswitch.conf']

/** Flags for Node. In development Next writes, watches and starts what it likes, and nothing is confined. */
export function confinement(name: ChildOptions['name'], config: Config): string[] {
  if (process.env.NODE_ENV === 'development') return []
  // A key called __proto__ in what somebody sent shall be a key like any other; no debugger opens at a signal.
  const hardened = ['--disable-proto=delete', '--disable-sigusr1']
  if (name === 'signer') return [...hardened, '--secure-heap=4194304', '--secure-heap-min=16']
  const readable = [
    ...landmarks(),
    ...worktreeMarker(),
    ...PROGRAM.map((entry) => join(PROJECT_FOLDER, entry)),
    ...SYSTEM,
    ...tlsFiles(config),
  ]
  const sockets = dirname(config.webSocket)
  return [
    ...hardened,
    '--permission',
    ...[...readable, sockets].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${sockets}`,
  ]
}

function landmarks(): string[] {
  const folders: string[] = []
  for (let folder = PROJECT_FOLDER; ; folder = dirname(folder)) {
    folders.push(folder)
    if (folder === parse(folder).root) break
  }
  return folders.flatMap((folder) => LANDMARKS.map((name) => join(folder, name)))
}

/** In a git worktree `.git` is a file, and Next follows it to one more file. */
function worktreeMarker(): string[] {
  try {
    const [, folder] = /^gitdir: (.+)$/m.exec(readFileSync(join(PROJECT_FOLDER, '.git'), 'utf8')) ?? []
    return folder === undefined ? [] : [join(resolve(PROJECT_FOLDER, folder), 'commondir')]
  } catch {
    return []
  }
}

/** A connection to a Postgres of one's own may name its certificates. */
function tlsFiles({ databaseUrl }: Config): string[] {
  const query = databaseUrl.split('?')[1] ?? ''
  const named = new URLSearchParams(query)
  const files = ['sslrootcert', 'sslcert', 'sslkey'].flatMap((name) => named.get(name) ?? [])
  return [...files, ...(process.env.NODE_EXTRA_CA_CERTS ? [process.env.NODE_EXTRA_CA_CERTS] : [])]
}
