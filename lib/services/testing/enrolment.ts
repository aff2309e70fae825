/** A portal and its devices for enrolment tests: the real services over either kind of stores, and a SCEP client. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { buildCsr } from '@/lib/pki/csr'
import {
  buildPkcsReq,
  type CertRep,
  type PkcsReqOptions,
  parseCaCertificates,
  parseCertRep,
  selfSignedCertificate,
} from '@/lib/scep/client'
import { createApprovalAuthorisation } from '@/lib/services/approval-authorisation'
import { createApprovals } from '@/lib/services/approvals'
import type { AuditEntry } from '@/lib/services/audit'
import { createChallengePage } from '@/lib/services/challenge-page'
import { createPageAccounts } from '@/lib/services/challenge-page-accounts'
import type { ChallengeRules } from '@/lib/services/challenge-rules'
import type { ChallengeConstraints, RelativeName, SubjectAlternativeName } from '@/lib/services/challenges'
import { createChallenges } from '@/lib/services/challenges'
import { createDevices } from '@/lib/services/devices'
import type { EndpointPolicy, EndpointSettings } from '@/lib/services/endpoint-settings'
import { createEnrolAtOnce } from '@/lib/services/enrolment-at-once'
import { createFlightRecorder } from '@/lib/services/flight-recorder'
import { createMinters } from '@/lib/services/minters'
import type { OutboundAnswer } from '@/lib/services/outbound'
import { createPasswords } from '@/lib/services/passwords'
import { createRetention } from '@/lib/services/retention'
import {
  createScepEnrolment,
  type ScepEnrolmentDependencies,
  type ScepOptions,
  type ScepRequest,
  type ScepResponse,
} from '@/lib/services/scep-enrolment'
import { createSignedChallenges } from '@/lib/services/signed-challenges'
import { createSignedInspection } from '@/lib/services/signed-inspection'
import { createSimulation, type SimulationDependencies } from '@/lib/services/simulation'
import { createStaticAuthorisation } from '@/lib/services/static-authorisation'
import { createStaticSecrets } from '@/lib/services/static-secrets'
import { createTransactions } from '@/lib/services/transactions'
import { memoryAuthorityImportStore } from './authority-import-store'
import { memoryAuthorityStore, memoryGroupStore, memoryRegistrationAuthorityStore } from './authority-stores'
import { memoryBulkRevocationStore } from './bulk-store'
import { memoryCertificateStore } from './certificate-stores'
import { memoryCrlListStore, memoryShardStore, memoryStatusStore } from './crl-stores'
import { type EnrolmentStores, memoryEnrolmentStores } from './enrolment-stores'
import { actor, type Backing, installation, memoryMoves, NOON } from './harness'
import { memoryIssuanceStore } from './issuance-store'
import { memoryMinterStores } from './minter-stores'
import { memoryOcspResponderStore, memoryOcspStore } from './ocsp-stores'
import { memoryProfileSignerStore } from './profile-signer-store'
import { memoryTrustStore } from './trust-store'
import { append, emptyWorld, recordsOf } from './world'

export interface EnrolmentBacking extends Backing {
  enrolment: EnrolmentStores
  minters: ReturnType<typeof memoryMinterStores>
  /** Upkeep by a role that may delete transactions. */
  forgetting: EnrolmentStores['upkeep']
  record(entry: AuditEntry): Promise<void>
  /** What the stores take for now. */
  now(): Date
  setEndpoint(slug: string, settings: Partial<EndpointSettings> & { policy?: EndpointPolicy }): Promise<void>
  /** Turns the clock of this backing on by moving the row's times back. */
  age(
    what: 'challenge' | 'transaction' | 'approval' | 'static-secret' | 'page-account',
    id: string,
    minutes: number,
  ): Promise<void>
  /** Settings of an endpoint, past the service that people use. */
  configure(endpointId: string, settings: Partial<EndpointSettings>): Promise<void>
  /** What a line of certificates says of one. */
  line(certificateId: string): Promise<{ renews: string | null; lineageId: string | null; supersedeAt: Date | null }>
  /** As somebody who can write to the database would. */
  rebind(challengeId: string, constraints: ChallengeConstraints): Promise<void>
  revokeOnSecondKey(endpointId: string): Promise<void>
  crlDue(authorityId: string): Promise<boolean>
  /** What stands in each table, in short: any change of any row shows. */
  tables(): Promise<Record<string, string>>
  /** Oldest first, with everything they say. */
  events(): Promise<
    {
      type: string
      outcome: string
      reason?: string
      object: { type: string; id: string | null }
      data: Record<string, unknown>
    }[]
  >
}

