/** Revoked certificates by the hundred thousand, as revocation leaves them, in seconds. */
import pg from 'pg'
import { SHARD_CERTIFICATES } from '@/lib/services/crl-shards'

const BATCH = 50_000

export async function seedRevoked(ownerUrl: string, slug: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    for (let from = 0; from < count; from += BATCH)
      await client.query(SEED, [slug, from, Math.min(from + BATCH, count) - 1, SHARD_CERTIFICATES])
    await client.query('update authority set crl_due_since = now() where slug = $1', [slug])
    await client.query('analyze certificate')
  } finally {
    await client.end()
  }
}

const SEED = `
  insert into certificate (id, kind, state, authority_id, group_id, serial, tbs_sha256, der, fingerprint_sha256, subject,
    subject_der, key_algorithm, spki_sha256, not_before, not_after, created_at, issued_at, revoked_at, revocation_reason,
    revoked_by, crl_shard, invalidity_date)
  select gen_random_uuid(), 'leaf', 'issued', a.id, a.group_id,
    upper('4' || substr(encode(hash, 'hex'), 2, 31)), hash, convert_to(rpad('', 900, 'x'), 'UTF8'), sha256(hash),
    'CN=seeded-' || n, hash, 'RSA 2048', hash, now() - interval '100 days', now() + interval '200 days',
    now() - interval '100 days', now() - interval '100 days', now() - interval '90 days' + n % 86400 * interval '80 seconds',
    (array['keyCompromise', 'superseded', 'unspecified', 'cessationOfOperation']::"RevocationReason"[])[1 + n % 4], 'bench',
    1 + n / $4::int, case when n % 10 = 0 then now() - interval '95 days' end
  from authority a, generate_series($2::int, $3::int) as n,
    lateral (select sha256(convert_to(a.slug || n, 'UTF8')) as hash) h
  where a.slug = $1`
