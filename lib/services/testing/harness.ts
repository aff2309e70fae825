/** An installation for tests: real services over stores in memory or Postgres, a fake signer, a clock to turn. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { buildCsr } from '@/lib/pki/csr'
import { type Actor, type Role, systemActor } from '@/lib/services/actor'
import { type AuthorityStore, createAuthorities } from '@/lib/services/authorities'
import { createAuthorityImports } from '@/lib/services/authority-import'
import type { AuthorityImportStore } from '@/lib/services/authority-import-types'
import { createBulkRevocations } from '@/lib/services/bulk-revocation'
import type { BulkRevocationStore } from '@/lib/services/bulk-revocation-types'
import { type CertificateStore, createCertificates } from '@/lib/services/certificates'
import type { ChallengeState, RelativeName, SubjectAlternativeName } from '@/lib/services/challenges'
import { type CrlListStore, createCrlLists } from '@/lib/services/crl-lists'
import { createShards, type ShardStore } from '@/lib/services/crl-shards'
import { createEndpoints, type EndpointStore } from '@/lib/services/endpoints'
import { createGroups, type GroupStore, type IssuerKey } from '@/lib/services/groups'
import type { IntentDeps } from '@/lib/services/intents'
import { createIssuance, EnrolmentProof, type IssuanceStore } from '@/lib/services/issuance'
import { createOcsp, type OcspStore } from '@/lib/services/ocsp'
import { createOcspResponders, type OcspResponderStore } from '@/lib/services/ocsp-responders'
import { createProfileSigners, type ProfileSignerStore } from '@/lib/services/profile-signers'
import { createRegistrationAuthorities, type RegistrationAuthorityStore } from '@/lib/services/registration-authorities'
import { createStatus, type StatusStore } from '@/lib/services/status'
import { createTrust, type TrustStore } from '@/lib/services/trust'
import { createUrls } from '@/lib/services/urls'
import { memoryAuthorityImportStore } from './authority-import-store'
import { memoryAuthorityStore, memoryGroupStore, memoryRegistrationAuthorityStore } from './authority-stores'
import { memoryBulkRevocationStore } from './bulk-store'
import { memoryCertificateStore } from './certificate-stores'
import { memoryCrlListStore, memoryShardStore, memoryStatusStore } from './crl-stores'
import { fakeSigner, type SignerRecords } from './fake-signer'
import { memoryIssuanceStore } from './issuance-store'
import { memoryOcspResponderStore, memoryOcspStore } from './ocsp-stores'
import { memoryProfileSignerStore } from './profile-signer-store'
import { memoryTrustStore } from './trust-store'
import { emptyWorld, recordsOf, type World } from './world'

export interface Stores {
  authorities: AuthorityStore
  authorityImports: AuthorityImportStore
  registrationAuthorities: RegistrationAuthorityStore
  groups: GroupStore & EndpointStore
  issuance: IssuanceStore
  certificates: CertificateStore
  bulkRevocations: BulkRevocationStore
  status: StatusStore
  ocspResponders: OcspResponderStore
  profileSigners: ProfileSignerStore
  ocsp: OcspStore
  shards: ShardStore
  crlLists: CrlListStore
  trust: TrustStore
}

export interface TrailEntry {
  type: string
  outcome: string
  reason: string | null
  object: string
  objectId: string | null
}

/** What tests do beside the services: rows that other services own, and a look at what came of them. */
export interface Backing {
  stores: Stores
  records: SignerRecords
  addOrganisation(name: string, rootId: string): Promise<void>
  addReservedChallenge(challenge: {
    endpointId: string
    spkiSha256: Uint8Array
    expiresAt: Date
    now: Date
  }): Promise<{ challengeId: string; enrolmentTransactionId: string }>
  addTransaction(endpointId: string, now: Date): Promise<string>
  setChallenge(id: string, state: 'revoked'): Promise<void>
  challengeState(id: string): Promise<ChallengeState>
  transaction(id: string): Promise<{ state: string; reason: string | null; certificateId: string | null }>
  certificateState(id: string): Promise<string>
  crlDueSince(authorityId: string): Promise<Date | null>
  /** Moves the end of a certificate, as time would. */
  setNotAfter(certificateId: string, notAfter: Date): Promise<void>
  setNotBefore(certificateId: string, notBefore: Date): Promise<void>
  /** Marks the certificate of an authority, and the authority, as revoked. */
  revokeAuthority(authorityId: string, at: Date): Promise<void>
  /** Oldest first. */
  trail(): Promise<TrailEntry[]>
  close(): Promise<void>
}

