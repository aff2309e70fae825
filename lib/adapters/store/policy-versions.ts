/** Versions of policies in Postgres, where a trigger writes them as changes commit. */
import type { Json } from '@/lib/services/audit'
import type { PolicyState, PolicyVersionRow, PolicyVersionStore } from '@/lib/services/policy-versions'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function policyVersionStore(database: Database): PolicyVersionStore {
  return guarded<PolicyVersionStore>({
    async object(type, slug) {
      const select = { id: true, slug: true, name: true }
      const found =
        type === 'group'
          ? await database.group.findUnique({ where: { slug }, select })
          : await database.endpoint.findUnique({ where: { slug }, select })
      return found === null ? null : { type, ...found }
    },

    async versions(type, id, { below, limit }) {
      const rows = await database.$queryRaw<VersionRow[]>`
        select ${VERSION_COLUMNS} from policy_version v
        where v.object_type = ${type} and v.object_id = ${id}::uuid ${below === null ? Prisma.empty : Prisma.sql`and v.version < ${below}`}
        order by v.version desc limit ${limit}`
      return named(database, rows)
    },
  })
}

export interface VersionRow {
  version: number
  at: Date
  state: { [column: string]: Json }
  found: boolean
  audit_seq: bigint | null
  event_type: string | null
  actor_type: string | null
  actor_id: string | null
  actor_name: string | null
  via: string | null
  source_ip: string | null
}

export const VERSION_COLUMNS = Prisma.sql`v.version, v.at, v.state, v.found, v.audit_seq, v.event_type, v.actor_type, v.actor_id, v.actor_name, v.via, v.source_ip`

/** With the validator's name instead of its id, which tells nobody anything. */
export async function named(database: Database, rows: VersionRow[]): Promise<PolicyVersionRow[]> {
  const ids = [...new Set(rows.map(({ state }) => state.validator_id).filter((id) => typeof id === 'string'))]
  const validators =
    ids.length === 0
      ? []
      : await database.validator.findMany({ where: { id: { in: ids } }, select: { id: true, name: true } })
  const nameOf = new Map(validators.map(({ id, name }) => [id, name]))
  return rows.map((row) => ({
    version: row.version,
    at: row.at,
    state: stateOf(row.state, nameOf),
    found: row.found,
    auditSeq: row.audit_seq?.toString() ?? null,
    eventType: row.event_type,
    actorType: row.actor_type,
    actorId: row.actor_id,
    actorName: row.actor_name,
    via: row.via,
    sourceIp: row.source_ip,
  }))
}

function stateOf(columns: VersionRow['state'], validators: ReadonlyMap<string, string>): PolicyState {
  return Object.fromEntries(
    Object.entries(columns).map(([column, value]) => {
      if (column === 'validator_id')
        return ['validator', typeof value === 'string' ? (validators.get(value) ?? value) : null]
      return [settingName(column), value]
    }),
  )
}

/** As services and the audit trail call it: "profile.validityDays" for "profile.validity_days". */
function settingName(column: string): string {
  return column.replace(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase())
}
