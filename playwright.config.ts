/** The browser tests of e2e/portal, in Playwright's own Chromium or, where it could not be downloaded, the system's. */
import { existsSync } from 'node:fs'
import { chromium, defineConfig } from '@playwright/test'

/** Where Playwright's own is missing. Without its window a page costs a third less. */
const SYSTEM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))
const executablePath = existsSync(chromium.executablePath()) ? undefined : SYSTEM

const LONG = /\/(roles|session|looks)\.spec\.ts$/

export default defineConfig({
  testDir: 'e2e/portal',
  globalSetup: './e2e/fixtures/browser-setup.ts',
  // The longest begin, so that none of them runs alone at the end.
  projects: [
    { name: 'long', testMatch: LONG },
    { name: 'other', testMatch: '**/*.spec.ts', testIgnore: LONG },
  ],
  outputDir: 'test-results',
  // One installation serves one file; its tests tell a story in order.
  // Two files at a time: a test waits for its server more than it computes.
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env.CI === 'true',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['list'], ['json']] : [['list']],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    screenshot: 'only-on-failure',
    // A recording of every step costs a tenth of the time, and nobody fetches it from a build server.
    trace: process.env.CI === 'true' ? 'off' : 'retain-on-failure',
    launchOptions: {
      ...(executablePath && { executablePath }),
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    },
  },
})
