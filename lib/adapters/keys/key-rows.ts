/** The signer's statements on keys and installation values, over plain pg: no ORM where the keys are. */
import pg from 'pg'
import type { KeyAlgorithm, KeyPurpose } from '@/lib/services/signer'
import type { SealedKey } from './envelope'

export interface KeyRow extends SealedKey {
  keyId: string
  ownerId: string
  /** As stored: checked against the key itself when it is opened. */
  algorithm: string
  purpose: string
  publicKey: Buffer
  spkiSha256: Buffer
}

export interface NewKeyRow extends KeyRow {
  algorithm: KeyAlgorithm
  purpose: KeyPurpose
}

/** Plans of named statements are kept: one made while a table was small must not read all of it once it is large. */
const BY_KEY = [
  'plan_cache_mode=force_generic_plan',
  ...['seqscan', 'hashjoin', 'mergejoin', 'material'].map((way) => `enable_${way}=off`),
]
  .map((setting) => `-c ${setting}`)
  .join(' ')

export function openPool(databaseUrl: string, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    ...(/[?&]options=/.test(databaseUrl) ? {} : { options: BY_KEY }),
    max: 4,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
    query_timeout: 8_000,
    application_name: 'latchkey-signer',
  })
  // A broken idle connection is replaced at the next statement; without a listener it would end the process.
  pool.on('error', onError)
  return pool
}

export async function insertKey(pool: pg.Pool, row: NewKeyRow): Promise<void> {
  await pool.query({
    name: 'insert-key',
    text: `insert into key (id, purpose, algorithm, owner_id, public_key, spki_sha256, kek_id, wrapped_dek, ciphertext)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      row.keyId,
      row.purpose,
      row.algorithm,
      row.ownerId,
      row.publicKey,
      row.spkiSha256,
      row.kekId,
      row.wrappedDek,
      row.ciphertext,
    ],
  })
}

/** Imports come one after the other: any number that is nobody else's. */
const ADOPTING = 7_201_129

/**
 * A key that came in a file. One that is there already and that nothing uses was left by an import that was interrupted, and
 * gives way. False when something uses it. Whoever records the authority of a key holds its row meanwhile: that is waited
 * for first, and what uses the key is asked afterwards, in a statement of its own that sees it.
 */
export async function adoptKey(pool: pg.Pool, row: NewKeyRow): Promise<boolean> {
  const client = await pool.connect()
  let broken: unknown
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [ADOPTING])
    await client.query('select from key where spki_sha256 = $1 for update', [row.spkiSha256])
    const adopted = await replaceUnused(client, row)
    await client.query('commit')
    return adopted
  } catch (error) {
    broken = error
    throw error
  } finally {
    client.release(broken !== undefined)
  }
}

async function replaceUnused(client: pg.PoolClient, row: NewKeyRow): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'adopt-key',
    text: `insert into key as k (id, purpose, algorithm, owner_id, public_key, spki_sha256, kek_id, wrapped_dek, ciphertext)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (spki_sha256) do update set id = excluded.id, purpose = excluded.purpose, algorithm = excluded.algorithm,
             owner_id = excluded.owner_id, public_key = excluded.public_key, kek_id = excluded.kek_id,
             wrapped_dek = excluded.wrapped_dek, ciphertext = excluded.ciphertext
           where k.purpose in ('root', 'issuer')
             and not exists (select from authority a where a.key_id = k.id or a.offline_key_id = k.id)
             and not exists (select from authority_request q where q.key_id = k.id)`,
    values: [
      row.keyId,
      row.purpose,
      row.algorithm,
      row.ownerId,
      row.publicKey,
      row.spkiSha256,
      row.kekId,
      row.wrappedDek,
      row.ciphertext,
    ],
  })
  return rowCount === 1
}

/** Wipes what is encrypted in a row, for good. False while an authority names the key. */
export async function wipeKey(pool: pg.Pool, keyId: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'wipe-key',
    text: `update key set wrapped_dek = '', ciphertext = ''
           where id = $1 and purpose = 'root' and not exists (select from authority a where a.key_id = key.id)`,
    values: [keyId],
  })
  return rowCount === 1
}

/** Puts back what was wiped; a row that holds something already stays as it is. */
export async function refillKey(pool: pg.Pool, row: KeyRow): Promise<void> {
  await pool.query({
    name: 'refill-key',
    text: `update key set kek_id = $2, wrapped_dek = $3, ciphertext = $4 where id = $1 and ciphertext = ''`,
    values: [row.keyId, row.kekId, row.wrappedDek, row.ciphertext],
  })
}

export async function findKey(pool: pg.Pool, keyId: string): Promise<KeyRow | null> {
  const { rows } = await pool.query<KeyRow>({
    name: 'find-key',
    text: `select id as "keyId", owner_id as "ownerId", purpose, algorithm, public_key as "publicKey",
                  spki_sha256 as "spkiSha256", kek_id as "kekId", wrapped_dek as "wrappedDek", ciphertext
           from key where id = $1`,
    values: [keyId],
  })
  return rows[0] ?? null
}

/** Whether anything in this database needs the KEK it was made with. */
export async function holdsKeys(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(
    `select exists (select 1 from key) or exists (select 1 from installation_value where name = 'kek-check') as found`,
  )
  return rows[0]?.found !== false
}

/** The check value that this database keeps; `offered` becomes it when there is none yet. First come, first kept. */
export async function keepKekCheck(pool: pg.Pool, offered: string): Promise<string> {
  await pool.query(
    `insert into installation_value (name, value) values ('kek-check', $1) on conflict (name) do nothing`,
    [offered],
  )
  const { rows } = await pool.query<{ value: string }>(`select value from installation_value where name = 'kek-check'`)
  const value = rows[0]?.value
  if (value === undefined) throw new Error('the check value of the KEK vanished')
  return value
}
