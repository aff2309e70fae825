/** What the database says of itself, for the diagnostics. */
import type { DiagnosticStore } from '@/lib/services/diagnostics'
import type { Database } from './database'

export function diagnosticStore(database: Database): DiagnosticStore {
  return {
    async facts() {
      const [versions, migrations, tables, jobs] = await Promise.all([
        database.$queryRaw<{ version: string }[]>`select version() as version`,
        database.$queryRaw<{ name: string; finishedAt: Date | null }[]>`
          select migration_name as name, finished_at as "finishedAt" from _prisma_migrations order by migration_name`,
        database.$queryRaw<{ name: string; rows: number; bytes: number }[]>`
          select c.relname as name, greatest(c.reltuples, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'public' and c.relkind = 'r' order by c.relname`,
        database.job.findMany({
          orderBy: { name: 'asc' },
          select: { name: true, nextRunAt: true, lastRunAt: true, lastError: true },
        }),
      ])
      return {
        version: versions[0]?.version ?? 'unknown',
        migrations,
        tables,
        jobs: jobs.map(({ lastError, ...job }) => ({ ...job, failed: lastError !== null })),
      }
    },
  }
}