export function memoryEnrolmentBacking(world = emptyWorld(() => NOON)): EnrolmentBacking {
  const enrolment = memoryEnrolmentStores(world, () => NOON)
  const one = <T extends { id: string }>(rows: T[], id: string): T => {
    const row = rows.find((each) => each.id === id)
    if (!row) throw new Error(`no row ${id}`)
    return row
  }
  const unused = () => Promise.reject(new Error('not part of enrolment tests'))
  return {
    stores: {
      authorities: memoryAuthorityStore(world),
      authorityImports: memoryAuthorityImportStore(world),
      registrationAuthorities: memoryRegistrationAuthorityStore(world),
      groups: memoryGroupStore(world),
      issuance: memoryIssuanceStore(world),
      certificates: memoryCertificateStore(world),
      bulkRevocations: memoryBulkRevocationStore(world),
      status: memoryStatusStore(world),
      ocspResponders: memoryOcspResponderStore(world),
      profileSigners: memoryProfileSignerStore(world),
      ocsp: memoryOcspStore(world),
      shards: memoryShardStore(world),
      crlLists: memoryCrlListStore(world),
      trust: memoryTrustStore(world),
    },
    enrolment,
    minters: memoryMinterStores(world, () => NOON),
    forgetting: enrolment.upkeep,
    records: recordsOf(world),
    ...memoryMoves(world),
    record: async (entry) => append(world, [entry]),
    now: () => NOON,
    async setEndpoint(slug, settings) {
      const endpoint = world.endpoints.find((each) => each.slug === slug)
      if (!endpoint) throw new Error(`no endpoint ${slug}`)
      Object.assign(endpoint, settings)
    },
    async age(what, id, minutes) {
      const tables: Record<typeof what, { id: string }[]> = {
        challenge: world.challenges,
        transaction: world.transactions,
        approval: world.approvals,
        'static-secret': world.staticSecrets,
        'page-account': world.challengePageAccounts,
      }
      const row = one(tables[what], id)
      for (const [key, value] of Object.entries(row) as [string, unknown][]) {
        if (value instanceof Date) Object.assign(row, { [key]: new Date(value.getTime() - minutes * 60_000) })
      }
    },
    async configure(endpointId, settings) {
      Object.assign(one(world.endpoints, endpointId), settings)
    },
    async line(certificateId) {
      const { renews, supersedeAt } = one(world.certificates, certificateId)
      return { renews: renews?.certificateId ?? null, lineageId: renews?.lineageId ?? null, supersedeAt }
    },
    async rebind(challengeId, constraints) {
      const row = world.challenges.find(({ id }) => id === challengeId)
      if (row) Object.assign(row, { constraints })
    },
    async revokeOnSecondKey(endpointId) {
      const endpoint = world.endpoints.find(({ id }) => id === endpointId)
      if (endpoint) endpoint.revokeOnSecondKey = true
    },
    crlDue: async (authorityId) => {
      const authority = world.authorities.find(({ id }) => id === authorityId)
      return authority?.crlDueSince !== null && authority?.crlDueSince !== undefined
    },
    async tables() {
      const { clock: _, ...tables } = world
      return Object.fromEntries(
        Object.entries(tables).map(([name, rows]) => [
          name,
          createHash('sha256').update(inspected(rows)).digest('hex'),
        ]),
      )
    },
    events: async () =>
      world.events.map(({ type, outcome, reason, object, data }) => ({
        type,
        outcome,
        ...(reason ? { reason } : {}),
        object,
        data: data ?? {},
      })),
    async addOrganisation(name, rootId) {
      world.organisation = { name, rootId }
    },
    trail: async () =>
      world.events.map(({ type, outcome, reason, object }) => ({
        type,
        outcome,
        reason: reason ?? null,
        object: object.type,
        objectId: object.id,
      })),
    challengeState: async (id) => {
      return one(world.challenges, id).state
    },
    addReservedChallenge: unused,
    addTransaction: unused,
    setChallenge: unused,
    transaction: unused,
    certificateState: unused,
    crlDueSince: unused,
    close: async () => {},
  }
}

