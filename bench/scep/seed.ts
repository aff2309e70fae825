/** A database that has been used for years: issued certificates with their challenges and transactions, in seconds. */
import pg from 'pg'

const BATCH = 20_000

/**
 * Rows as issuance leaves them, spread over the endpoints, by statements that make many at once. They carry no audit
 * events: the trail is read by number and grows at its end alone.
 */
export async function seedCertificates(ownerUrl: string, endpoints: string[], count: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string }>('select id from endpoint where slug = any($1)', [endpoints])
    for (let from = 0; from < count; from += BATCH) {
      const { id } = rows[(from / BATCH) % rows.length] as { id: string }
      await client.query(SEED, [id, from, Math.min(from + BATCH, count) - 1])
    }
    await client.query('vacuum (analyze)')
  } finally {
    await client.end()
  }
}

const SEED = `
  with made as materialized (
    select n, uuidv7(at - now()) as certificate_id, uuidv7(at - now()) as challenge_id, uuidv7(at - now()) as row_id,
      sha256(convert_to('bench ' || n, 'UTF8')) as hash, 'CN=seeded-' || n as subject, at
    from (
      select n, now() - interval '300 days' + n * interval '100 seconds' as at from generate_series($2::int, $3::int) as n
    ) as moments
  ), e as (
    select id, group_id, authority_id from endpoint where id = $1::uuid
  ), challenges as (
    insert into challenge (id, endpoint_id, handle_hash, state, expires_at, constraints, subject, minted_by, minted_via,
      not_before, created_at, reserved_by, reserved_csr_sha256, reserved_spki_sha256, reserved_at, consumed_at)
    select challenge_id, e.id, hash, 'consumed', at + interval '1 hour', '{"v":1,"subject":[],"san":[]}', subject, 'bench',
      'cli', at, at, row_id, hash, hash, at, at
    from made, e returning id
  ), certificates as (
    insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id, enrolment_transaction_id,
      serial, tbs_sha256, der, fingerprint_sha256, subject, subject_der, common_name, key_algorithm, spki_sha256,
      not_before, not_after, created_at, issued_at)
    select certificate_id, 'leaf', 'issued', e.authority_id, e.group_id, e.id, challenge_id, row_id,
      upper(substr(encode(hash, 'hex'), 1, 32)), hash, convert_to(rpad('', 900, subject), 'UTF8'),
      sha256(hash), subject, hash, 'seeded-' || n, 'RSA 2048', hash, at, at + interval '365 days', at, at
    from made, e where (select count(*) from challenges) > 0 returning id
  )
  insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256,
    signer_spki_sha256, state, subject, challenge_id, certificate_id, created_at, claimed_at, finished_at)
  select row_id, e.id, hash, 19, hash, hash, hash, 'issued', subject, challenge_id, certificate_id, at, at, at
  from made, e where (select count(*) from certificates) > 0`
