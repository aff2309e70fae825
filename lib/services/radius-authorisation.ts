/**
 * Whether the network lets a certificate in, and with what: decided anew each time a device logs in. A RADIUS server
 * calls this after it has checked the certificate itself; here is what only the issuer knows.
 */
import { oneLineName } from '@/lib/pki/openssl-name'
import type { AccessAttributes } from '@/lib/radius/rest-answer'
import type { AccessQuestion } from '@/lib/radius/rest-request'
import { secondsLeft } from './access-windows'
import type { Actor } from './actor'
import type { RevocationReason } from './certificates'
import type { NetworkAccess } from './network-access'
import { isNamed } from './network-access-rules'
import type { NetworkDecisions } from './network-decisions'
import { authorise } from './permissions'

/** Why a certificate is not let in. The first list is about the certificate, the second about where and when it asks. */
export type CertificateFault =
  | 'certificate_unknown'
  | 'certificate_revoked'
  | 'certificate_held'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'issuer_revoked'
  | 'access_off'
export type PlaceFault = 'ssid_not_allowed' | 'network_server_not_allowed' | 'outside_hours'
export type AccessFault = CertificateFault | PlaceFault

export type AccessDecision =
  | { accept: true; granted: AccessAttributes }
  | { accept: false; about: 'certificate'; reason: CertificateFault }
  | { accept: false; about: 'place'; reason: PlaceFault }

/** A leaf that was released, with what is true of it now. */
export interface AccessSubject {
  certificateId: string
  subject: string
  notBefore: Date
  notAfter: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  /** The issuer's own certificate, or one above it, is revoked. */
  issuerRevoked: boolean
  groupId: string | null
  access: NetworkAccess | null
}

export interface AuthorisationStore {
  /** Every issuer there is, retired ones too: their certificates live on. */
  issuers(): Promise<{ id: string; subjectDer: Uint8Array; subjectKeyId: Uint8Array }[]>
  /** One statement. Null for a serial that was never released, or is no device's. */
  subject(authorityIds: readonly string[], serial: string): Promise<AccessSubject | null>
}

export interface RadiusAuthorisation {
  /** Refusals: forbidden, unavailable. */
  decide(actor: Actor, question: AccessQuestion): Promise<AccessDecision>
}

export interface RadiusAuthorisationDeps {
  store: AuthorisationStore
  decisions: Pick<NetworkDecisions, 'accepted' | 'refused'>
  clock: () => Date
}

/** Issuers come rarely: a new one is known at the first question about it, and nothing about one ever changes. */
const ISSUERS_ASKED_AGAIN_MS = 1_000

export function createRadiusAuthorisation({ store, decisions, clock }: RadiusAuthorisationDeps): RadiusAuthorisation {
  let issuers = { byKeyId: new Map<string, string[]>(), byName: new Map<string, string[]>() }
  let asked = Number.NEGATIVE_INFINITY

  return {
    async decide(actor, question) {
      authorise(actor, 'radius:authorize')
      const now = clock()
      const ids = await issuersOf(question, now)
      const subject = ids.length === 0 ? null : await store.subject(ids, question.serial)
      const decision = decided(subject, question, now)
      if (decision.accept && subject !== null)
        decisions.accepted({ at: now, question, subject, granted: decision.granted })
      if (!decision.accept) decisions.refused({ at: now, question, subject, reason: decision.reason, actor })
      return decision
    },
  }

  /** By the key that signed it where that is said, for two issuers may have one name. */
  async function issuersOf({ authorityKeyId, issuer }: AccessQuestion, now: Date): Promise<string[]> {
    const find = () => {
      if (authorityKeyId === null) return issuers.byName.get(issuer ?? '') ?? []
      const ids = issuers.byKeyId.get(authorityKeyId) ?? []
      // Two that call their keys alike: nobody knows whose certificate it is, so it lets nobody in.
      return ids.length === 1 ? ids : []
    }
    const known = find()
    if (known.length > 0 || Math.abs(now.getTime() - asked) < ISSUERS_ASKED_AGAIN_MS) return known
    issuers = indexed(await store.issuers())
    asked = now.getTime()
    return find()
  }
}

function indexed(records: Awaited<ReturnType<AuthorisationStore['issuers']>>) {
  const byKeyId = new Map<string, string[]>()
  const byName = new Map<string, string[]>()
  for (const { id, subjectDer, subjectKeyId } of records) {
    const keyId = Buffer.from(subjectKeyId).toString('hex')
    const name = oneLineName(subjectDer)
    byKeyId.set(keyId, [...(byKeyId.get(keyId) ?? []), id])
    byName.set(name, [...(byName.get(name) ?? []), id])
  }
  return { byKeyId, byName }
}

function decided(subject: AccessSubject | null, question: AccessQuestion, now: Date): AccessDecision {
  if (subject === null) return { accept: false, about: 'certificate', reason: 'certificate_unknown' }
  const certificate = certificateFault(subject, now)
  if (certificate !== null) return { accept: false, about: 'certificate', reason: certificate }
  const { access } = subject
  if (access === null || !access.enabled) return { accept: false, about: 'certificate', reason: 'access_off' }
  const left = secondsLeft(access.windows, access.timeZone, now)
  const place = placeFault(access, question, left)
  if (place !== null) return { accept: false, about: 'place', reason: place }
  return { accept: true, granted: granted(access, subject, left, now) }
}

function certificateFault(subject: AccessSubject, now: Date): CertificateFault | null {
  if (subject.issuerRevoked) return 'issuer_revoked'
  if (subject.revokedAt !== null)
    return subject.revocationReason === 'certificateHold' ? 'certificate_held' : 'certificate_revoked'
  if (subject.notAfter < now) return 'certificate_expired'
  return subject.notBefore > now ? 'certificate_not_yet_valid' : null
}

function placeFault(access: NetworkAccess, question: AccessQuestion, left: number | null): PlaceFault | null {
  if (access.ssids.length > 0 && !access.ssids.includes(question.ssid?.normalize('NFC') ?? ''))
    return 'ssid_not_allowed'
  if (access.networkServers.length > 0 && !isNamed(access.networkServers, question.networkServers))
    return 'network_server_not_allowed'
  return left === 0 ? 'outside_hours' : null
}

/** Nobody stays longer than the hours last, or than the certificate is valid, once sessions end at all. */
function granted(access: NetworkAccess, { notAfter }: AccessSubject, left: number | null, now: Date): AccessAttributes {
  const { vlan, filterId, class: name, sessionTimeoutSeconds } = access
  const bounds = [sessionTimeoutSeconds, left].filter((seconds) => seconds !== null)
  const valid = Math.max(1, Math.floor((notAfter.getTime() - now.getTime()) / 1000))
  return {
    vlan,
    filterId,
    class: name,
    sessionTimeoutSeconds: bounds.length === 0 ? null : Math.min(...bounds, valid),
  }
}
