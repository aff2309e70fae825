/** npm test: installs what it needs, runs every check and test there is, and ends with one line of sums. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { buildPortal, bundle, generateClient, install } from './prepare.mjs'
import { BUILD, main, nodeBinary, ROOT, toolEnvironment } from './project.mjs'
import { ensureTools } from './test-tools.mjs'

const ON_CI = process.env.CI === 'true'
const REPORTS = join(BUILD, 'reports')
const MODULES = 'node_modules'
const sums = { passed: 0, failed: 0, skipped: 0 }
/** What failed, to be read at the end, where a log that was cut off still shows it. */
const failures = []

await main(async () => {
  await install(console.log)
  const missing = ensureTools(console.log)
  if (ON_CI && missing.length > 0) add({ failed: missing.length })
  await generateClient()
  rmSync(REPORTS, { recursive: true, force: true })
  mkdirSync(REPORTS, { recursive: true })

  await stage('Lint and format', () => check(join(MODULES, '@biomejs', 'biome', 'bin', 'biome'), 'check', '.'))
  await stage('Types', async () => {
    await run(join(MODULES, 'next', 'dist', 'bin', 'next'), ['typegen'])
    await check(join(MODULES, 'typescript', 'bin', 'tsc'), '--noEmit', '-p', '.')
  })
  await stage('Unit and integration', () => vitest('unit', ['lib/', 'app/', 'server/']))
  await stage('Build', async () => {
    await bundle()
    await buildPortal(() => {})
  })
  // These wait for timers and processes more than they compute.
  await stage('The whole product', () => vitest('e2e', ['e2e/'], { LATCHKEY_TEST_WORKERS: '3' }))
  await stage('Browser', () => playwright(missing.includes('chromium')))

  for (const failure of failures) console.log(`FAILED ${failure}`)
  if (ON_CI && sums.skipped > 0) console.log('With CI=true nothing may be skipped.')
  console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`)
  process.exit(sums.failed > 0 || (ON_CI && sums.skipped > 0) ? 1 : 0)
})

/** What goes wrong in one stage does not keep the others from running. */
async function stage(title, work) {
  console.log(`\n== ${title}`)
  const start = Date.now()
  try {
    await work()
  } catch (error) {
    console.error(error.message)
    failures.push(`${title}: ${firstLine(error.message)}`)
    add({ failed: 1 })
  }
  console.log(`   ${((Date.now() - start) / 1000).toFixed(1)} s`)
}

/** A tool that is right or wrong as a whole counts as one test. */
async function check(program, ...args) {
  if ((await run(program, args)) === 0) return add({ passed: 1 })
  failures.push([program.split('/').at(-1), ...args].join(' '))
  add({ failed: 1 })
}

async function vitest(name, folders, env = {}) {
  const report = join(REPORTS, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run(join(MODULES, 'vitest', 'vitest.mjs'), ['run', ...folders, ...reporters], env)
  const result = read(report)
  if (!result) return add({ failed: 1 })
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  ).length
  for (const file of result.testResults.filter(({ status }) => status === 'failed')) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed')
    const name = relative(ROOT, file.name)
    if (tests.length === 0) failures.push(`${name}: ${firstLine(file.message)}`)
    for (const test of tests) failures.push(`${name} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`)
  }
  const failed = result.numFailedTests + broken
  add({
    passed: result.numPassedTests,
    failed: failed || (code === 0 ? 0 : 1),
    skipped: result.numPendingTests + result.numTodoTests,
  })
}

async function playwright(noBrowser) {
  const report = join(REPORTS, 'browser.json')
  const cli = join(MODULES, '@playwright', 'test', 'cli.js')
  if (noBrowser && !ON_CI) return add({ skipped: await countOf(cli) })
  const code = await run(cli, ['test', '--pass-with-no-tests'], { PLAYWRIGHT_JSON_OUTPUT_NAME: report })
  const result = read(report)
  const stats = result?.stats
  for (const suite of result?.suites ?? []) failedSpecs(suite)
  if (!stats) return add({ failed: code === 0 ? 0 : 1 })
  const failed = stats.unexpected + stats.flaky
  add({ passed: stats.expected, failed: failed || (code === 0 ? 0 : 1), skipped: stats.skipped })
}

function failedSpecs(suite) {
  for (const inner of suite.suites ?? []) failedSpecs(inner)
  for (const spec of suite.specs ?? []) {
    if (spec.ok) continue
    const error = spec.tests.flatMap(({ results }) => results).find((attempt) => attempt.error)?.error
    failures.push(`${spec.file}:${spec.line} > ${spec.title}: ${firstLine(error?.message)}`)
  }
}

function firstLine(text = '') {
  return stripVTControlCharacters(text).split('\n', 1)[0].slice(0, 300)
}

/** How many tests there would have been. */
async function countOf(cli) {
  let listed = ''
  await run(cli, ['test', '--list', '--pass-with-no-tests'], {}, (text) => {
    listed += text
  })
  return Number(/Total: (\d+) test/.exec(listed)?.[1] ?? 0)
}

/** Runs a tool from node_modules on our own Node. The output is shown as it comes, or given to `collect`. */
function run(program, args, env = {}, collect) {
  const script = join(ROOT, program)
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(), [script, ...args], {
      cwd: ROOT,
      env: toolEnvironment({ FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...env }),
      stdio: ['ignore', collect ? 'pipe' : 'inherit', 'inherit'],
    })
    child.stdout?.on('data', collect)
    child.on('error', reject)
    child.on('close', resolve)
  })
}

function read(report) {
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null
}

function add({ passed = 0, failed = 0, skipped = 0 }) {
  sums.passed += passed
  sums.failed += failed
  sums.skipped += skipped
}
