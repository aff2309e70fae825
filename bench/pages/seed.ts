/** Makes the installation: set up as everybody does, with its groups, and then filled. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { withProduct } from '@/bench/scep/product'
import { counts, FOLDER, PASSWORD_FILE } from './folder'
import { seedRows } from './rows'

const USAGE = 'npm run bench -- seed [--certificates=1000000] [--devices=100000] [--audit=10000000]'

export async function runSeed(args: string[]): Promise<void> {
  const { certificates, devices, audit } = counts(
    args,
    { certificates: 1_000_000, devices: 100_000, audit: 10_000_000 },
    USAGE,
  )
  const began = Date.now()
  const say = (sentence: string) =>
    console.log(`${String(Math.round((Date.now() - began) / 1_000)).padStart(5)} s  ${sentence}`)
  await withProduct(async ({ password, ownerUrl, createGroups }) => {
    if (password === null) throw new Error(`${FOLDER} holds an installation already: remove it to make another one.`)
    writeFileSync(join(FOLDER, PASSWORD_FILE), password, { mode: 0o600 })
    for (let pair = 0; pair < 3; pair++) await createGroups('p256')
    const client = new pg.Client({ connectionString: ownerUrl })
    await client.connect()
    try {
      await seedRows(client, { certificates: certificates ?? 0, devices: devices ?? 0, audit: audit ?? 0 }, say)
      const { rows } = await client.query<{ size: string }>(
        'select pg_size_pretty(pg_database_size(current_database())) as size',
      )
      say(`Done: ${rows[0]?.size}. Measure it by npm run bench -- pages.`)
    } finally {
      await client.end()
    }
  }, FOLDER)
}
