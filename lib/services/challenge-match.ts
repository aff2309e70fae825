/** Does a certificate request say what its challenge allows? Pure comparison; nothing here grants anything. */
import type { Csr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { parseBasicConstraints, parseExtendedKeyUsage, parseKeyUsage } from '@/lib/pki/extension-values'
import { keyWeakness } from '@/lib/pki/key'
import { encodeName, namesEqual, nameToText, parseName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { canonicalName, SID_URI, unresolvedVariable } from './challenge-constraints'
import type { ChallengeConstraints, SubjectAlternativeName } from './challenges'

export interface MatchRules {
  minRsaBits: number
  ellipticCurves: string[]
  extendedKeyUsage: string[]
  /**
   * What happens to a key usage the profile does not grant. The certificate never carries it either way. `drop` is
   * scep.md §4.3 and what real clients need (OpenSSL's default request asks for nonRepudiation); `refuse` is the
   * stricter reading of dynamic-challenge.md §4.
   */
  usageOutsideProfile?: 'drop' | 'refuse'
  /**
   * What happens to a Windows security identifier in the request. The extension is never copied; `compared` is for
   * endpoints of Intune, which compares the alternative names (and a URI with it among them), and nothing else.
   */
  securityIdentifier?: 'refuse' | 'compared'
}

/** One field that differs. Names and usages only: nothing secret ever gets here. */
export interface Difference {
  field: 'subject' | 'san' | 'keyUsage' | 'extendedKeyUsage' | 'key' | 'signature' | 'device' | 'messageType'
  expected: string[]
  received: string[]
}

export type PolicyVerdict =
  | { allowed: true; dropped: string[] }
  | { allowed: false; reason: 'weak_key' | 'ca_requested' | 'sid_requested' | 'extension_malformed'; detail: string }
  | { allowed: false; reason: 'usage_mismatch'; detail: string; differences: Difference[] }

export type MatchVerdict =
  | { matches: true }
  | { matches: false; reason: MismatchCause; detail: string; differences: Difference[] }

/** The cause that the first field to differ stands for. */
const CAUSES = {
  subject: 'subject_mismatch',
  san: 'san_mismatch',
  keyUsage: 'usage_mismatch',
  extendedKeyUsage: 'purpose_mismatch',
  key: 'key_mismatch',
  signature: 'key_mismatch',
  device: 'device_mismatch',
  messageType: 'message_type_mismatch',
} as const satisfies Record<Difference['field'], string>
export type MismatchCause = (typeof CAUSES)[Difference['field']]

type PolicyRequest = Pick<Csr, 'publicKey' | 'requestedExtensions' | 'san'>

const SID_EXTENSION = '1.3.6.1.4.1.311.25.2'
/**
 * What no challenge can allow: weak keys, CA powers, Windows security identifiers, names we cannot issue. Looked at
 * before the challenge, so that such a request never touches one. Every other extension is dropped and listed.
 */
export function checkPolicy(csr: PolicyRequest, rules: MatchRules): PolicyVerdict {
  const weakness = keyWeakness(csr.publicKey, { minRsaBits: rules.minRsaBits, curves: rules.ellipticCurves })
  if (weakness !== null) return { allowed: false, reason: 'weak_key', detail: weakness }
  try {
    return checkExtensions(csr, rules)
  } catch (error) {
    if (error instanceof DerError) return { allowed: false, reason: 'extension_malformed', detail: error.message }
    throw error
  }
}

/** The names: the subject exactly, in order; the subject alternative names as a set, none beyond those bound. */
export function matchNames(
  csr: Pick<Csr, 'subject' | 'subjectDer' | 'san'>,
  constraints: ChallengeConstraints,
): MatchVerdict {
  const expectedDer = encodeName(constraints.subject)
  const differences: Difference[] = []
  if (!namesEqual(parseName(expectedDer), csr.subject)) {
    differences.push({ field: 'subject', expected: [nameToText(expectedDer)], received: [nameToText(csr.subjectDer)] })
  }
  const bound = new Set(constraints.san.map(canonicalName))
  if (csr.san.some((san) => !bound.has(canonicalName(san)))) {
    differences.push({ field: 'san', expected: constraints.san.map(written), received: csr.san.map(written) })
  }
  return verdictOf(differences)
}

export function verdictOf(differences: Difference[]): MatchVerdict {
  const [first] = differences
  if (first === undefined) return { matches: true }
  return { matches: false, reason: CAUSES[first.field], detail: differences.map(inWords).join(' '), differences }
}

function checkExtensions(csr: PolicyRequest, rules: MatchRules): PolicyVerdict {
  const dropped: string[] = []
  const differences: Difference[] = []
  for (const { oid, value } of csr.requestedExtensions) {
    switch (oid) {
      case OID.subjectAltName:
        break
      case OID.basicConstraints:
        if (parseBasicConstraints(value).isCa)
          return { allowed: false, reason: 'ca_requested', detail: 'basicConstraints says CA:TRUE' }
        break
      case SID_EXTENSION:
        if (rules.securityIdentifier === 'compared') {
          dropped.push(oid)
          break
        }
        return { allowed: false, reason: 'sid_requested', detail: `extension ${SID_EXTENSION}` }
      case OID.keyUsage:
        note(differences, 'keyUsage', grantedKeyUsage(csr), parseKeyUsage(value))
        break
      case OID.extendedKeyUsage:
        note(differences, 'extendedKeyUsage', rules.extendedKeyUsage, parseExtendedKeyUsage(value))
        break
      default:
        dropped.push(oid)
    }
  }
  const namesSid = csr.san.some(({ type, value }) => type === 'uri' && SID_URI.test(value))
  if (namesSid && rules.securityIdentifier !== 'compared') {
    return { allowed: false, reason: 'sid_requested', detail: 'a URI with a security identifier' }
  }
  if (differences.length > 0 && rules.usageOutsideProfile === 'refuse') {
    return { allowed: false, reason: 'usage_mismatch', detail: differences.map(inWords).join(' '), differences }
  }
  for (const { expected, received } of differences)
    dropped.push(...received.filter((usage) => !expected.includes(usage)))
  return { allowed: true, dropped }
}

function note(differences: Difference[], field: Difference['field'], expected: string[], received: string[]): void {
  if (received.some((usage) => !expected.includes(usage))) differences.push({ field, expected, received })
}

/** RFC 8017 keys encrypt, elliptic curve keys only sign. */
export function grantedKeyUsage(csr: Pick<Csr, 'publicKey'>): string[] {
  return csr.publicKey.algorithm === 'RSA' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']
}

function written(san: SubjectAlternativeName): string {
  return `${san.type}:${san.value}`
}

function inWords({ field, expected, received }: Difference): string {
  const variable = received.map(unresolvedVariable).find((found) => found !== null)
  const hint = variable === undefined ? '' : ` The variable ${variable} was never replaced.`
  return `${field}: expected ${listed(expected)}, received ${listed(received)}.${hint}`.slice(0, 1_000)
}

function listed(values: string[]): string {
  return values.length === 0 ? 'none' : values.map((value) => `"${value}"`).join(', ')
}
