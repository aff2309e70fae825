/** The rows of an installation that has been used for three years, by statements that make many at once. */
import type pg from 'pg'

export interface Sizes {
  certificates: number
  devices: number
  audit: number
}

type Client = pg.Client

/** Rows go in without the indexes that no constraint needs, which are made again afterwards: one by one they cost hours. */
export async function seedRows(client: Client, sizes: Sizes, say: (sentence: string) => void): Promise<void> {
  // The commits of a benchmark's data wait for nothing.
  await client.query(`set synchronous_commit = off; set maintenance_work_mem = '1GB'; set work_mem = '64MB'`)
  await withoutIndexes(client, ['certificate', 'challenge', 'enrolment_transaction'], say, async () => {
    const { rows } = await client.query<{ id: string }>('select id from endpoint order by slug')
    for (let from = 0; from < sizes.certificates; from += BATCH) {
      const endpoint = rows[(from / BATCH) % rows.length]?.id
      await client.query(ENROLMENTS, [
        endpoint,
        from,
        Math.min(from + BATCH, sizes.certificates) - 1,
        sizes.certificates,
      ])
      tell(say, 'certificates', from + BATCH, sizes.certificates)
    }
    await client.query(REFUSALS, [rows[0]?.id, Math.ceil(sizes.certificates / 20)])
  })
  await client.query(DEVICES, [sizes.devices])
  // The jobs of the running product append too: they wait at the head of the chain.
  await client.query('begin')
  const { rows } = await client.query<{ seq: string }>('select seq from audit_head for update')
  await withoutIndexes(client, ['audit_event'], say, async () => {
    const first = Number(rows[0]?.seq ?? 0) + 1
    for (let from = first; from < first + sizes.audit; from += AUDIT_BATCH) {
      const to = Math.min(from + AUDIT_BATCH, first + sizes.audit) - 1
      await client.query(EVENTS, [from, to, sizes.audit])
      tell(say, 'audit events', to - first + 1, sizes.audit)
    }
  })
  await client.query(
    'update audit_head set seq = e.seq, chain = e.chain from (select seq, chain from audit_event order by seq desc limit 1) e',
  )
  await client.query('commit')
  say('Vacuum and statistics ...')
  await client.query('vacuum (analyze)')
}

const BATCH = 20_000
const AUDIT_BATCH = 200_000
/** So often a line, not for each batch. */
const TELLS = 10

function tell(say: (sentence: string) => void, what: string, done: number, all: number): void {
  if (
    Math.floor((done / all) * TELLS) >
    Math.floor(((done - (what === 'audit events' ? AUDIT_BATCH : BATCH)) / all) * TELLS)
  )
    say(`${Math.min(done, all).toLocaleString('en-GB')} ${what}`)
}

