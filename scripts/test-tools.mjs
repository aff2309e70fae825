/** The programs that the tests use as judges and as real clients; on Debian and Ubuntu, root installs what is missing. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A package of Debian, and how to see that it is there, whoever installed it. */
const TOOLS = [
  // Without its window a page costs a third less.
  {
    name: 'chromium',
    packages: ['chromium-headless-shell', 'chromium'],
    present: () => onPath('chromium') || systemChromium() !== null,
  },
  { name: 'strongswan-pki', present: () => onPath('pki') },
  // Its openssl plugin reads the elliptic curve of our root; apt only recommends it.
  { name: 'libstrongswan-standard-plugins', present: () => isPackageInstalled('libstrongswan-standard-plugins') },
  { name: 'libstrongswan-extra-plugins', present: () => isPackageInstalled('libstrongswan-extra-plugins') },
  { name: 'libcharon-extra-plugins', present: () => isPackageInstalled('libcharon-extra-plugins') },
  {
    name: 'certmonger',
    present: () => existsSync('/usr/lib/certmonger/scep-submit') || existsSync('/usr/libexec/certmonger/scep-submit'),
  },
  // micromdm's client: the one real client here that speaks single DES.
  { name: 'scep', present: () => onPath('scepclient') },
  // A RADIUS server, what lets it ask us, and a device that logs in. Their service is not started: the tests run their own.
  { name: 'freeradius', present: () => onPath('freeradius') || existsSync('/usr/sbin/freeradius') },
  { name: 'freeradius-rest', present: () => isPackageInstalled('freeradius-rest') },
  { name: 'eapoltest', present: () => onPath('eapol_test') },
  // Shows that RADIUS server what is expired and what is stale.
  { name: 'libfaketime', present: () => isPackageInstalled('libfaketime') },
  { name: 'openssl', present: () => onPath('openssl') },
  { name: 'curl', present: () => onPath('curl') },
]

/** What benchmarks measure with; nginx, which they compare with, is nobody's to start unasked and stays optional. */
const BENCH_TOOLS = [{ name: 'wrk', present: () => onPath('wrk') }]

/** The system's own Chromium, or null. */
export function systemChromium() {
  return ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path)) ?? null
}

/** Installs what can be installed. Returns the names of what is missing all the same. */
export function ensureTools(say) {
  return ensure(TOOLS, 'Tests that need them are skipped', say)
}

export function ensureBenchTools(say) {
  return ensure(BENCH_TOOLS, 'Benchmarks do without', say)
}

function ensure(tools, consequence, say) {
  const missing = () => tools.filter((tool) => !tool.present()).map((tool) => tool.name)
  const wanted = missing()
  if (wanted.length === 0) return []
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    say(`Installing ${wanted.join(', ')} ...`)
    apt('update')
    const packages = tools.filter(({ name }) => wanted.includes(name)).flatMap(packageOf)
    withoutServices(() => apt('install', '--yes', '--no-install-recommends', ...packages))
  }
  const still = missing()
  if (still.length > 0)
    say(`Missing: ${still.join(', ')}. ${consequence}; as root on Debian or Ubuntu they are installed by themselves.`)
  return still
}

/** The first of a tool's packages that this system knows, if it does: apt would install nothing beside an unknown one. */
function packageOf({ name, packages = [name] }) {
  return packages.find((known) => spawnSync('apt-cache', ['show', known], { stdio: 'ignore' }).status === 0) ?? []
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stderr } = spawnSync('apt-get', ['-q', ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (status !== 0) process.stderr.write(stderr)
}

const SERVICE_POLICY = '/usr/sbin/policy-rc.d'

/** Debian starts the service of a package as it is installed, unless this policy says no. One that is there is somebody's. */
function withoutServices(install) {
  if (existsSync(SERVICE_POLICY)) return install()
  writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(SERVICE_POLICY, { force: true })
  }
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/** Plugins have no program of their own; where there is no dpkg, the tests find out. */
function isPackageInstalled(name) {
  if (!onPath('dpkg')) return true
  const { stdout } = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' })
  return /^Status: install ok installed$/m.test(stdout)
}
