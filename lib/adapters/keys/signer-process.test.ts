/** The signer as a process: it says when it is ready, ends when told or orphaned, refuses a wrong KEK, and keeps its secrets. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants, createPrivateKey, createPublicKey, publicEncrypt, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { emptyDatabase, testDatabase } from '@/e2e/fixtures/database'
import { Kek, openKey } from './envelope'
import { findKey, openPool } from './key-rows'
import { signerClient } from './signer-client'
import { EXIT } from './startup-fault'
import { insertLeaf, makeOrganisation, type SignerUnderTest } from './testing/organisation'

const FLAGS = ['--secure-heap=4194304', '--secure-heap-min=16', '--disable-proto=delete', '--disable-sigusr1']
const bundles = join(process.cwd(), 'node_modules', '.cache', `signer-test-${process.pid}`)
let database: Awaited<ReturnType<typeof testDatabase>>
let dataDir: string
const running = new Set<ChildProcess>()

beforeAll(async () => {
  const entryPoints = { signer: 'server/signer.ts', client: 'lib/adapters/keys/testing/client-process.ts' }
  await build({
    entryPoints,
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
})
afterAll(() => rmSync(bundles, { recursive: true, force: true }))

beforeEach(async () => {
  database = await testDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-process-'))
})
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  await database.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

const socketPath = () => join(dataDir, 'run', 'signer.sock')

interface Started {
  child: ChildProcess
  /** Lines of standard output so far. */
  lines: string[]
  stderr(): string
  ended: Promise<number | null>
  ready(): Promise<void>
}

function start(environment: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [...FLAGS, join(bundles, 'signer.mjs')], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH ?? '',
      DATABASE_URL: database.url,
      LATCHKEY_DATA_DIR: dataDir,
      LATCHKEY_SIGNER_SOCKET: socketPath(),
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  const lines: string[] = []
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    lines.splice(0, lines.length, ...stdout.split('\n').slice(0, -1))
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = async () => {
    await expect
      .poll(() => lines.some((line) => JSON.parse(line).event === 'ready') || stderr !== '', { timeout: 15_000 })
      .toBe(true)
    expect(stderr).toBe('')
  }
  return { child, lines, stderr: () => stderr, ended, ready }
}

async function expectFault(started: Started, code: number, sentence: RegExp): Promise<void> {
  expect(await started.ended).toBe(code)
  expect(started.stderr()).toMatch(sentence)
  expect(started.stderr().trim().split('\n')).toHaveLength(1)
  expect(started.lines.filter((line) => line.includes('ready'))).toEqual([])
}

