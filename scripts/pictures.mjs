/**
 * npm run pictures: starts the demo, takes the pictures of docs/screenshots, and measures what a reader waits for: the largest
 * contentful paint, the shift of the layout, and the JavaScript of a first visit.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from '@playwright/test'
import { main, nodeBinary, ROOT } from './project.mjs'
import { systemChromium } from './test-tools.mjs'

const FOLDER = join(ROOT, 'docs', 'screenshots')
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const AIM = { paintMs: 1_000, shift: 0.01, scriptKb: 200 }

/** Name, address, and what is opened on the way there: the first row of a list, or the palette. */
const PICTURES = [
  ['overview', '/'],
  ['overview-dark', '/', { theme: 'dark' }],
  ['overview-phone', '/', { size: PHONE }],
  ['palette', '/', { keys: 'Control+k' }],
  ['devices', '/devices'],
  ['device', '/devices', { row: true }],
  ['certificates', '/certificates'],
  ['certificate', '/certificates', { row: true }],
  ['enrolments', '/enrolments', { theme: 'dark' }],
  ['enrolment-refused', '/enrolments?state=refused', { row: true }],
  ['challenges', '/challenges'],
  ['groups', '/groups'],
  ['group', '/groups/staff'],
  ['authorities', '/authorities'],
  ['connectors', '/connectors', { theme: 'dark' }],
  ['audit', '/audit'],
  ['audit-report', '/audit/report'],
  ['as-of', '/audit/as-of'],
  ['posture', '/posture'],
  ['posture-phone', '/posture', { size: PHONE, theme: 'dark' }],
  ['people', '/settings/people'],
  ['notifications', '/settings/notifications'],
]
const MEASURED = [
  '/',
  '/certificates',
  '/challenges',
  '/devices',
  '/enrolments',
  '/groups/staff',
  '/audit',
  '/posture',
  '/settings/people',
]

await main(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-pictures-'))
  const demo = await startDemo(dataDir)
  const system = existsSync(chromium.executablePath()) ? null : systemChromium()
  const browser = await chromium.launch({
    ...(system && { executablePath: system }),
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const storageState = await signIn(browser, demo)
    mkdirSync(FOLDER, { recursive: true })
    for (const picture of PICTURES) await take(browser, demo.url, storageState, picture)
    console.log(`${PICTURES.length} pictures in docs/screenshots`)
    await measure(browser, demo.url, storageState)
  } finally {
    await browser.close()
    demo.process.kill('SIGINT')
    await new Promise((resolve) => demo.process.once('close', resolve))
    rmSync(dataDir, { recursive: true, force: true })
  }
})

async function startDemo(dataDir) {
  const port = await freePort()
  const child = spawn(nodeBinary(), [join(ROOT, 'scripts', 'demo.mjs')], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), LATCHKEY_DATA_DIR: dataDir },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const known = {}
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const person = /^Sign in as (\S+) with the password (\S+)/.exec(line)
      if (person) Object.assign(known, { email: person[1], password: person[2] })
      const ready = /^Latchkey is ready at (\S+)/.exec(line)
      if (ready) resolve(Object.assign(known, { url: ready[1] }))
    })
    child.once('exit', () => reject(new Error('The demo ended before it was ready.')))
  })
  return { ...known, process: child }
}

async function signIn(browser, { url, email, password }) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${url}/`)
  const state = await context.storageState()
  await context.close()
  return state
}

async function take(browser, url, storageState, [name, address, { theme = 'light', size = DESK, row, keys } = {}]) {
  const context = await browser.newContext({ ...settings(storageState), viewport: size, colorScheme: theme })
  const page = await context.newPage()
  await page.goto(`${url}${address}`, { waitUntil: 'networkidle' })
  if (row) {
    await page.getByRole('main').locator('tbody').getByRole('link').first().click()
    await page.waitForURL((there) => there.pathname !== address.split('?')[0])
    await page.waitForLoadState('networkidle')
  }
  if (keys) await page.keyboard.press(keys)
  if (keys) await page.waitForTimeout(1_000)
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' })
  await context.close()
}

/** Each page as somebody's first: nothing is in the browser's store. */
async function measure(browser, url, storageState) {
  console.log(`\n${'page'.padEnd(20)}${'largest paint'.padStart(15)}${'shift'.padStart(9)}${'JavaScript'.padStart(13)}`)
  let met = 0
  for (const address of MEASURED) {
    const context = await browser.newContext({ ...settings(storageState), viewport: DESK })
    const page = await context.newPage()
    const scripts = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response.request().sizes())
    })
    await page.addInitScript(() => {
      window.seen = { paint: 0, shift: 0 }
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.seen.paint = entry.startTime
      }).observe({ type: 'largest-contentful-paint', buffered: true })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift += entry.value
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`${url}${address}`, { waitUntil: 'networkidle' })
    const { paint, shift } = await page.evaluate(() => window.seen)
    const sizes = await Promise.all(scripts)
    const kilobytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) / 1_000
    if (paint <= AIM.paintMs && shift <= AIM.shift && kilobytes <= AIM.scriptKb) met += 1
    console.log(
      `${address.padEnd(20)}${`${Math.round(paint)} ms`.padStart(15)}${shift.toFixed(3).padStart(9)}${`${Math.round(kilobytes)} kB`.padStart(13)}`,
    )
    await context.close()
  }
  console.log(
    `${met} of ${MEASURED.length} within ${AIM.paintMs} ms, a shift of ${AIM.shift}, and ${AIM.scriptKb} kB as sent over the wire.`,
  )
}

function settings(storageState) {
  return { storageState, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
