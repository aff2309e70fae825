/**
 * What the running processes may do in the database. The role that owns the tables migrates them and is not used
 * otherwise: whoever gets code to run in web could disable triggers with it, and cut the audit trail unseen.
 */
import pg from 'pg'

/** The tables from which the product deletes. Everywhere else, and for certificates above all, rows stay. */
const DELETABLE = [
  'connector_call',
  'crl',
  'event_delivery',
  'enrolment_record',
  'enrolment_transaction',
  'hook_message',
  'idempotent_request',
  'installation_value',
  'intune_challenge',
  'intune_revocation',
  'jamf_event',
  'mail_server',
  'minter_endpoint',
  'network_refusal',
  'notice',
  'notice_delivery',
  'notification',
  'rate_limit',
  'received_validation',
  'saved_view',
  'session',
  'status_change',
  'user_group',
]
/**
 * The audit trail is written by the two functions below alone, past policies, holds and unspent challenges by triggers: with their
 * owner's rights.
 */
const READ_ONLY = [
  '_prisma_migrations',
  'audit_event',
  'audit_head',
  'challenge_unspent',
  'past_hold',
  'policy_version',
]
const APPENDING = ['public.audit_append(text, text)', 'public.audit_append_all(text[], text[])']

/** Gives the role what the product needs, takes away what it does not, and does nothing where all is as it should be. */
export async function grantRuntime(ownerUrl: string, role: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    const statements = await missingGrants(client, role)
    // Several statements in one message are one transaction: the role is never without its rights in between.
    if (statements.length > 0) await client.query(statements.join(';\n'))
  } finally {
    await client.end()
  }
}

/** The statements that lead from the role's rights to those it should have. */
export async function missingGrants(client: pg.Client, role: string): Promise<string[]> {
  const name = pg.escapeIdentifier(role)
  return [...(await schemaGrants(client, role, name)), ...(await tableGrants(client, role, name))]
}

async function schemaGrants(client: pg.Client, role: string, name: string): Promise<string[]> {
  const { rows } = await client.query<{ usage: boolean; creates: boolean; appends: boolean[] }>(
    `select has_schema_privilege($1, 'public', 'USAGE') as usage, has_schema_privilege($1, 'public', 'CREATE') as creates,
            array(select has_function_privilege($1, f, 'EXECUTE') from unnest($2::text[]) with ordinality as t(f, n) order by n) as appends`,
    [role, APPENDING],
  )
  return [
    ...(rows[0]?.usage ? [] : [`GRANT USAGE ON SCHEMA public TO ${name}`]),
    ...(rows[0]?.creates ? [`REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${name}`] : []),
    ...APPENDING.filter((_, index) => !rows[0]?.appends[index]).map(
      (append) => `GRANT EXECUTE ON FUNCTION ${append} TO ${name}`,
    ),
  ]
}

async function tableGrants(client: pg.Client, role: string, name: string): Promise<string[]> {
  const { rows } = await client.query<{ table: string; granted: string[] }>(
    `select c.relname as table, array(
       select a.privilege_type from aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee where r.rolname = $1
     )::text[] as granted
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname`,
    [role],
  )
  return rows.flatMap(({ table, granted }) => {
    const wanted = rightsTo(table)
    if (granted.length === wanted.length && wanted.every((right) => granted.includes(right))) return []
    const quoted = `public.${pg.escapeIdentifier(table)}`
    return [`REVOKE ALL ON ${quoted} FROM ${name}`, `GRANT ${wanted.join(', ')} ON ${quoted} TO ${name}`]
  })
}

function rightsTo(table: string): string[] {
  if (READ_ONLY.includes(table)) return ['SELECT']
  return ['SELECT', 'INSERT', 'UPDATE', ...(DELETABLE.includes(table) ? ['DELETE'] : [])]
}

/** Whether the role could change what is past: rights also come from being a superuser, from other roles, and from PUBLIC. */
export async function canTamper(client: pg.Client, role: string): Promise<boolean> {
  const { rows } = await client.query<{ can: boolean }>(
    `select r.rolsuper or r.rolcreaterole or has_schema_privilege(r.oid, 'public', 'CREATE')
         or has_table_privilege(r.oid, 'public.certificate', 'DELETE, TRUNCATE, TRIGGER')
         or (select bool_or(pg_has_role(r.oid, c.relowner, 'MEMBER')
                            or has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER'))
             from pg_class c where c.oid in ('public.audit_event'::regclass, 'public.audit_head'::regclass)) as can
     from pg_roles r where r.rolname = $1`,
    [role],
  )
  return rows[0]?.can !== false
}