test('the first start makes a KEK, says to back it up, and is ready', async () => {
  const signer = start()
  await signer.ready()
  expect(signer.lines.map((line) => JSON.parse(line).event)).toEqual(['kek.created', 'ready'])
  expect(JSON.parse(signer.lines[0] ?? '').sentence).toMatch(/Back it up/)
  expect(signer.lines.join()).not.toContain(readFileSync(join(dataDir, 'kek'), 'utf8').trim())
  expect(statSync(join(dataDir, 'kek')).mode & 0o777).toBe(0o600)
  expect(statSync(socketPath()).mode & 0o777).toBe(0o600)
  expect(statSync(join(dataDir, 'signer-journal.jsonl')).mode & 0o777).toBe(0o600)
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${signer.child.pid}/coredump_filter`, 'utf8').trim()).toMatch(/^0+$/)
})

test('SIGTERM ends it cleanly', async () => {
  const signer = start()
  await signer.ready()
  signer.child.kill('SIGTERM')
  expect(await signer.ended).toBe(0)
  expect(() => statSync(socketPath())).toThrow()
})

test('the KEK does not stay among its variables', async () => {
  const tell = `process.on('SIGUSR2', () => console.log(JSON.stringify({ event: Object.keys(process.env).join() })))`
  const signer = start({
    LATCHKEY_KEK: randomBytes(32).toString('base64'),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
  })
  await signer.ready()
  signer.child.kill('SIGUSR2')
  await expect.poll(() => signer.lines.at(-1)).toMatch(/DATABASE_URL/)
  expect(signer.lines.join()).not.toContain('LATCHKEY_KEK')
})

test('it ends when the pipe from its parent closes', async () => {
  const signer = start()
  await signer.ready()
  signer.child.stdin?.end()
  expect(await signer.ended).toBe(0)
})

test('a killed signer is replaced, and its keys work as before', async () => {
  const first = start()
  await first.ready()
  const client = signerClient(socketPath())
  const { keyId, spki } = await client.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
  first.child.kill('SIGKILL')
  await first.ended
  await start().ready()
  expect(await client.publicKey(keyId)).toMatchObject({ spki })
  client.close()
})

describe('a start that is refused', () => {
  async function rows(): Promise<unknown> {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const { rows } = await client.query(
      'select (select json_agg(v) from installation_value v) as values, (select json_agg(k) from key k) as keys',
    )
    await client.end()
    return rows[0]
  }

  async function firstRun(): Promise<unknown> {
    const first = start()
    await first.ready()
    const client = signerClient(socketPath())
    await client.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
    client.close()
    first.child.kill('SIGTERM')
    await first.ended
    return rows()
  }

  test('with another KEK: one sentence, code 78, nothing changed', async () => {
    const before = await firstRun()
    const other = randomBytes(32).toString('base64')
    const signer = start({ LATCHKEY_KEK: other })
    await expectFault(signer, EXIT.config, /not the one this database was set up with/)
    expect(signer.stderr()).not.toContain(other)
    writeFileSync(join(dataDir, 'kek'), other)
    await expectFault(start(), EXIT.config, /not the one this database was set up with/)
    expect(await rows()).toEqual(before)
  })

  test('with its KEK missing: no new one is made', async () => {
    const before = await firstRun()
    rmSync(join(dataDir, 'kek'))
    await expectFault(start(), EXIT.config, /holds keys.*is missing/)
    expect(() => statSync(join(dataDir, 'kek'))).toThrow()
    expect(await rows()).toEqual(before)
  })

  test('with a KEK file that others can read', async () => {
    writeFileSync(join(dataDir, 'kek'), randomBytes(32).toString('base64'))
    chmodSync(join(dataDir, 'kek'), 0o644)
    await expectFault(start(), EXIT.config, /chmod 600/)
  })

  test('with two KEKs', async () => {
    await expectFault(
      start({ LATCHKEY_KEK: randomBytes(32).toString('base64'), LATCHKEY_KEK_FILE: '/etc/kek' }),
      EXIT.config,
      /keep one/,
    )
  })

  test('while another signer listens', async () => {
    await start().ready()
    await expectFault(start(), EXIT.unavailable, /is listening/)
  })

  test('without a database, and with an empty one', async () => {
    await expectFault(
      start({ DATABASE_URL: 'postgresql://postgres@127.0.0.1:1/x' }),
      EXIT.unavailable,
      /cannot use the database \(ECONNREFUSED\)/,
    )
    const empty = await emptyDatabase()
    await expectFault(start({ DATABASE_URL: empty.url }), EXIT.unavailable, /apply the migrations/)
    await empty.drop()
  })

  test('with a debugger', async () => {
    const signer = start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' })
    expect(await signer.ended).toBe(EXIT.software)
    expect(signer.stderr()).toMatch(/no debugger is attached/)
  })

  test('with a data folder that cannot be written', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    await expectFault(
      start({ LATCHKEY_DATA_DIR: join(dataDir, 'file', 'data') }),
      EXIT.config,
      /Cannot make the data folder/,
    )
  })
})

test('two first starts at the same moment agree on one KEK', async () => {
  const [one, two] = [join(dataDir, 'one'), join(dataDir, 'two')]
  const starts = [one, two].map((folder) => {
    mkdirSync(folder)
    return start({ LATCHKEY_DATA_DIR: folder, LATCHKEY_SIGNER_SOCKET: join(folder, 'run', 's.sock') })
  })
  const outcomes = await Promise.all(
    starts.map((started) =>
      Promise.race([
        started.ended,
        started.ready().then(
          () => 'ready',
          () => started.ended,
        ),
      ]),
    ),
  )
  expect(outcomes.toSorted()).toEqual([EXIT.config, 'ready'])
  const kept = [one, two].filter((folder) => statSync(join(folder, 'kek'), { throwIfNoEntry: false }) !== undefined)
  expect(kept).toEqual([[one, two][outcomes.indexOf('ready')]])
})

describe.runIf(process.platform === 'linux')('memory', () => {
  /** The secret numbers of a private key, as DER has them and as OpenSSL's big numbers lie in memory: the other way round. */
  function canaries(pkcs8: Buffer): Buffer[] {
    const { d, p, q, dp, dq } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
    // Some bytes of the middle: that leaves out neither a number that was cut short nor one that has a zero in front.
    const middles = [d, p, q, dp, dq].flatMap((number) =>
      number === undefined ? [] : [Buffer.from(number, 'base64url').subarray(4, 28)],
    )
    return middles.flatMap((number) => [number, Buffer.from(number).reverse()])
  }

  function searched(pid: number, needles: Buffer[]): number[] {
    const found = new Set<number>()
    const memory = openSync(`/proc/${pid}/mem`, 'r')
    const chunk = Buffer.alloc(4 * 1024 * 1024)
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from = '0', to = '0', mode = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
      if (!mode.startsWith('rw')) continue
      const end = BigInt(`0x${to}`)
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(chunk.length - 64)) {
        let length = 0
        try {
          length = readSync(memory, chunk, 0, Math.min(chunk.length, Number(end - at)), at as unknown as number)
        } catch {
          break
        }
        needles.forEach((needle, index) => {
          if (chunk.subarray(0, length).includes(needle)) found.add(index)
        })
      }
    }
    closeSync(memory)
    return [...found].sort((a, b) => a - b)
  }

  test('a process that calls the signer holds no byte of a key or of the KEK', async () => {
    const kekBytes = randomBytes(32)
    const signer = start({ LATCHKEY_KEK: kekBytes.toString('base64') })
    await signer.ready()
    const pool = openPool(database.url, () => {})
    const client = signerClient(socketPath())
    const organisation = await makeOrganisation({ signer: client, pool } as unknown as SignerUnderTest)
    const certificateId = await insertLeaf({ pool } as unknown as SignerUnderTest, organisation)
    const publicKey = createPublicKey({ key: Buffer.from(organisation.ra.spki), format: 'der', type: 'spki' })
    const contentKey = randomBytes(32)
    const envelope = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, contentKey).toString('hex')
    const argv = [join(bundles, 'client.mjs'), socketPath(), organisation.ra.keyId, certificateId, envelope]
    const caller = spawn(process.execPath, [...argv, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] })
    running.add(caller)
    const [line] = (await once(caller.stdout, 'data')) as [Buffer]
    const { keyId } = JSON.parse(line.toString()) as { keyId: string }

    const kek = Kek.take(Buffer.from(kekBytes))
    const needles: Buffer[] = [
      kekBytes,
      Buffer.from(kekBytes.toString('base64')),
      Buffer.from(kekBytes.toString('hex')),
    ]
    for (const id of [keyId, organisation.ra.keyId, organisation.issuer.keyId]) {
      const row = await findKey(pool, id)
      if (row === null) throw new Error('no row')
      needles.push(...canaries(openKey(row, { ...row, purpose: row.purpose as 'ra' }, kek)))
    }
    const sentinel = Buffer.from(`sentinel ${caller.pid} sentinel ${caller.pid} `)
    expect(searched(caller.pid ?? 0, [sentinel]), 'the search finds what is there').toEqual([0])
    expect(searched(caller.pid ?? 0, needles)).toEqual([])
    const inSigner = searched(signer.child.pid ?? 0, needles)
    expect(inSigner, 'the KEK is in the signer').toContain(0)
    expect(inSigner.length, 'and so are its keys').toBeGreaterThan(5)

    client.close()
    await pool.end()
  }, 30_000)

  test('an idle client lets its process end', async () => {
    await start().ready()
    const client = signerClient(socketPath())
    const pool = openPool(database.url, () => {})
    const organisation = await makeOrganisation({ signer: client, pool } as unknown as SignerUnderTest)
    const certificateId = await insertLeaf({ pool } as unknown as SignerUnderTest, organisation)
    const argv = [join(bundles, 'client.mjs'), socketPath(), organisation.ra.keyId, certificateId, '00'.repeat(256)]
    const caller = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
    running.add(caller)
    expect(await once(caller, 'close')).toEqual([0, null])
    client.close()
    await pool.end()
  })
})