async function withoutIndexes(
  client: Client,
  tables: string[],
  say: (sentence: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i where i.indrelid = any($1::regclass[]) and not i.indisunique
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
    [tables],
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
  try {
    await work()
  } finally {
    say(`Indexes of ${tables.join(', ')} ...`)
    for (const { definition } of rows) await client.query(definition)
  }
}

/**
 * Three years of certificates that live for one: two thirds have ended; a twentieth of all is revoked, a fifth renews another of the same batch.
 * Names are spread so that a search for a few letters finds few.
 */
const ENROLMENTS = `
  with made as materialized (
    select n, uuidv7(at - now()) as certificate_id, uuidv7(at - now()) as challenge_id, uuidv7(at - now()) as row_id,
      sha256(convert_to('page ' || n, 'UTF8')) as hash,
      case n % 3 when 0 then 'laptop-' when 1 then 'phone-' else 'tablet-' end || to_char(n, 'FM0000000') as name, at
    from (
      select n, now() - interval '1080 days' + n * (interval '1079 days' / $4::int) as at from generate_series($2::int, $3::int) as n
    ) as moments
  ), e as (
    select id, group_id, authority_id from endpoint where id = $1::uuid
  ), challenges as (
    insert into challenge (id, endpoint_id, handle_hash, state, expires_at, constraints, subject, minted_by, minted_via,
      not_before, created_at, reserved_by, reserved_csr_sha256, reserved_spki_sha256, reserved_at, consumed_at)
    select challenge_id, e.id, hash, 'consumed', at + interval '1 hour', '{"v":1,"subject":[],"san":[]}', 'CN=' || name,
      'bench', 'cli', at, at, row_id, hash, hash, at, at
    from made, e returning id
  ), certificates as (
    insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id, enrolment_transaction_id,
      serial, tbs_sha256, der, fingerprint_sha256, subject, subject_der, common_name, sans, key_algorithm, spki_sha256,
      not_before, not_after, created_at, issued_at, revoked_at, revocation_reason, revoked_by)
    select certificate_id, 'leaf', 'issued', e.authority_id, e.group_id, e.id, challenge_id, row_id,
      upper(substr(encode(hash, 'hex'), 1, 32)), hash, convert_to(rpad('', 900, name), 'UTF8'), sha256(hash),
      'CN=' || name || ',O=Bench', hash, name,
      jsonb_build_array(jsonb_build_object('type', 'dns', 'value', name || '.example.com')), 'RSA 2048', hash,
      at, at + interval '365 days', at, at,
      case when n % 20 = 0 then at + interval '1 day' end,
      case when n % 20 = 0 then 'cessationOfOperation'::"RevocationReason" end,
      case when n % 20 = 0 then 'bench' end
    from made, e where (select count(*) from challenges) > 0 returning id
  )
  insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256,
    signer_spki_sha256, state, subject, challenge_id, certificate_id, source_ip, client, created_at, claimed_at, finished_at)
  select row_id, e.id, hash, 19, hash, hash, hash, 'issued', 'CN=' || name, challenge_id, certificate_id,
    '10.' || n % 200 || '.' || n / 200 % 250 || '.1', case n % 3 when 1 then 'apple' end, at, at, at
  from made, e where (select count(*) from certificates) > 0`

const REFUSALS = `
  insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256,
    signer_spki_sha256, state, reason, fail_info, subject, source_ip, created_at, claimed_at, finished_at)
  select uuidv7(at - now()), $1::uuid, hash, 19, hash, hash, hash, 'refused',
    (array['challenge_unknown', 'challenge_expired', 'csr_mismatch', 'challenge_consumed'])[1 + n % 4], 2,
    'CN=lost-' || n, '10.1.1.' || n % 250, at, at, at
  from (select n, sha256(convert_to('refused ' || n, 'UTF8')) as hash, now() - n * (interval '90 days' / $2::int) as at
    from generate_series(1, $2::int) as n) made`

const DEVICES = `
  with chosen as materialized (
    select id, common_name, not_before, row_number() over (order by not_before desc) as n
    from certificate where kind = 'leaf' order by not_before desc limit $1::int
  ), made as (
    insert into device (id, external_id, serial, name, platform, user_name, management, compliance, first_known_at, last_seen_at, link_due)
    select id, 'mdm-' || n, 'C02' || to_char(n, 'FM00000000'), common_name, case n % 2 when 0 then 'iOS' else 'Windows' end,
      'user-' || n, case when n % 50 = 0 then 'removed' else 'managed' end, case when n % 30 = 0 then 'noncompliant' else 'compliant' end,
      not_before, now() - n * interval '1 second', false
    from chosen returning id
  )
  insert into device_certificate (certificate_id, device_id, how) select id, id, 'serial' from made`

/** Events as pages read them. Their hashes chain nothing: this trail is for looking at, not for verifying. */
const EVENTS = `
  insert into audit_event (seq, id, time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf, chain)
  select seq, id, at, type, outcome, 'info', actor, name, object_type, object, ip,
    convert_to(json_build_object('actor', json_build_object('id', actor, 'name', name, 'role', null, 'type', 'device'), 'id', id,
      'object', json_build_object('id', object, 'name', 'laptop-' || seq, 'type', object_type), 'outcome', outcome,
      'requestId', id, 'severity', 'info', 'source', json_build_object('ip', ip, 'userAgent', null, 'via', 'scep'),
      'time', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'type', type, 'v', 1)::text, 'UTF8'),
    hash, hash
  from (
    select seq, uuidv7(seq * (interval '1079 days' / $3::bigint) - interval '1080 days') as id, now() - interval '1080 days' + seq * (interval '1079 days' / $3::bigint) as at,
      (array['challenge.minted', 'challenge.reserved', 'certificate.issue_intent', 'certificate.issued', 'challenge.consumed',
        'certificate.issued', 'enrol.request.rejected', 'certificate.revoked', 'challenge.minted', 'authn.login.succeeded'])[1 + seq % 10] as type,
      case when seq % 10 = 6 then 'denied' else 'success' end as outcome,
      '00000000-0000-4000-8000-' || to_char(seq % 50, 'FM000000000000') as actor, 'Person ' || seq % 50 as name,
      case when seq % 10 in (2, 3, 5, 7) then 'certificate' else 'challenge' end as object_type,
      '00000000-0000-4000-9000-' || to_char(seq / 5, 'FM000000000000') as object,
      '10.' || seq % 200 || '.0.' || seq % 250 as ip, sha256(convert_to('event ' || seq, 'UTF8')) as hash
    from generate_series($1::bigint, $2::bigint) as seq
  ) made`
