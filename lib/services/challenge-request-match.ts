/** Names and rules together: whether a request says what its challenge allows, and what the certificate then says. */
import { isRefusal } from '@/lib/errors'
import type { Csr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { parseExtendedKeyUsage } from '@/lib/pki/extension-values'
import { attributeName, encodeName, namesEqual, nameToText } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { sha256 } from './certificate-intent'
import { canonicalName, checkedConstraints, unresolvedVariable } from './challenge-constraints'
import { type Difference, type MatchVerdict, matchNames, verdictOf } from './challenge-match'
import type { ChallengeRules } from './challenge-rules'
import type { ChallengeConstraints, RelativeName } from './challenges'

export interface PresentedRequest {
  csr: Csr
  /** RFC 8894 §3.2.1.2: 17 or 19. */
  messageType: number
}

/** What fits, with the names as the certificate will say them; or every field that differs. */
export type RequestVerdict =
  | { matches: true; constraints: ChallengeConstraints }
  | Extract<MatchVerdict, { matches: false }>

export function matchRequest(request: PresentedRequest, constraints: ChallengeConstraints): RequestVerdict {
  const { csr } = request
  const { rules } = constraints
  if (rules === undefined) {
    const names = matchNames(csr, constraints)
    return names.matches ? { matches: true, constraints } : names
  }
  const template = rules.subjectMode === 'template' ? matchTemplate(csr, constraints, rules) : null
  const names = matchNames(csr, constraints)
  const differences = [
    ...(names.matches ? [] : names.differences.filter(({ field }) => field !== 'subject' || template === null)),
    ...(template?.difference ? [template.difference] : []),
    ...sanExact(csr, constraints, rules),
    ...keyDifferences(csr, rules),
    ...signatureDifference(csr, rules),
    ...usageDifference(csr, rules),
    ...deviceDifferences(csr, rules),
    ...messageDifference(request, rules),
  ]
  const verdict = verdictOf(differences)
  if (!verdict.matches) return verdict
  return { matches: true, constraints: template === null ? constraints : { ...constraints, subject: template.subject } }
}

/** Each bound part once, in any order; what is left over must be of a kind that may be added, and fit a certificate. */
function matchTemplate(
  csr: Pick<Csr, 'subject' | 'subjectDer'>,
  { subject }: ChallengeConstraints,
  { extraSubjectParts = [], profileIdentifier = false }: ChallengeRules,
): { subject: RelativeName[]; difference: Difference | null } {
  const left = csr.subject.map(({ type, value }) => ({ type: attributeName(type), value }))
  const missing = subject.filter((part) => {
    const at = left.findIndex((each) => namesEqual([each], [part]))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const identifier = profileIdentifier ? left.find(isProfileIdentifier) : undefined
  const unwanted = left.filter(
    (part) =>
      part !== identifier &&
      (!extraSubjectParts.includes(part.type) || unresolvedVariable(part.value) !== null || !fits(part)),
  )
  const certified = [...subject, ...left]
  if (missing.length === 0 && unwanted.length === 0) return { subject: certified, difference: null }
  const also = [
    ...extraSubjectParts.map((type) => `${type}=…`),
    ...(profileIdentifier ? ['CN or OU = the identifier of the profile'] : []),
  ]
  const expected = [...(subject.length === 0 ? [] : [nameToText(encodeName(subject))]), ...also]
  return { subject, difference: { field: 'subject', expected, received: [nameToText(csr.subjectDer)] } }
}

function isProfileIdentifier({ type, value }: RelativeName): boolean {
  return (type === 'CN' || type === 'OU') && UUID.test(value)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function fits(part: RelativeName): boolean {
  try {
    return checkedConstraints([part], []).subject.length === 1
  } catch (error) {
    if (isRefusal(error, 'invalid_input')) return false
    throw error
  }
}

function sanExact(csr: Csr, { san }: ChallengeConstraints, { sanMode }: ChallengeRules): Difference[] {
  if (sanMode !== 'exact') return []
  const asked = new Set(csr.san.map(canonicalName))
  if (san.every((name) => asked.has(canonicalName(name)))) return []
  return [{ field: 'san', expected: san.map(written), received: csr.san.map(written) }]
}

function keyDifferences({ publicKey, spki }: Csr, rules: ChallengeRules): Difference[] {
  const { keyAlgorithms, minRsaBits = 0, maxRsaBits = Number.POSITIVE_INFINITY, curves, spkiSha256 } = rules
  const differences: Difference[] = []
  const key = (expected: string[], received: string) =>
    differences.push({ field: 'key', expected, received: [received] })
  if (keyAlgorithms !== undefined && !keyAlgorithms.includes(publicKey.algorithm))
    key(keyAlgorithms, publicKey.algorithm)
  if (publicKey.algorithm === 'RSA' && (publicKey.bits < minRsaBits || publicKey.bits > maxRsaBits))
    key([`RSA ${rules.minRsaBits ?? '…'} to ${rules.maxRsaBits ?? '…'} bits`], `RSA ${publicKey.bits} bits`)
  if (publicKey.algorithm === 'EC' && curves !== undefined && !curves.includes(publicKey.curve))
    key(curves, publicKey.curve)
  const hash = Buffer.from(sha256(spki)).toString('hex')
  if (spkiSha256 !== undefined && hash !== spkiSha256) key([`sha256:${spkiSha256}`], `sha256:${hash}`)
  return differences
}

/** Ed25519 hashes with SHA-512 (RFC 8032 §5.1). What names no hash, as RSASSA-PSS does, is not one of those asked for. */
function signatureDifference({ signatureAlgorithm }: Csr, { signatureHashes }: ChallengeRules): Difference[] {
  if (signatureHashes === undefined) return []
  const digits = /sha-?(1|256|384|512)/i.exec(signatureAlgorithm)?.[1]
  const hash = signatureAlgorithm === 'Ed25519' ? 'sha512' : `sha${digits ?? ''}`
  if (signatureHashes.some((allowed) => allowed === hash)) return []
  return [{ field: 'signature', expected: signatureHashes, received: [signatureAlgorithm] }]
}

/** A request may leave its usages out, as many clients do: the certificate carries those of the challenge. */
function usageDifference(csr: Csr, { extendedKeyUsage }: ChallengeRules): Difference[] {
  const value = csr.requestedExtensions.find(({ oid }) => oid === OID.extendedKeyUsage)?.value
  if (extendedKeyUsage === undefined || value === undefined) return []
  const received = usagesOf(value)
  if (received.every((usage) => extendedKeyUsage.includes(usage))) return []
  return [{ field: 'extendedKeyUsage', expected: extendedKeyUsage, received }]
}

/** checkPolicy() has refused what cannot be read before any challenge is looked at. */
function usagesOf(value: Uint8Array): string[] {
  try {
    return parseExtendedKeyUsage(value)
  } catch (error) {
    if (error instanceof DerError) return ['unreadable']
    throw error
  }
}

function deviceDifferences(csr: Csr, { deviceSerial, deviceUdid }: ChallengeRules): Difference[] {
  return [...named('SERIALNUMBER', deviceSerial), ...named('UID', deviceUdid)]

  function named(type: string, expected: string | undefined): Difference[] {
    if (expected === undefined) return []
    const received = csr.subject.filter((part) => attributeName(part.type) === type).map(({ value }) => value)
    if (received.every((value) => value.trim().toLowerCase() === expected.toLowerCase())) return []
    return [
      { field: 'device', expected: [`${type}=${expected}`], received: received.map((value) => `${type}=${value}`) },
    ]
  }
}

function messageDifference({ messageType }: PresentedRequest, { messageTypes }: ChallengeRules): Difference[] {
  if (messageTypes === undefined) return []
  const received = messageType === 17 ? 'RenewalReq' : 'PKCSReq'
  return messageTypes.includes(received) ? [] : [{ field: 'messageType', expected: messageTypes, received: [received] }]
}

function written({ type, value }: { type: string; value: string }): string {
  return `${type}:${value}`
}
