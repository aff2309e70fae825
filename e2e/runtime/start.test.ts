/** npm start as people meet it: ready, stopped, killed, started again, and every foreseen fault as one sentence. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { emptyDatabase } from '@/e2e/fixtures/database'
import { freePort, type InstallationOptions, startInstallation } from '@/e2e/fixtures/installation'
import { isAlive } from '@/lib/adapters/postgres/processes'

vi.setConfig({ testTimeout: 120_000 })

let dataDir: string

beforeAll(() => {
  dataDir = folder()
})

afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-start-'))
  chmodSync(path, 0o711)
  return path
}

const postmaster = (data: string) => Number.parseInt(readFileSync(join(data, 'postgres', 'postmaster.pid'), 'utf8'), 10)

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const patience = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > patience) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function failure(options: InstallationOptions): Promise<{ code: number | null; output: string }> {
  const installation = await startInstallation({ ...options, dontWait: true })
  const code = await installation.ended
  return { code, output: installation.output() }
}

describe('a start', () => {
  test('prints the address and a link for the first run; Ctrl-C ends everything, Postgres included', async () => {
    const latchkey = await startInstallation({ dataDir })
    expect(latchkey.output()).toContain(`Latchkey is ready at http://localhost:${latchkey.port}\n`)
    expect(latchkey.output()).toMatch(
      /^Set up Latchkey \(this link works once, until .+\): http:\/\/localhost:\d+\/setup#[\w-]{43}$/m,
    )
    expect((await fetch(`${latchkey.url}/readyz`)).status).toBe(200)
    const processes = [...Object.values(await latchkey.processes()), postmaster(dataDir)]
    expect(processes.every(isAlive)).toBe(true)
    expect(await latchkey.stop()).toBe(0)
    expect(processes.filter(isAlive)).toEqual([])
  })

  test('keeps the link for the first run out of reach of logs: it is a fragment', async () => {
    const latchkey = await startInstallation({ dataDir })
    const token = latchkey.setupToken() ?? ''
    await fetch(`${latchkey.url}/setup#${token}`)
    await latchkey.stop()
    expect(latchkey.output().split(token)).toHaveLength(2)
  })

  test('recovers from SIGKILL of the supervisor: children end by themselves, the next start finds everything', async () => {
    const first = await startInstallation({ dataDir })
    const children = Object.values(await first.processes())
    const database = postmaster(dataDir)
    first.kill('SIGKILL')
    await first.ended
    await until(() => !children.some(isAlive))
    process.kill(database, 'SIGKILL')
    const second = await startInstallation({ dataDir })
    expect(second.output()).toContain('Latchkey is ready')
    expect(await second.stop()).toBe(0)
  })

  test('goes on when a process dies: each is started again', async () => {
    const latchkey = await startInstallation({ dataDir })
    for (const name of ['front', 'web', 'signer'] as const) {
      const pid = (await latchkey.processes())[name]
      process.kill(pid, 'SIGKILL')
      await until(async () => ![0, pid].includes((await latchkey.processes())[name]))
      await until(async () => (await fetch(`${latchkey.url}/readyz`).catch(() => null))?.status === 200)
    }
    process.kill(postmaster(dataDir), 'SIGKILL')
    await until(async () => (await fetch(`${latchkey.url}/readyz`)).status === 200)
    expect(await latchkey.stop()).toBe(0)
  })

  test('hands the key-encryption key to the signer and to nobody else', async () => {
    const kek = readFileSync(join(dataDir, 'kek'), 'utf8').trim()
    const env = { LATCHKEY_KEK: kek, STRAY_SECRET: 'canary-in-the-environment' }
    const latchkey = await startInstallation({ dataDir, env })
    const { signer, front, web } = await latchkey.processes()
    const environmentOf = (pid: number) => readFileSync(`/proc/${pid}/environ`, 'utf8')
    expect(environmentOf(signer)).toContain(kek)
    expect(environmentOf(front) + environmentOf(web)).not.toContain(kek)
    expect(environmentOf(signer) + environmentOf(front) + environmentOf(web)).not.toContain('canary')
    await latchkey.stop()
  })

  test('two servers share a data folder, and the database stays until the last one stops', async () => {
    const first = await startInstallation({ dataDir })
    const second = await startInstallation({ dataDir })
    const database = postmaster(dataDir)
    await first.stop()
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
    await second.stop()
    expect(isAlive(database)).toBe(false)
  })

  test('uses the database in DATABASE_URL and starts none of its own', async () => {
    const database = await emptyDatabase()
    const own = folder()
    const [first, second] = await Promise.all([
      startInstallation({ dataDir: own, databaseUrl: database.url }),
      startInstallation({ dataDir: own, databaseUrl: database.url }),
    ])
    expect(() => postmaster(own)).toThrow('ENOENT')
    await Promise.all([first.stop(), second.stop()])
    await database.drop()
    rmSync(own, { recursive: true })
  })
})

describe('one clear sentence and exit code 1 for', () => {
  let taken: Server

  beforeAll(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, resolve))
  })

  afterAll(() => taken.close())

  test('a taken port', async () => {
    const address = taken.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(await failure({ dataDir, port })).toEqual({
      code: 1,
      output: `Port ${port} is taken by another program; set PORT to a free one.\n`,
    })
  })

  test('a data folder that cannot be one', async () => {
    const file = join(dataDir, 'a-file')
    writeFileSync(file, '')
    const { code, output } = await failure({ dataDir: join(file, 'data') })
    expect(code).toBe(1)
    expect(output).toMatch(/^The data folder .*a-file\/data cannot be used \(not a folder\); .*\n$/)
  })

  test('a database that does not answer, without its password', async () => {
    const port = await freePort()
    const { code, output } = await failure({
      dataDir,
      databaseUrl: `postgresql://latchkey:hunter2@127.0.0.1:${port}/latchkey`,
    })
    expect(code).toBe(1)
    expect(output).toBe(
      `The database "latchkey" at 127.0.0.1:${port} cannot be used: the connection was refused. Check DATABASE_URL.\n`,
    )
  })

  test('bad variables, all at once', async () => {
    const { code, output } = await failure({
      dataDir,
      env: { PUBLIC_URL: 'nowhere', LATCHKEY_LOG: 'xml', LATCHKEY_KEKFILE: '/x' },
    })
    expect(code).toBe(1)
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['LATCHKEY_KEKFILE', 'LATCHKEY_LOG', 'PUBLIC_URL'])
  })

  test('a wrong key-encryption key, and the right one still works afterwards', async () => {
    const latchkey = await startInstallation({ dataDir })
    await latchkey.stop()
    const { code, output } = await failure({
      dataDir,
      env: { LATCHKEY_KEK: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64') },
    })
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toMatch(/key-encryption key/i)
    expect(() => postmaster(dataDir)).toThrow('ENOENT')
    const again = await startInstallation({ dataDir })
    expect(await again.stop()).toBe(0)
  })
})
