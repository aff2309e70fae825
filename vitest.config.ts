/** Unit tests beside the code and tests of the whole in e2e/; the browser's *.spec.ts belong to Playwright. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') } },
  test: {
    environment: 'node',
    include: ['{lib,app,server,e2e}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', 'e2e/portal/**'],
    globalSetup: ['e2e/fixtures/global-setup.ts'],
    pool: 'forks',
    // Left to itself it keeps one core of two idle; a test waits for Postgres and for processes half of its time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
})
