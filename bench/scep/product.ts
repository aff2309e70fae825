/** The product as npm start runs it, on a data folder of its own, with groups and challenges for the run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signerClient } from '@/lib/adapters/keys/signer-client'
import { challengeStore } from '@/lib/adapters/store/challenges'
import { openDatabase } from '@/lib/adapters/store/database'
import { parseCaCertificates } from '@/lib/scep/client'
import { buildServices, type Services } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { type ChallengesService, createChallenges } from '@/lib/services/challenges'
import type { IssuerKey } from '@/lib/services/groups'
import { withInstallation } from '@/server/bootstrap'
import { childrenOf, commandOf, cpuSecondsOf, ended, freePort } from './processes'
import { type DeviceKey, type EnrolmentRequest, makeRequests } from './requests'
import type { Cpu } from './table'

const ROOT = process.cwd()
const READY_WITHIN_MS = 90_000
/** Each has a registration authority of its own: the signer admits 2,000 uses of one key a second. */
const GROUPS_OF_A_KIND = 2
const MINTING_AT_ONCE = 16

export const ADMIN = { name: 'Bench', email: 'bench@bench.example' }

export interface Product {
  port: number
  /** Of ADMIN; null where the data folder is an old one. */
  password: string | null
  /** Of the role that owns the tables. */
  ownerUrl: string
  createGroups(issuerKey: IssuerKey): Promise<string[]>
  /** The network lets in certificates of this group; returns an API key for a RADIUS server. */
  letIn(group: string): Promise<string>
  /** Fresh messages, one challenge each, spread over the endpoints. */
  prepare(endpoints: string[], devices: DeviceKey[], count: number): Promise<EnrolmentRequest[]>
  /** CPU seconds so far: our own processes, and Postgres. */
  cpu(): Cpu
}

/** `kept`: a data folder that stays, and that may be of an earlier run. */
export async function withProduct(work: (product: Product) => Promise<void>, kept?: string): Promise<void> {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  mkdirSync(dataDir, { recursive: true })
  // Postgres's own user has to get through.
  chmodSync(dataDir, 0o711)
  const port = await freePort()
  Object.assign(process.env, { LATCHKEY_DATA_DIR: dataDir, PORT: String(port), DATABASE_URL: '' })
  const supervisor = spawn(process.execPath, [join(ROOT, '.build', 'start.mjs')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await ready(supervisor)
    await withInstallation(async ({ databaseUrl, signerSocket, publicUrl, statusUrl, ownerUrl }) => {
      const services = buildServices({ databaseUrl, signerSocket, publicUrl, statusUrl, log: () => {} })
      const minting = openMinting(databaseUrl, signerSocket, services)
      try {
        const password = await setUp(services)
        await work({
          port,
          password,
          ownerUrl,
          createGroups: (issuerKey) => createGroups(services, issuerKey),
          letIn: (group) => letIn(services, group),
          prepare: (endpoints, devices, count) => prepare(port, minting.challenges, endpoints, devices, count),
          cpu: () => cpuOf(supervisor.pid ?? 0, dataDir),
        })
      } finally {
        await minting.close()
        await services.close()
      }
    })
  } finally {
    await ended(supervisor)
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
}

async function ready(supervisor: ChildProcess): Promise<void> {
  const output = Promise.withResolvers<void>()
  const impatience = setTimeout(() => output.reject(new Error('The product does not start.')), READY_WITHIN_MS)
  supervisor.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('Latchkey is ready at ')) output.resolve()
  })
  supervisor.once('exit', () => output.reject(new Error('The product ended as it started.')))
  await output.promise.finally(() => clearTimeout(impatience))
}