/** Rows hold octets, times and large numbers, which JSON would not tell apart. */
function inspected(rows: unknown): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

export type EnrolmentPortal = Awaited<ReturnType<typeof enrolmentPortal>>

/** With a root, a group "Staff" and its endpoint "staff", ready to mint for. */
export async function enrolmentPortal(
  backing: EnrolmentBacking,
  options: Partial<ScepOptions> = {},
  more: Partial<ScepEnrolmentDependencies> = {},
  asking: Pick<SimulationDependencies, 'validators' | 'calls'> = NOBODY_ASKED,
) {
  const base = installation(backing)
  await base.setUp()
  const group = await base.createGroup()
  const limits = memoryLimit(() => base.time.now)
  const paused: number[] = []
  const logged: { level: string; event: string; facts: Record<string, unknown> }[] = []
  /** What other servers answer, and which addresses were asked for it. */
  const web = new Map<string, OutboundAnswer>()
  const asked: string[] = []
  const clock = () => base.time.now
  const challenges = createChallenges({
    store: backing.enrolment.challenges,
    signer: base.signer,
    urls: base.urls,
    audit: backing,
    limit: limits,
  })
  const challengePage = createChallengePage({
    store: backing.enrolment.challengePage,
    challenges,
    limit: limits,
    isLimitReached: limits.isReached,
    recordDenied: (entry) => backing.record(entry),
    urls: base.urls,
  })
  const pageAccounts = createPageAccounts({ store: backing.enrolment.challengePage, urls: base.urls })
  const { redemption, grants } = backing.enrolment
  const passwords = createPasswords({ signer: base.signer, parameters: { memoryKib: 64, passes: 1, parallelism: 1 } })
  const staticSecrets = createStaticSecrets({ store: backing.enrolment.staticSecrets, signer: base.signer, passwords })
  const approvals = createApprovals({
    store: backing.enrolment.approvals,
    grants,
    challenges: redemption,
    issuance: base.issuance,
  })
  const recorder = createFlightRecorder({
    store: backing.enrolment.flights,
    clock,
    log: (level, event, facts) => logged.push({ level, event, facts }),
  })
  const judging = { store: backing.minters.signed, signer: base.signer, urls: base.urls, clock }
  const signed = createSignedChallenges({ ...judging, limit: limits })
  const minters = createMinters({
    store: backing.minters.minters,
    signer: base.signer,
    urls: base.urls,
    outbound: {
      async send({ url }) {
        asked.push(url)
        return (
          web.get(url) ?? {
            answered: false,
            fault: 'connect_failed',
            detail: 'Cannot connect to 192.0.2.1 (ECONNREFUSED).',
          }
        )
      },
    },
  })
  const { authorisers: _, ...others } = more
  const scep = createScepEnrolment({
    store: backing.enrolment.enrolment,
    challenges: redemption,
    // Issuance that a test brings is what this test is about: nothing may pass it by.
    ...(more.issuance === undefined && {
      enrolAtOnce: createEnrolAtOnce({ store: backing.enrolment.atOnce, signer: base.signer, issuance: base.issuance }),
    }),
    renewals: backing.enrolment.renewals,
    queries: backing.enrolment.queries,
    issuance: base.issuance,
    signer: base.signer,
    signed,
    audit: backing,
    authorisers: {
      static: createStaticAuthorisation({
        store: backing.enrolment.staticSecrets,
        challenges: redemption,
        signer: base.signer,
        passwords,
      }),
      approval: createApprovalAuthorisation({ store: backing.enrolment.approvals, grants, challenges: redemption }),
      ...more.authorisers,
    },
    recorder,
    limit: limits,
    clock,
    log: (level, event, facts) => logged.push({ level, event, facts }),
    pause: async (milliseconds) => {
      paused.push(milliseconds)
      await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 20)))
    },
    options: { patienceMilliseconds: 500, ...options },
    ...others,
  })
  const transactions = createTransactions({ store: backing.enrolment.transactions })
  const devices = createDevices({
    store: backing.enrolment.devices,
    certificates: base.certificates,
    challenges,
    transactions,
    clock,
  })
  const simulation = createSimulation({
    ...asking,
    store: backing.enrolment.simulation,
    secrets: backing.enrolment.staticSecrets,
    approvals: backing.enrolment.approvals,
    renewals: backing.enrolment.renewals,
    signed: createSignedInspection({ ...judging, isLimitReached: limits.isReached }),
    signer: base.signer,
    passwords,
    transactions,
    limit: limits,
    clock,
  })
  const slug = group.endpoint.slug
  const chain = async (endpoint = slug) =>
    parseCaCertificates((await scep.handle({ ...REQUEST, endpoint, method: 'GET', query: 'operation=GetCACert' })).body)

  async function mint(
    subject = 'CN=tablet-7,O=Example',
    san: SubjectAlternativeName[] = [],
    endpoint = slug,
    rules: ChallengeRules = {},
  ) {
    return challenges.mint(actor('operator'), { endpoint, subject, san, rules })
  }

  /** A device with what it was told; `enrol` sends one PKCSReq and opens the answer. */
  async function device(told: Told = {}) {
    const [ra] = await chain(told.endpoint)
    if (!ra) throw new Error('GetCACert answers nothing')
    return scepDevice(scep.handle, { endpoint: slug, ...told }, ra)
  }

  /** The events that `work` caused, as [type, outcome or reason]. */
  async function eventsOf<T>(
    work: () => Promise<T>,
  ): Promise<{ result: T; events: string[]; full: Awaited<ReturnType<EnrolmentBacking['events']>> }> {
    const before = (await backing.events()).length
    const result = await work()
    const full = (await backing.events()).slice(before)
    return {
      result,
      full,
      events: full.map(({ type, outcome, reason }) => (outcome === 'success' ? type : `${type} ${reason ?? outcome}`)),
    }
  }

  return {
    ...base,
    group,
    slug,
    limits,
    challenges,
    minters,
    scep,
    staticSecrets,
    challengePage,
    pageAccounts,
    approvals,
    transactions,
    devices,
    simulation,
    recorder,
    retention: createRetention({ store: backing.enrolment.flights }),
    paused,
    logged,
    web,
    asked,
    chain,
    mint,
    device,
    eventsOf,
    backing,
  }
}

