/**
 * Where a certificate came from, told from what is kept of its issuance alone: who asked and from where, what allowed it,
 * under which version of the policy, what a validator said, who approved, and which key signed. Nothing of it changes when
 * settings do.
 */
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import type { Actor } from './actor'
import type { AuditEventView, Json } from './audit'
import { sha256 } from './certificate-intent'
import { keyOf } from './certificate-requests'
import type { ChallengeOrigin } from './challenges'
import { authorise } from './permissions'
import {
  changesBetween,
  type PolicyChange,
  type PolicyVersionRow,
  type PolicyVersionView,
  viewOf,
} from './policy-versions'

export interface ProvenanceView {
  certificate: { id: string; kind: string; serial: string; subject: string }
  requested: ProvenanceRequest
  /** Null for what no challenge authorised: certificates of authorities and the like. */
  allowed: ProvenanceAllowance | null
  /** Null where no endpoint issued it. */
  policy: ProvenancePolicy | null
  /** Under the policy `delegated`. */
  validator: { name: string; connector: string | null; verdict: string; data: Json } | null
  approvals: { name: string; approves: boolean; comment: string | null; at: Date }[]
  /** Calls to MDMs about this request. */
  calls: ProvenanceCall[]
  signed: ProvenanceSignature
  /** The audit events of all this, oldest first. */
  events: AuditEventView[]
}

export interface ProvenanceRequest {
  at: Date
  /** A person or a job, for what no device asked for. */
  by: { type: string; name: string; via: string }
  sourceIp: string | null
  userAgent: string | null
  /** Family of lib/scep/client-catalogue. */
  client: string | null
  transactionId: string | null
}

export interface ProvenanceAllowance {
  origin: ChallengeOrigin
  challengeId: string
  by: string
  via: string
  from: string | null
  at: Date
  /** Of a static secret: what tells it apart. */
  secretHint: string | null
  /** Whose signed challenge it was. */
  minter: string | null
  renews: { id: string; serial: string } | null
}

export interface ProvenancePolicy {
  endpoint: { slug: string; name: string }
  group: { slug: string; name: string } | null
  /** Of its drawing up; null for certificates from before versions were kept. */
  version: PolicyVersionView | null
  /** Of the request, where that was another one: the policy changed while it waited. */
  requestedUnder: number | null
  current: number
  /** What is different at the endpoint today. */
  changedSince: PolicyChange[]
  /** What held for the group at that moment. */
  groupVersion: number | null
}

export interface ProvenanceCall {
  connector: { slug: string; name: string }
  operation: string
  outcome: string
  code: string | null
  detail: string | null
  at: Date
}

export interface ProvenanceSignature {
  issuer: { slug: string; name: string }
  keyId: string
  keyAlgorithm: string
  /** SHA-256 of the signing key's SubjectPublicKeyInfo, lower-case hex. */
  keySha256: string | null
  subjectKeyId: string
  /** When its serial was taken and its bytes were fixed. */
  drawnUpAt: Date
  at: Date
  /** Of the bytes that were signed. */
  tbsSha256: string
}

export interface ProvenanceService {
  /** By row id or serial. Refusals: not_found, conflict (a serial of several issuers). */
  of(actor: Actor, idOrSerial: string): Promise<ProvenanceView>
}

export interface ProvenanceRecord {
  certificate: ProvenanceView['certificate']
  drawnUpAt: Date
  issuedAt: Date
  tbsSha256: Uint8Array
  policyVersion: number | null
  endpoint: { id: string; slug: string; name: string; policyVersion: number } | null
  group: { id: string; slug: string; name: string } | null
  issuer: {
    slug: string
    name: string
    keyId: string
    keyAlgorithm: string
    subjectKeyId: Uint8Array
    certificateDer: Uint8Array | null
  }
  transaction: {
    id: string
    at: Date
    sourceIp: string | null
    userAgent: string | null
    client: string | null
    policyVersion: number | null
  } | null
  challenge: {
    id: string
    origin: ChallengeOrigin
    mintedBy: string
    mintedVia: string
    mintedFrom: string | null
    createdAt: Date
    evidence: { [key: string]: Json }
  } | null
  renews: { id: string; serial: string } | null
  decisions: ProvenanceView['approvals']
  calls: ProvenanceCall[]
}

export interface ProvenanceStore {
  /** Issued ones; two when a serial is ambiguous across issuers. */
  find(key: { id: string } | { serial: string }): Promise<ProvenanceRecord[]>
  /** The versions of an endpoint with these numbers, in any order. */
  endpointVersions(endpointId: string, versions: number[]): Promise<PolicyVersionRow[]>
  /** The version of a group that held at that moment. */
  groupVersionAt(groupId: string, at: Date): Promise<number | null>
  /** Events about these objects, newest first. */
  events(objectIds: string[], limit: number): Promise<AuditEventView[]>
}

