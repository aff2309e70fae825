/** The same damage as lib/services/scep-fuzz.test.ts, on Postgres: what strangers write must fit into its columns. */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { fuzz, told } from '@/e2e/fuzz/run'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

const SECONDS = 20

test('whatever arrives finds its place in the database: no error, no certificate and no challenge that was not due', {
  timeout: SECONDS * 1_000 + 120_000,
}, async () => {
  const backing = await postgresEnrolmentBacking()
  try {
    const { findings, rounds } = await fuzz({
      seed: randomInt(2 ** 31),
      seconds: SECONDS,
      folder: 'test-results/fuzz-postgres',
      backing,
      forget: () => {},
      say: (line) => console.log(line),
    })
    expect(findings, told(findings)).toEqual([])
    expect(rounds).toBeGreaterThan(50)
  } finally {
    await backing.close()
  }
})
