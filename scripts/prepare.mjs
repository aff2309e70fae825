/** Brings a checkout to where it can run: dependencies, Prisma's client, the bundles of server/, the portal. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD, Fault, nodeBinary, ROOT, runQuietly, toolEnvironment } from './project.mjs'
import { once, withLock } from './stamps.mjs'

const GENERATED = join(ROOT, 'lib', 'adapters', 'store', 'generated')
/** The programs of server/; everything else there is a part of one. */
const ENTRIES = ['start', 'signer', 'front', 'web', 'cli', 'demo']
const BUNDLE_SOURCES = [
  'server',
  'e2e/simulators',
  'lib',
  'prisma/schema.prisma',
  'package-lock.json',
  'tsconfig.json',
  'scripts/prepare.mjs',
]
const PORTAL_SOURCES = [
  ...['app', 'lib', 'public', 'server/device-paths.ts', 'prisma/schema.prisma', 'package-lock.json', 'tsconfig.json'],
  ...['next.config.js', 'postcss.config.mjs', 'proxy.ts', 'instrumentation.ts'],
]

/** `say` tells people what takes long. With `portal: false`, only what the command line needs. */
export async function prepare({ say, portal = true }) {
  await withLock(
    'prepare',
    () => say('Waiting for another Latchkey that installs or builds here ...'),
    async () => {
      await install(say)
      await generateClient()
      await bundle()
      if (portal) await buildPortal(say)
    },
  )
}

export async function install(say) {
  if (isInstalled()) return
  say('Installing dependencies (once) ...')
  // An npm set to run no install scripts would leave out Node itself; package.json names the ones that may run.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  await runQuietly(npm[0], [...npm.slice(1), ...args], {
    env: { ...process.env, NODE_ENV: '' },
    failure:
      'The dependencies could not be installed; npm says why above. A way to the package registry is needed once.',
  })
  nodeBinary()
}

/** npm writes node_modules/.package-lock.json last, so a list that agrees with ours means a complete installation. */
function isInstalled() {
  const wanted = packagesOf(join(ROOT, 'package-lock.json'))
  const present = packagesOf(join(ROOT, 'node_modules', '.package-lock.json'))
  if (!wanted) throw new Fault('package-lock.json is missing or broken; get it back from the repository.')
  if (!present || !existsSync(join(ROOT, 'node_modules', 'node', 'bin', 'node'))) return false
  const paths = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional && !wanted[path].devOptional)
  return paths.every((path) => present[path]?.version === wanted[path].version)
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8')).packages
  } catch {
    return null
  }
}

export async function generateClient() {
  const stamp = join(BUILD, 'prisma.stamp')
  if (!existsSync(join(GENERATED, 'client.ts'))) rmSync(stamp, { force: true })
  await once(stamp, ['prisma/schema.prisma', 'package-lock.json'], () =>
    runQuietly(nodeBinary(), [join('node_modules', 'prisma', 'build', 'index.js'), 'generate', '--no-hints'], {
      // Prisma would download an engine that `generate` does not use; any executable in its place will do.
      env: toolEnvironment({ PRISMA_SCHEMA_ENGINE_BINARY: nodeBinary() }),
      failure: 'The database client could not be generated; Prisma says why above.',
    }),
  )
}

/** server/*.ts, each to one file in .build/ that imports only packages. */
export function bundle() {
  return once(join(BUILD, 'bundle.stamp'), BUNDLE_SOURCES, () =>
    bundleInto(Object.fromEntries(ENTRIES.map((name) => [name, join('server', `${name}.ts`)]))),
  )
}

/** A program that is no part of the product, such as a benchmark: built each time, for it takes less than a second. */
export function bundleTool(name, source) {
  return bundleInto({ [name]: source })
}

async function bundleInto(entryPoints) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: BUILD,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    logLevel: 'error',
  }).catch(() => {
    throw new Fault('The server could not be built; the messages above say why.')
  })
}

export function buildPortal(say) {
  return once(join(ROOT, '.next', 'latchkey.stamp'), PORTAL_SOURCES, async () => {
    say('Building the portal (once) ...')
    await runQuietly(nodeBinary(), [join('node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
      env: toolEnvironment({ NODE_ENV: 'production' }),
      failure: 'The portal could not be built; the messages above say why.',
    })
  })
}