const MOST_EVENTS = 100

export function createProvenance({ store }: { store: ProvenanceStore }): ProvenanceService {
  return {
    async of(actor, idOrSerial) {
      authorise(actor, 'provenance:read')
      const [record, another] = await store.find(keyOf(idOrSerial))
      if (record === undefined)
        throw new Refusal('not_found', 'There is no such certificate.', { reason: 'certificate_unknown' })
      if (another !== undefined)
        throw new Refusal('conflict', 'Several issuers use this serial number. Use the id instead.', {
          reason: 'ambiguous_serial',
        })
      const { certificate, challenge, transaction } = record
      const objects = [certificate.id, challenge?.id, transaction?.id].filter((id) => id !== undefined)
      const [policy, newestFirst] = await Promise.all([policyOf(store, record), store.events(objects, MOST_EVENTS)])
      const events = newestFirst.toReversed()
      return {
        certificate,
        requested: requestOf(record, events),
        allowed: challenge && allowanceOf(challenge, record.renews),
        policy,
        validator: challenge && validatorOf(challenge.evidence),
        approvals: record.decisions,
        calls: record.calls,
        signed: signatureOf(record),
        events,
      }
    },
  }
}

async function policyOf(store: ProvenanceStore, record: ProvenanceRecord): Promise<ProvenancePolicy | null> {
  const { endpoint, group, policyVersion, transaction, certificate } = record
  if (endpoint === null || certificate.kind !== 'leaf') return null
  const asked = policyVersion === null ? [] : [policyVersion, policyVersion - 1]
  const rows = await store.endpointVersions(endpoint.id, [...asked, endpoint.policyVersion])
  const row = (version: number) => rows.find((each) => each.version === version) ?? null
  const used = policyVersion === null ? null : row(policyVersion)
  const current = row(endpoint.policyVersion)
  const before = used === null ? null : row(used.version - 1)
  return {
    endpoint: { slug: endpoint.slug, name: endpoint.name },
    group: group && { slug: group.slug, name: group.name },
    version: used && viewOf(used, before),
    requestedUnder: transaction?.policyVersion === policyVersion ? null : (transaction?.policyVersion ?? null),
    current: endpoint.policyVersion,
    changedSince: used === null || current === null ? [] : changesBetween(used.state, current.state),
    groupVersion: group === null ? null : await store.groupVersionAt(group.id, record.drawnUpAt),
  }
}

/** A device's request has a transaction; what the installation or a person asked for is told by its first event. */
function requestOf(
  { transaction, drawnUpAt, certificate }: ProvenanceRecord,
  events: AuditEventView[],
): ProvenanceRequest {
  const first = events.find(({ object }) => object.id === certificate.id)
  const { type = 'system', name = 'not recorded' } = first?.actor ?? {}
  const by = { type, name, via: first?.source.via ?? 'unknown' }
  if (transaction === null)
    return {
      at: first?.time ?? drawnUpAt,
      by,
      sourceIp: first?.source.ip ?? null,
      userAgent: first?.source.userAgent ?? null,
      client: null,
      transactionId: null,
    }
  const { id, at, sourceIp, userAgent, client } = transaction
  return { at, by, sourceIp, userAgent, client, transactionId: id }
}

function allowanceOf(
  challenge: NonNullable<ProvenanceRecord['challenge']>,
  renews: ProvenanceRecord['renews'],
): ProvenanceAllowance {
  const { id, origin, mintedBy: by, mintedVia: via, mintedFrom: from, createdAt: at, evidence } = challenge
  return {
    ...{ origin, challengeId: id, by, via, from, at },
    secretHint: textOf(evidence.hint),
    minter: textOf(evidence.minter),
    renews,
  }
}

function validatorOf(evidence: { [key: string]: Json }): ProvenanceView['validator'] {
  const name = textOf(evidence.validator)
  if (name === null) return null
  const { connector, verdict, data = null } = evidence
  return { name, connector: textOf(connector), verdict: textOf(verdict) ?? 'not recorded', data }
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function signatureOf({ issuer, drawnUpAt, issuedAt, tbsSha256 }: ProvenanceRecord): ProvenanceSignature {
  const { slug, name, keyId, keyAlgorithm, subjectKeyId, certificateDer } = issuer
  return {
    issuer: { slug, name },
    keyId,
    keyAlgorithm,
    keySha256: certificateDer && hex(sha256(parseCertificate(certificateDer).spki)),
    subjectKeyId: hex(subjectKeyId),
    drawnUpAt,
    at: issuedAt,
    tbsSha256: hex(tbsSha256),
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