export const NOON = new Date('2026-11-23T12:00:00.000Z')
export const DAY_MS = 86_400_000

export type Installation = ReturnType<typeof installation>

export function installation(backing: Backing, options: { checkpoint?: IntentDeps['checkpoint'] } = {}) {
  const time = { now: NOON }
  const clock = () => time.now
  const { stores } = backing
  const signer = fakeSigner(backing.records, clock)
  const urls = createUrls({
    publicUrl: new URL('https://portal.example.com'),
    statusUrl: new URL('http://pki.example.com'),
  })
  const pokes: string[] = []
  const onCrlDue = () => {
    pokes.push('crl')
  }
  const issuance = createIssuance({
    store: stores.issuance,
    signer,
    urls,
    clock,
    ...(options.checkpoint ? { checkpoint: options.checkpoint } : {}),
  })
  const services = {
    issuance,
    authorities: createAuthorities({ store: stores.authorities, signer, issuance, urls, clock }),
    authorityImports: createAuthorityImports({ store: stores.authorityImports, signer, urls, clock, onCrlDue }),
    groups: createGroups({ store: stores.groups, signer, issuance, urls, clock, onCrlDue }),
    endpoints: createEndpoints({ store: stores.groups, signer, issuance, urls, clock }),
    registrationAuthorities: createRegistrationAuthorities({
      store: stores.registrationAuthorities,
      signer,
      issuance,
      urls,
      clock,
    }),
    certificates: createCertificates({ store: stores.certificates, clock, onCrlDue }),
    bulkRevocations: createBulkRevocations({ store: stores.bulkRevocations, clock, onCrlDue, batch: 2 }),
    status: createStatus({ store: stores.status, signer, clock }),
    ocspResponders: createOcspResponders({ store: stores.ocspResponders, signer, issuance, clock }),
    profileSigners: createProfileSigners({ store: stores.profileSigners, signer, issuance, urls, clock }),
    ocsp: createOcsp({ store: stores.ocsp, signer, clock, elapsed: () => time.now.getTime() }),
    shards: createShards({ store: stores.shards, urls, clock }),
    crlLists: createCrlLists({ store: stores.crlLists, urls, clock }),
    trust: createTrust({ store: stores.trust, urls, clock }),
  }

  async function setUp(organisation = 'Example') {
    const root = await services.authorities.createRoot(systemActor('cli', 'test'), { organisation, key: 'p384' })
    await backing.addOrganisation(organisation, root.id)
    return root
  }

  async function createGroup(name = 'Staff', issuerKey: IssuerKey = 'p256') {
    const group = await services.groups.create(actor('admin'), { name, issuerKey })
    const endpoint = group.endpoints[0]
    if (!endpoint || !group.issuer) throw new Error('a group without endpoint or issuer')
    return { ...group, issuer: group.issuer, endpoint }
  }

  /** A challenge in the state in which ENROLMENT hands it over, and the proof of it. */
  async function reserve(endpointId: string, device: Device, ttlMs = 3_600_000) {
    const ids = await backing.addReservedChallenge({
      endpointId,
      spkiSha256: new Uint8Array(createHash('sha256').update(device.spki).digest()),
      expiresAt: new Date(time.now.getTime() + ttlMs),
      now: time.now,
    })
    return { ...ids, proof: proofOf({ ...ids, endpointId }, device) }
  }

  async function enrol(endpointId: string, device: Device = newDevice()) {
    const { proof, challengeId, enrolmentTransactionId } = await reserve(endpointId, device)
    const issued = await services.issuance.issueLeaf({ actor: deviceActor(), proof, csr: device.csr })
    return { ...issued, challengeId, enrolmentTransactionId }
  }

  /** Event types recorded while `work` ran. */
  async function trailOf<T>(work: () => Promise<T>): Promise<{ result: T; trail: TrailEntry[] }> {
    const before = (await backing.trail()).length
    const result = await work()
    return { result, trail: (await backing.trail()).slice(before) }
  }

  const deps = { signer, issuance, urls, clock }
  return { ...services, deps, backing, stores, signer, urls, time, pokes, setUp, createGroup, reserve, enrol, trailOf }
}

