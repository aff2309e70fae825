/** The whole SCEP service in process, and what must hold after every request to it. */
import type { KeyObject } from 'node:crypto'
import { isCertRep } from '@/lib/adapters/keys/scep-attributes'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseDer } from '@/lib/pki/der'
import { nameToText } from '@/lib/pki/name'
import { type EnrolmentBacking, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { primeKey } from '@/lib/services/testing/fake-signer'
import { actor } from '@/lib/services/testing/harness'
import { type DeviceRequest, type DeviceResponse, devicePath, deviceResponse } from '@/server/device-paths'

/** Bound to this subject, whatever a request asks for. */
export const SUBJECT = 'CN=tablet-7,O=Example'
export const SAN = [{ type: 'dns', value: 'tablet-7.example' }] as const

export interface Minted {
  id: string
  challenge: string
}

export interface Target {
  slug: string
  raDer: Uint8Array
  /** A fresh challenge for SUBJECT and SAN. */
  mint(): Promise<Minted>
  /** Everything wrong with what came of this request, or of so many copies at once; empty when all is well. */
  judge(request: DeviceRequest, may: Allowed, copies?: number): Promise<{ problems: string[]; issued: boolean }>
  /** Whether the challenge can still be used. */
  isPending(minted: Minted): Promise<boolean>
}

/** What a request is entitled to. */
export interface Allowed {
  /** SubjectPublicKeyInfo of the only key that may be certified; null when nothing may be issued. */
  key: Uint8Array | null
  /** The challenge that may be spent, or revoked by mismatches when `mismatch` says so; all others stay as they are. */
  challenge: Minted | null
  mismatch: boolean
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

export async function fuzzTarget(
  backing: EnrolmentBacking,
  ra: { key: KeyObject; der: Uint8Array },
): Promise<Target & { forget(): void }> {
  primeKey('rsa2048', ra.key)
  certify(backing, ra.der)
  const portal = await enrolmentPortal(
    backing,
    { limits: LIMITS, patienceMilliseconds: 600_000 },
    { pause: () => new Promise((resolve) => setImmediate(resolve)) },
  )
  const sign = portal.signer.signScepReply
  const refusedToSign: string[] = []
  portal.signer.signScepReply = (keyId, digest, signedAttributes) => {
    // The real signer recognises what it signs, and the answer would be a 503.
    if (!isCertRep(signedAttributes)) refusedToSign.push(Buffer.from(signedAttributes).toString('hex'))
    return sign(keyId, digest, signedAttributes)
  }
  const { signCertificate } = portal.signer
  const certificates: Uint8Array[] = []
  portal.signer.signCertificate = async (id) => {
    const der = await signCertificate(id)
    certificates.push(der)
    return der
  }
  const services = {
    scepEnrolment: portal.scep,
    status: portal.status,
    ocsp: portal.ocsp,
    trust: portal.trust,
    minters: portal.minters,
  }
  const untouched = new Map<string, Minted>()

  return {
    slug: portal.slug,
    raDer: ra.der,
    async mint() {
      // By the command line, which may mint as many as it likes.
      const minter = { ...actor('operator'), via: 'cli' as const }
      const minted = await portal.challenges.mint(minter, { endpoint: portal.slug, subject: SUBJECT, san: [...SAN] })
      untouched.set(minted.id, minted)
      return minted
    },
    isPending: async ({ id }) => (await backing.challengeState(id)) === 'pending',
    judge,
    forget() {
      portal.logged.length = 0
      portal.paused.length = 0
      portal.signer.used.length = 0
    },
  }

  async function judge(
    request: DeviceRequest,
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
    const issued = newCertificates(may, problems)
    await checkChallenges(may, issued, problems)
    return { problems, issued }
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

  function newCertificates(may: Allowed, problems: string[]): boolean {
    const signed = certificates.splice(0)
    if (signed.length > 1) problems.push('more than one certificate')
    for (const der of signed) {
      const { spki, subjectDer, san } = parseCertificate(der)
      if (may.key === null || !Buffer.from(spki).equals(may.key)) problems.push('a certificate for another key')
      if (nameToText(subjectDer) !== SUBJECT) problems.push(`a certificate for ${nameToText(subjectDer)}`)
      if (san.some(({ type, value }) => type !== SAN[0].type || value !== SAN[0].value)) problems.push('a name more')
    }
    return signed.length > 0
  }

  async function checkChallenges(may: Allowed, issued: boolean, problems: string[]): Promise<void> {
    for (const [id, minted] of untouched) {
      const state = await backing.challengeState(id)
      if (state === 'pending') continue
      untouched.delete(id)
      const own = may.challenge?.id === id
      if (own && issued && state === 'consumed') continue
      if (own && may.mismatch && state === 'revoked') continue
      problems.push(`the challenge ${minted.id} is ${state}`)
    }
  }
}

/** The registration authority that captured messages name, so that they open and a kept request means the same again. */
function certify({ enrolment }: EnrolmentBacking, certificateDer: Uint8Array): void {
  const { endpoint } = enrolment.enrolment
  enrolment.enrolment.endpoint = async (slug) => {
    const found = await endpoint(slug)
    const authorities = found?.registrationAuthorities.map((authority) => ({ ...authority, certificateDer }))
    return found && { ...found, registrationAuthorities: authorities ?? [] }
  }
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
