/** The lint rules bite: each layer gets one bad import, each forbidden call is made once, and Biome must refuse them all. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const LAYERS = 'Imports go down the layers only (see README.md).'
const UP = "Inside a folder './neighbour', across folders '@/...', so that the layer shows."
const FRAMEWORK = 'Only app/ knows the framework.'
const DATABASE = 'Only the adapters know the database.'
const PRISMA = 'Only lib/adapters/store knows Prisma.'
const ASN1 = 'ASN.1 objects stay in lib/pki and lib/scep.'
const OUTSIDE = 'Decisions reach the outside world through an interface they declare; an adapter implements it.'
const PROGRAMS = 'Only server/ and the embedded Postgres start programs.'

/** File, import, what Biome must say; null where it is allowed. */
const IMPORTS: [file: string, specifier: string, complaint: string | null][] = [
  ['lib/errors.ts', 'zod', 'The vocabulary of refusal imports nothing.'],
  ['lib/config.ts', '@/lib/errors', 'The configuration imports nothing of ours.'],
  ['lib/pki/bad.ts', '@/lib/scep/message', LAYERS],
  ['lib/pki/bad.ts', '@/lib/services/issuance', LAYERS],
  ['lib/pki/bad.ts', '../errors', UP],
  ['lib/pki/bad.ts', 'next/headers', FRAMEWORK],
  ['lib/pki/bad.ts', 'pg', DATABASE],
  ['lib/pki/bad.ts', 'node:fs/promises', OUTSIDE],
  ['lib/pki/good.ts', '@/lib/errors', null],
  ['lib/pki/good.ts', 'pkijs', null],
  ['lib/scep/bad.ts', '@/lib/services/challenges', LAYERS],
  ['lib/scep/bad.ts', 'node:net', OUTSIDE],
  ['lib/scep/good.ts', '@/lib/pki/csr', null],
  ['lib/radius/bad.ts', '@/lib/scep/message', LAYERS],
  ['lib/radius/bad.ts', '@/lib/services/status', LAYERS],
  ['lib/radius/bad.ts', 'node:fs', OUTSIDE],
  ['lib/radius/good.ts', '@/lib/pki/serial', null],
  ['lib/services/bad.ts', '@/lib/adapters/store/database', LAYERS],
  ['lib/services/bad.ts', '@/lib/jobs/prune', LAYERS],
  ['lib/services/bad.ts', '@/lib/config', LAYERS],
  ['lib/services/bad.ts', '@prisma/client', DATABASE],
  ['lib/services/bad.ts', 'asn1js', ASN1],
  ['lib/services/bad.ts', 'node:http', OUTSIDE],
  ['lib/services/good.ts', '@/lib/scep/message', null],
  ['lib/services/good.ts', '@/lib/radius/rest-request', null],
  ['lib/jobs/bad.ts', '@/lib/adapters/store/jobs', LAYERS],
  ['lib/jobs/bad.ts', 'pg', DATABASE],
  ['lib/jobs/good.ts', '@/lib/services/status', null],
  ['lib/adapters/store/bad.ts', '@/lib/adapters/keys/envelope', LAYERS],
  ['lib/adapters/store/bad.ts', '@/lib/server', LAYERS],
  ['lib/adapters/store/bad.ts', 'react', FRAMEWORK],
  ['lib/adapters/store/good.ts', '@prisma/adapter-pg', null],
  ['lib/adapters/docs/bad.ts', '@/lib/adapters/store/database', LAYERS],
  ['lib/adapters/docs/good.ts', 'node:fs/promises', null],
  ['lib/adapters/keys/bad.ts', '@/lib/adapters/store/database', LAYERS],
  ['lib/adapters/keys/bad.ts', '@prisma/client', PRISMA],
  ['lib/adapters/keys/bad.ts', 'node:child_process', PROGRAMS],
  ['lib/adapters/validation/bad.ts', '@/lib/adapters/net/guarded-fetch', LAYERS],
  ['lib/adapters/net/bad.ts', '@/lib/adapters/store/database', LAYERS],
  ['lib/adapters/net/good.ts', 'node:https', null],
  ['lib/adapters/postgres/bad.ts', '@/lib/services/groups', LAYERS],
  ['lib/adapters/postgres/good.ts', 'node:child_process', null],
  ['lib/server.ts', '@/lib/pki/csr', LAYERS],
  ['lib/server.ts', '@/app/layout', FRAMEWORK],
  ['app/bad/page.tsx', '@/lib/adapters/store/groups', LAYERS],
  ['app/bad/page.tsx', '@/lib/pki/csr', LAYERS],
  ['app/bad/page.tsx', '@/lib/config', LAYERS],
  ['app/bad/page.tsx', '@/server/bootstrap', LAYERS],
  ['app/bad/page.tsx', '@prisma/client', DATABASE],
  ['app/bad/page.tsx', 'node:child_process', PROGRAMS],
  ['app/good/page.tsx', '@/lib/server', null],
  ['app/good/page.tsx', '@/server/device-paths', null],
  ['server/bad.ts', '@/app/layout', 'Entry points start the portal; they are no part of it.'],
  ['server/good.ts', '@/lib/config', null],
]