export interface Device {
  subject: RelativeName[]
  san: SubjectAlternativeName[]
  privateKey: KeyObject
  spki: Uint8Array
  csr: Uint8Array
}

export function newDevice(name = 'tablet-7', san: SubjectAlternativeName[] = []): Device {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return deviceOf(name, san, privateKey, publicKey)
}

export function deviceOf(
  name: string,
  san: SubjectAlternativeName[],
  privateKey: KeyObject,
  publicKey: KeyObject,
): Device {
  const subject = [
    { type: 'CN', value: name },
    { type: 'O', value: 'Example' },
  ]
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  return { subject, san, privateKey, spki, csr: buildCsr({ subject, san, privateKey }) }
}

export function proofOf(
  ids: { challengeId: string; enrolmentTransactionId: string; endpointId: string },
  { subject, san }: Pick<Device, 'subject' | 'san'>,
): EnrolmentProof {
  return EnrolmentProof.ofReservedChallenge({ ...ids, constraints: { v: 1, subject, san } })
}

export function actor(role: Role): Actor {
  return {
    type: 'user',
    id: '00000000-0000-4000-8000-000000000001',
    name: 'Ada Admin',
    role,
    via: 'ui',
    ip: '192.0.2.1',
    userAgent: 'test',
    requestId: 'request-1',
  }
}

export function deviceActor(): Actor {
  return {
    type: 'device',
    id: null,
    name: 'tablet-7',
    role: null,
    via: 'scep',
    ip: '192.0.2.9',
    userAgent: 'device',
    requestId: 'request-2',
  }
}

/** What time and other services do to certificates. */
export function memoryMoves(world: World): Pick<Backing, 'setNotAfter' | 'setNotBefore' | 'revokeAuthority'> {
  const certificate = (id: string) => {
    const row = world.certificates.find((each) => each.id === id)
    if (!row) throw new Error(`no certificate ${id}`)
    return row
  }
  return {
    async setNotAfter(id, notAfter) {
      certificate(id).notAfter = notAfter
    },
    async setNotBefore(id, notBefore) {
      certificate(id).notBefore = notBefore
    },
    async revokeAuthority(id, at) {
      const authority = world.authorities.find((each) => each.id === id)
      if (!authority) throw new Error(`no authority ${id}`)
      authority.status = 'revoked'
      const row = certificate(authority.certificateId)
      Object.assign(row, { revokedAt: at, revocationReason: 'cACompromise', revokedBy: 'Ada Admin' })
    },
  }
}

export function memoryBacking(world = emptyWorld(() => NOON)): Backing {
  const one = <T extends { id: string }>(rows: T[], id: string): T => {
    const row = rows.find((each) => each.id === id)
    if (!row) throw new Error(`no row ${id}`)
    return row
  }
  const addTransaction = async (_endpointId: string, now: Date) => {
    const id = crypto.randomUUID()
    world.transactions.push({
      id,
      state: 'received',
      messageType: 19,
      reason: null,
      certificateId: null,
      sourceIp: '192.0.2.9',
      userAgent: 'device',
      createdAt: now,
    })
    return id
  }
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
    records: recordsOf(world),
    addTransaction,
    async addOrganisation(name, rootId) {
      world.organisation = { name, rootId }
    },
    async addReservedChallenge({ endpointId, spkiSha256, expiresAt, now }) {
      const challengeId = crypto.randomUUID()
      world.challenges.push({
        id: challengeId,
        endpointId,
        state: 'reserved',
        expiresAt,
        reservedSpkiSha256: spkiSha256,
        mintedBy: 'Ada Admin',
        createdAt: now,
      })
      return { challengeId, enrolmentTransactionId: await addTransaction(endpointId, now) }
    },
    async setChallenge(id, state) {
      one(world.challenges, id).state = state
    },
    challengeState: async (id) => one(world.challenges, id).state,
    transaction: async (id) => {
      const { state, reason, certificateId } = one(world.transactions, id)
      return { state, reason, certificateId }
    },
    certificateState: async (id) => one(world.certificates, id).state,
    crlDueSince: async (id) => one(world.authorities, id).crlDueSince,
    ...memoryMoves(world),
    trail: async () =>
      world.events.map(({ type, outcome, reason, object }) => ({
        type,
        outcome,
        reason: reason ?? null,
        object: object.type,
        objectId: object.id,
      })),
    close: async () => {},
  }
}
