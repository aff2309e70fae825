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
