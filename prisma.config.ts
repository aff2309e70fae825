import { defineConfig } from 'prisma/config'

// The URL is only for Prisma's own command line; Latchkey reads it in lib/config.ts.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/latchkey' },
})