export interface Told {
  endpoint?: string
  subject?: RelativeName[]
  san?: SubjectAlternativeName[]
  challenge?: string
  /** Which of the few RSA keys signs the message and receives the reply. */
  signer?: number
  /** The key to certify: an RSA key by number, or a fresh elliptic curve key, which is quick to make. */
  key?: number | 'ec'
  transactionId?: string
  ip?: string
  message?: Partial<PkcsReqOptions>
  csr?: Uint8Array
}

export type ScepDevice = ReturnType<typeof scepDevice>

export function scepDevice(
  handle: (request: ScepRequest) => Promise<ScepResponse>,
  told: Told & { endpoint: string },
  raDer: Uint8Array,
) {
  const { subject = TABLET, san = [], challenge, signer = 0, key = signer, ip = '192.0.2.9' } = told
  const signerKey = rsaKey(signer)
  const privateKey = key === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : rsaKey(key)
  const csr =
    told.csr ??
    buildCsr({ subject, san, ...(challenge === undefined ? {} : { challengePassword: challenge }), privateKey })
  const transactionId = told.transactionId ?? createHash('sha1').update(csr).digest('hex').toUpperCase()
  const signerCertificateDer = signerCertificate(signer)

  /** A fresh message with a fresh nonce each time, as a client resends. */
  async function send(message: Partial<PkcsReqOptions> = {}): Promise<{ response: ScepResponse; reply: CertRep }> {
    const senderNonce = new Uint8Array(randomBytes(16))
    const body = buildPkcsReq({
      csr,
      signerKey,
      signerCertificateDer,
      recipientDer: raDer,
      transactionId,
      senderNonce,
      ...told.message,
      ...message,
    })
    const response = await handle({ ...REQUEST, endpoint: told.endpoint, body, ip })
    if (response.status !== 200) throw new HttpAnswer(response)
    return { response, reply: parseCertRep(response.body, { raDer, privateKey: signerKey, senderNonce }) }
  }

  return {
    csr,
    transactionId,
    send,
    enrol: async (message?: Partial<PkcsReqOptions>) => (await send(message)).reply,
    /** HTTP status of an answer that is no CertRep. */
    status: async (message?: Partial<PkcsReqOptions>) => {
      try {
        await send(message)
        return { status: 200, retryAfter: undefined }
      } catch (error) {
        if (!(error instanceof HttpAnswer)) throw error
        return { status: error.response.status, retryAfter: error.response.headers?.['Retry-After'] }
      }
    },
    poll: async () => (await send({ messageType: 20 })).reply,
  }
}

