/** Applies prisma/migrations with Prisma's own schema engine, as WASM: its binary cannot be downloaded everywhere. */
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import pg from 'pg'

interface SchemaEngine {
  applyMigrations(input: unknown): Promise<{ appliedMigrationNames: string[] }>
  diff(input: unknown): Promise<{ stdout: string | null }>
  free(): void
}

const NO_FILTER = { externalTables: [], externalEnums: [] }

/** Brings the database at the URL up to date. Returns the names of the migrations applied now, oldest first. */
export async function applyMigrations(databaseUrl: string, prismaFolder: string): Promise<string[]> {
  return withEngine(databaseUrl, prismaFolder, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrationsList(prismaFolder),
      filters: NO_FILTER,
    })
    return appliedMigrationNames
  })
}

/** SQL that leads from an empty database to prisma/schema.prisma: the raw material of a first migration, and of a check. */
export async function schemaSql(databaseUrl: string, prismaFolder: string): Promise<string> {
  const path = join(prismaFolder, 'schema.prisma')
  const content = await readFile(path, 'utf8')
  return withEngine(databaseUrl, prismaFolder, async (engine) => {
    const answer = await engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path, content }], configDir: prismaFolder },
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters: NO_FILTER,
    })
    return answer.stdout ?? ''
  })
}

async function withEngine<T>(
  databaseUrl: string,
  prismaFolder: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const schema = await readFile(join(prismaFolder, 'schema.prisma'), 'utf8')
  const engine = await startEngine(schema, databaseUrl)
  try {
    return await work(engine)
  } finally {
    engine.free()
  }
}

async function startEngine(schema: string, databaseUrl: string): Promise<SchemaEngine> {
  const require = createRequire(import.meta.url)
  const wasm = await readFile(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/js$/, 'wasm'))
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const { instance } = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': glue as unknown as WebAssembly.ModuleImports,
  })
  glue.__wbg_set_wasm(instance.exports)
  const start = instance.exports.__wbindgen_start as () => void
  start()
  const factory = bindMigrationAwareSqlAdapterFactory(new WholeScriptPg({ connectionString: databaseUrl }))
  return glue.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, factory)
}

/**
 * Prisma's adapter splits a script at every semicolon, those inside functions too; Postgres takes it whole, atomically.
 * That the migration is finished is part of it: one that was interrupted has then done nothing, and can be tried again.
 */
class WholeScriptPg extends PrismaPg {
  constructor(private readonly connection: pg.ClientConfig) {
    super(connection)
  }

  override async connect() {
    const adapter = await super.connect()
    adapter.executeScript = async (script) => {
      const client = new pg.Client(this.connection)
      await client.connect()
      try {
        await client.query(`${script}\n;${MARK_FINISHED}`)
      } finally {
        await client.end()
      }
    }
    return adapter
  }
}

const MARK_FINISHED = `do $$ begin
  if to_regclass('_prisma_migrations') is not null then
    update _prisma_migrations set finished_at = now() where finished_at is null and rolled_back_at is null;
  end if;
end $$`

async function migrationsList(prismaFolder: string) {
  const baseDir = join(prismaFolder, 'migrations')
  const names = (await readdir(baseDir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: await readFile(join(baseDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  )
  const lockfile = {
    path: 'migration_lock.toml',
    content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8'),
  }
  return { baseDir, lockfile, shadowDbInitScript: '', migrationDirectories }
}
