/** What a request says beside what it was expected to say, field by field, for the people who have to mend it. */
import { DerError } from '@/lib/pki/der'
import { parseBasicConstraints, parseExtendedKeyUsage, parseKeyUsage } from '@/lib/pki/extension-values'
import { keyWeakness } from '@/lib/pki/key'
import { encodeName, nameToText } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { canonicalName } from './challenge-constraints'
import { grantedKeyUsage, type MatchRules, matchNames } from './challenge-match'
import type { ChallengeConstraints, SubjectAlternativeName } from './challenges'
import { keyName } from './flight-facts'
import type { JudgedRequest } from './recorded-request'
import { fittingNames, parseSubjectTemplate } from './subject-template'

export type FieldVerdict =
  | 'fits'
  | 'differs'
  /** The certificate goes without it; nothing is refused for it. */
  | 'dropped'
  /** Nothing is known to compare it with. */
  | 'unchecked'

export interface FieldComparison {
  field: 'subject' | 'san' | 'key' | 'keyUsage' | 'extendedKeyUsage' | 'ca' | 'extensions'
  /** Null when nothing binds the field. */
  expected: string[] | null
  received: string[]
  verdict: FieldVerdict
}

/** `constraints` null when no challenge is known that binds the names. */
export function compareFields(
  request: JudgedRequest,
  constraints: ChallengeConstraints | null,
  rules: MatchRules,
): FieldComparison[] {
  return [...compareNames(request, constraints), compareKey(request, rules), ...compareExtensions(request, rules)]
}

function compareNames(request: JudgedRequest, constraints: ChallengeConstraints | null): FieldComparison[] {
  const subject = [nameToText(request.subjectDer)]
  const san = request.san.map(written)
  if (constraints === null) {
    return [
      { field: 'subject', expected: null, received: subject, verdict: 'unchecked' },
      { field: 'san', expected: null, received: san, verdict: 'unchecked' },
    ]
  }
  const template = constraints.rules?.subjectTemplate
  const allowed =
    template === undefined
      ? { subject: nameToText(encodeName(constraints.subject)), san: constraints.san.map(written) }
      : fittingNames(parseSubjectTemplate(template), request).allowed
  const verdict = matchNames(request, constraints)
  const differs = (field: 'subject' | 'san'): FieldVerdict =>
    !verdict.matches && verdict.differences.some((each) => each.field === field) ? 'differs' : 'fits'
  return [
    {
      field: 'subject',
      expected: [allowed.subject],
      received: subject,
      verdict: differs('subject'),
    },
    { field: 'san', expected: allowed.san, received: san, verdict: differs('san') },
  ]
}

/** Names that somebody allowed in part: the certificate goes without the others. */
export function compareNarrowed(request: JudgedRequest, san: SubjectAlternativeName[]): FieldComparison[] {
  const subject = [nameToText(request.subjectDer)]
  const [expected, received] = [san.map(written), request.san.map(written)]
  const verdict = received.every((name) => expected.includes(name)) ? 'fits' : 'dropped'
  return [
    { field: 'subject', expected: subject, received: subject, verdict: 'fits' },
    { field: 'san', expected, received, verdict },
  ]
}

function compareKey({ publicKey }: JudgedRequest, rules: MatchRules): FieldComparison {
  const weakness = keyWeakness(publicKey, { minRsaBits: rules.minRsaBits, curves: rules.ellipticCurves })
  return {
    field: 'key',
    expected: [`RSA ${rules.minRsaBits} or more`, ...rules.ellipticCurves],
    received: [keyName(publicKey)],
    verdict: weakness === null ? 'fits' : 'differs',
  }
}

function compareExtensions(request: JudgedRequest, rules: MatchRules): FieldComparison[] {
  const rows: FieldComparison[] = []
  const others: string[] = []
  for (const { oid, value } of request.requestedExtensions) {
    switch (oid) {
      case OID.subjectAltName:
        break
      case OID.basicConstraints: {
        const isCa = readOr(false, () => parseBasicConstraints(value).isCa)
        if (isCa) rows.push({ field: 'ca', expected: ['CA:FALSE'], received: ['CA:TRUE'], verdict: 'differs' })
        break
      }
      case OID.keyUsage:
        rows.push(
          usages(
            'keyUsage',
            grantedKeyUsage(request),
            readOr(['unreadable'], () => parseKeyUsage(value)),
            rules,
          ),
        )
        break
      case OID.extendedKeyUsage: {
        const asked = readOr(['unreadable'], () => parseExtendedKeyUsage(value))
        rows.push(usages('extendedKeyUsage', rules.extendedKeyUsage, asked, rules))
        break
      }
      default:
        others.push(oid)
    }
  }
  if (others.length > 0) rows.push({ field: 'extensions', expected: [], received: others, verdict: 'dropped' })
  return rows
}

function usages(
  field: 'keyUsage' | 'extendedKeyUsage',
  expected: string[],
  received: string[],
  rules: MatchRules,
): FieldComparison {
  const within = received.every((usage) => expected.includes(usage))
  return {
    field,
    expected,
    received,
    verdict: within ? 'fits' : rules.usageOutsideProfile === 'refuse' ? 'differs' : 'dropped',
  }
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerError) return otherwise
    throw error
  }
}

function written(san: SubjectAlternativeName): string {
  return canonicalName(san)
}