export class HttpAnswer extends Error {
  readonly response: ScepResponse
  constructor(response: ScepResponse) {
    super(`HTTP ${response.status}`)
    this.response = response
  }
}

export const TABLET: RelativeName[] = [
  { type: 'CN', value: 'tablet-7' },
  { type: 'O', value: 'Example' },
]
export const REQUEST = {
  method: 'POST',
  query: 'operation=PKIOperation',
  body: new Uint8Array(0),
  contentEncoding: null,
  ip: '192.0.2.9',
  userAgent: 'test device',
} as const

const keys = new Map<number, KeyObject>()
const certificates = new Map<number, Uint8Array>()

/** Few and kept: RSA keys are slow to make. */
export function rsaKey(number: number): KeyObject {
  const key = keys.get(number) ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  keys.set(number, key)
  return key
}

export function signerCertificate(number: number): Uint8Array {
  const certificate =
    certificates.get(number) ??
    selfSignedCertificate({ subject: [{ type: 'CN', value: `signer ${number}` }], privateKey: rsaKey(number) })
  certificates.set(number, certificate)
  return certificate
}

/** Endpoints without validators. */
const NOBODY_ASKED: Pick<SimulationDependencies, 'validators' | 'calls'> = {
  validators: { validator: async () => null },
  calls: { ask: () => Promise.reject(new Error('nobody is there to be asked')) },
}

/** AccessService.limit and isLimitReached in memory: a fixed window per key. */
function memoryLimit(clock: () => Date) {
  const windows = new Map<string, { start: number; count: number }>()
  const standing = (key: string, seconds: number) => {
    const window = windows.get(key)
    return window === undefined || clock().getTime() - window.start >= seconds * 1_000 ? null : window
  }
  const limit = async (key: string, count: number, seconds: number): Promise<void> => {
    const now = clock().getTime()
    const current = standing(key, seconds) ?? { start: now, count: 0 }
    current.count += 1
    windows.set(key, current)
    if (current.count <= count) return
    throw new Refusal('rate_limited', 'Too many.', {
      retryAfterSeconds: Math.ceil((current.start + seconds * 1_000 - now) / 1_000),
    })
  }
  const isReached = async (key: string, count: number, seconds: number) => (standing(key, seconds)?.count ?? 0) >= count
  return Object.assign(limit, { isReached })
}
