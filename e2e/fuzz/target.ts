/** The whole SCEP service in process, with an endpoint of each policy, and what must hold after every request to it. */
import type { KeyObject } from 'node:crypto'
import { isCertRep } from '@/lib/adapters/keys/scep-attributes'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseDer } from '@/lib/pki/der'
import { type EnrolmentBacking, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { primeKey } from '@/lib/services/testing/fake-signer'
import { type DeviceRequest, type DeviceResponse, devicePath, deviceResponse } from '@/server/device-paths'
import { withoutHooks } from '@/server/testing/without-hooks'
import { withoutRadius } from '@/server/testing/without-radius'
import { createDelegate, type Delegate } from './delegate'
import { type Allowed, approvalPlace, delegatedPlace, dynamicPlace, type Place, staticPlace } from './places'
import type { Chance } from './random'

export interface Target {
  raDer: Uint8Array
  /** One endpoint for each policy. */
  places: Place[]
  /** Before each round: fresh challenges where they were spent, and what people and validators do meanwhile. */
  renew(by: Chance): Promise<void>
  /**
   * Everything wrong with what came of this request to a place, or of so many copies at once; empty when all is well.
   */
  judge(
    request: DeviceRequest,
    place: Place,
    may: Allowed,
    copies?: number,
  ): Promise<{ problems: string[]; issued: boolean }>
  forget(): void
}

/** Nobody is shut out: behind a limit there is nothing to find. */
const ENDLESS = { count: 1_000_000_000, seconds: 60 }
const LIMITS = {
  operations: ENDLESS,
  wrongChallenges: ENDLESS,
  guessesAtEndpoint: ENDLESS,
  decryptionFailures: ENDLESS,
  recordedFailures: 1e9,
}
/** What a key that does not unwrap is logged as; every other error is a bug of ours. */
const EXPECTED_ERROR = 'scep.decrypt_failed'
const MOST_CPU_MS = 1_000

export async function fuzzTarget(backing: EnrolmentBacking, ra: { key: KeyObject; der: Uint8Array }): Promise<Target> {
  primeKey('rsa2048', ra.key)
  const delegate = createDelegate(backing)
  const opening = openEverywhere(backing, ra.der, delegate)
  const portal = await enrolmentPortal(
    backing,
    { limits: LIMITS, patienceMilliseconds: 600_000 },
    {
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      authorisers: { delegated: delegate.authoriser },
    },
  )
  opening.home = portal.slug
  const sign = portal.signer.signScepReply
  const refusedToSign: string[] = []
  portal.signer.signScepReply = (keyId, digest, signedAttributes) => {
    // The real signer recognises what it signs, and the answer would be a 503.
    if (!isCertRep(signedAttributes)) refusedToSign.push(Buffer.from(signedAttributes).toString('hex'))
    return sign(keyId, digest, signedAttributes)
  }
  const surroundings = { backing, portal }
  const certificates: Uint8Array[] = []
  const signed = () => certificates.splice(0).map((der) => parseCertificate(der))
  const places = [
    await dynamicPlace(surroundings),
    await staticPlace(surroundings),
    await approvalPlace(surroundings, signed),
    await delegatedPlace(surroundings, delegate),
  ]
  const { signCertificate } = portal.signer
  portal.signer.signCertificate = async (id) => {
    const der = await signCertificate(id)
    certificates.push(der)
    return der
  }
  const services = {
    ...withoutRadius,
    ...withoutHooks,
    scepEnrolment: portal.scep,
    status: portal.status,
    ocsp: portal.ocsp,
    trust: portal.trust,
    minters: portal.minters,
  }

  return {
    raDer: ra.der,
    places,
    async renew(by) {
      for (const place of places) await place.renew(by)
    },
    judge,
    forget() {
      portal.logged.length = 0
      portal.paused.length = 0
      portal.signer.used.length = 0
    },
  }

  async function judge(
    request: DeviceRequest,
    place: Place,
    may: Allowed,
    copies = 1,
  ): Promise<{ problems: string[]; issued: boolean }> {
    const problems: string[] = []
    const cpu = process.cpuUsage()
    const responses = await Promise.all(Array.from({ length: copies }, () => answered(request, problems)))
    const spent = process.cpuUsage(cpu)
    const milliseconds = (spent.user + spent.system) / 1_000
    if (milliseconds > MOST_CPU_MS) problems.push(`took ${Math.round(milliseconds)} ms of processor time`)
    for (const response of responses) if (response !== null) problems.push(...replyFaults(response))
    for (const { level, event, facts } of portal.logged.splice(0))
      if (level === 'error' && event !== EXPECTED_ERROR) problems.push(`${event}: ${JSON.stringify(facts)}`)
    for (const bytes of refusedToSign.splice(0)) problems.push(`the signer would not sign ${bytes}`)
    const issued = newCertificates(place, may, problems)
    // At every place: what is sent to one changes nothing at another.
    for (const each of places) problems.push(...(await each.faults(may, each === place ? issued : 0)))
    return { problems, issued: issued > 0 }
  }

  async function answered(request: DeviceRequest, problems: string[]): Promise<DeviceResponse | null> {
    if (devicePath(request.path) !== 'scep') return null
    try {
      const response = await deviceResponse(services, request)
      if (response.status >= 500) problems.push(`HTTP ${response.status}`)
      return response
    } catch (error) {
      problems.push(`thrown: ${error instanceof Error ? error.stack : String(error)}`)
      return null
    }
  }

  function newCertificates(place: Place, may: Allowed, problems: string[]): number {
    const issued = signed()
    if (issued.length > 1) problems.push('more than one certificate')
    for (const certificate of issued) {
      if (may.key === null || !Buffer.from(certificate.spki).equals(may.key))
        problems.push('a certificate for another key')
      const misnamed = place.misnamed(certificate)
      if (misnamed !== null) problems.push(misnamed)
    }
    return issued.length
  }
}

/**
 * Every endpoint opens with the registration authority that captured messages name, so that a kept request means the same
 * again, and the paths that name no endpoint lead to the first one.
 */
function openEverywhere(
  { enrolment }: EnrolmentBacking,
  certificateDer: Uint8Array,
  delegate: Delegate,
): { home: string } {
  const opening = { home: '' }
  const { endpoint } = enrolment.enrolment
  enrolment.enrolment.endpoint = async (slug) => {
    const found = await endpoint(slug === '' ? opening.home : slug)
    const home = found && (await endpoint(opening.home || slug))
    if (found === null || home === null) return null
    const registrationAuthorities = home.registrationAuthorities.map((authority) => ({ ...authority, certificateDer }))
    return { ...found, registrationAuthorities, validatorId: delegate.validatorAt(found.slug) }
  }
  return opening
}

/** Whatever was asked: strict DER, and only the statuses and types of scep.md §1 and §7. */
function replyFaults({ status, headers, body }: DeviceResponse): string[] {
  const faults: string[] = []
  if (![200, 400, 404, 405, 413, 415].includes(status)) faults.push(`HTTP ${status} is no answer of this endpoint`)
  if (Number(headers['Content-Length']) !== body.length) faults.push('Content-Length differs')
  if (headers['Content-Type'] !== 'application/x-pki-message') return faults
  try {
    parseDer(body)
  } catch (error) {
    faults.push(`the reply is no DER: ${String(error)}`)
  }
  return faults
}
