/** Unit tests beside the code and tests of the whole in e2e/; the browser's *.spec.ts belong to Playwright. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { WORKERS } from './e2e/fixtures/workers'

/** These replace no modules and leave nothing behind: a process for each file would cost a quarter of their time. */
const TOGETHER = '{lib,server}/**/*.test.{ts,tsx}'
const APART = '{app,e2e}/**/*.test.{ts,tsx}'

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') } },
  test: {
    environment: 'node',
    exclude: ['**/node_modules/**', 'e2e/portal/**'],
    globalSetup: ['e2e/fixtures/global-setup.ts'],
    pool: 'forks',
    maxWorkers: WORKERS,
    setupFiles: ['e2e/fixtures/worker-database.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // Two files at a time, their servers and their clients share two processors.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      { extends: true, test: { name: 'together', include: [TOGETHER], isolate: false } },
      { extends: true, test: { name: 'apart', include: [APART] } },
    ],
  },
})