/** The minting service with a quota for this run: pending challenges are bounded as they are made, not as they are used. */
function openMinting(databaseUrl: string, signerSocket: string, { urls, audit }: Services) {
  const database = openDatabase(databaseUrl)
  const signer = signerClient(signerSocket)
  const challenges = createChallenges({
    store: challengeStore(database),
    signer,
    urls,
    audit,
    limit: async () => {},
    quota: 1_000_000,
  })
  return {
    challenges,
    async close() {
      signer.close()
      await database.$disconnect()
    },
  }
}

function benchActor(): Actor {
  const requestId = crypto.randomUUID()
  return { type: 'system', id: null, name: 'bench', role: 'admin', via: 'cli', ip: null, userAgent: null, requestId }
}

async function setUp(services: Services): Promise<string | null> {
  if (await services.setup.isDone()) return null
  const password = crypto.randomUUID()
  await services.setup.complete(benchActor(), null, { organisation: 'Bench', ...ADMIN, password })
  return password
}

async function letIn(services: Services, group: string): Promise<string> {
  await services.networkAccess.update(benchActor(), group, { enabled: true, vlan: '20', sessionTimeoutSeconds: 3_600 })
  return (await services.access.createApiKey(benchActor(), { name: 'bench', role: 'radius' })).key
}

let groups = 0

async function createGroups(services: Services, issuerKey: IssuerKey): Promise<string[]> {
  const slugs: string[] = []
  for (let n = 0; n < GROUPS_OF_A_KIND; n++) {
    groups += 1
    const group = await services.groups.create(benchActor(), { name: `Bench ${groups}`, issuerKey })
    const [endpoint] = group.endpoints
    if (endpoint === undefined) throw new Error('A group without an endpoint.')
    slugs.push(endpoint.slug)
  }
  return slugs
}

async function prepare(
  port: number,
  challenges: ChallengesService,
  endpoints: string[],
  devices: DeviceKey[],
  count: number,
): Promise<EnrolmentRequest[]> {
  const perEndpoint = Math.ceil(count / endpoints.length)
  const lists: EnrolmentRequest[][] = []
  for (const endpoint of endpoints) {
    const path = `/scep/${endpoint}?operation=PKIOperation`
    // While the messages are made nothing else runs here, and a connection that is kept may have been closed meanwhile.
    const headers = { connection: 'close' }
    const response = await fetch(`http://127.0.0.1:${port}/scep/${endpoint}?operation=GetCACert`, { headers })
    const [recipient, issuer] = parseCaCertificates(new Uint8Array(await response.arrayBuffer()))
    if (recipient === undefined || issuer === undefined) throw new Error(`${endpoint} has no certificates.`)
    const minted = await mint(challenges, endpoint, perEndpoint)
    lists.push(makeRequests({ path, recipient, issuer }, devices, minted))
  }
  return Array.from({ length: perEndpoint }, (_, n) => lists.flatMap((list) => list[n] ?? []))
    .flat()
    .slice(0, count)
}

async function mint(challenges: ChallengesService, endpoint: string, count: number) {
  const minted: { commonName: string; challenge: string }[] = []
  const mintOn = async () => {
    while (minted.length < count) {
      const commonName = `bench-${crypto.randomUUID()}`
      const place = minted.push({ commonName, challenge: '' }) - 1
      const { challenge } = await challenges.mint(benchActor(), {
        endpoint,
        subject: [{ type: 'CN', value: commonName }],
      })
      minted[place] = { commonName, challenge }
    }
  }
  await Promise.all(Array.from({ length: MINTING_AT_ONCE }, mintOn))
  return minted
}

function cpuOf(supervisor: number, dataDir: string): Cpu {
  const parts: Record<string, number> = { supervisor: cpuSecondsOf(supervisor) }
  for (const pid of childrenOf(supervisor)) {
    const name = /\/\.build\/(\w+)\.mjs/.exec(commandOf(pid))?.[1]
    if (name !== undefined) parts[name] = cpuSecondsOf(pid)
  }
  const postmaster = Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
  const backends = childrenOf(postmaster).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
  const application = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return { application, postgres: cpuSecondsOf(postmaster) + backends, parts }
}