const CALLS: [file: string, code: string, complaint: string | RegExp][] = [
  ['lib/services/random.ts', 'export const n = Math.random()', /Math.random\(\) can be guessed/],
  ['lib/services/code.ts', "export const f = new Function('1')", /No code is made from text/],
  ['app/code.ts', "export const f = eval('1')", /eval/],
  [
    'lib/adapters/store/text.ts',
    "export const q = (db: D) => db.$queryRawUnsafe('x')\ninterface D { $queryRawUnsafe(q: string): void }",
    /SQL is never put together/,
  ],
  ['lib/services/environment.ts', 'export const x = process.env.SECRET', /process.env/],
  ['app/environment.tsx', 'export const x = process.env.SECRET', /process.env/],
  ['lib/services/loose.ts', 'export const x: any = 1', /any/],
  ['lib/pki/circle-a.ts', "import { b } from './circle-b'\nexport const a = (): number => b()", /cycle/],
]

interface Diagnostic {
  severity: string
  message: string
  location: { path: string }
}

let folder: string
let diagnostics: Diagnostic[]

const importFile = (file: string, index: number) =>
  file.replace(/(\.tsx?)$/, (ending) => (/(bad|good|page)\.tsx?$/.test(file) ? `-${index}${ending}` : ending))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-lint-'))
  cpSync('scripts/lint', join(folder, 'scripts/lint'), { recursive: true })
  for (const name of ['biome.json', 'tsconfig.json', 'package.json', '.gitignore']) cpSync(name, join(folder, name))
  const files = new Map<string, string[]>()
  IMPORTS.forEach(([file, specifier], index) => {
    const path = importFile(file, index)
    files.set(path, [...(files.get(path) ?? []), `export * from '${specifier}'`])
  })
  for (const [file, code] of CALLS) files.set(file, [code])
  files.set('lib/pki/circle-b.ts', ["import { a } from '@/lib/pki/circle-a'\nexport const b = (): number => a()"])
  for (const [path, lines] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${lines.join('\n')}\n`)
  }
  diagnostics = await lint()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function lint(): Promise<Diagnostic[]> {
  const biome = join(process.cwd(), 'node_modules', '.bin', 'biome')
  const report = await new Promise<string>((resolve) =>
    execFile(
      biome,
      ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
      { cwd: folder, maxBuffer: 1e8 },
      (_, stdout) => resolve(stdout),
    ),
  )
  return JSON.parse(report).diagnostics
}

const complaintsAbout = (path: string) =>
  diagnostics
    .filter(({ severity, location }) => severity === 'error' && location.path.endsWith(path))
    .map(({ message }) => message)

describe.each(IMPORTS.map((row, index) => [...row, index] as const))('%s imports %s', (file, _, complaint, index) => {
  test(complaint === null ? 'and may' : 'and is refused', () => {
    const complaints = complaintsAbout(importFile(file, index))
    if (complaint === null) expect(complaints).toEqual([])
    else expect(complaints).toContain(complaint)
  })
})

test.each(CALLS)('what is wrong in %s is refused', (file, _, complaint) => {
  expect(complaintsAbout(file).join('\n')).toMatch(complaint)
})
