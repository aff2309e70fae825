/** What a certificate may say less than its profile grants, by everybody who had a word in it: it only ever gets less. */
import { canonicalName } from './challenge-constraints'
import type { ChallengeRules } from './challenge-rules'
import type { ChallengeConstraints, SubjectAlternativeName } from './challenges'

/** Of a challenge's rules, those that shape the certificate; the others are about the request that it was presented in. */
export type CertificateRules = Pick<ChallengeRules, 'extendedKeyUsage' | 'maxValidityDays'>

export interface Narrowing {
  /** Absent where nothing is said about the alternative names; an empty list leaves none. */
  san?: SubjectAlternativeName[]
  rules?: CertificateRules
}

/** Usages that all of them grant, possibly none, and the shortest life. */
export function combinedRules(all: readonly CertificateRules[]): CertificateRules {
  return all.reduce<CertificateRules>((sofar, next) => ({ ...usagesOf(sofar, next), ...daysOf(sofar, next) }), {})
}

export function narrowedBy(constraints: ChallengeConstraints, { san, rules = {} }: Narrowing): ChallengeConstraints {
  const { rules: before = {}, ...names } = constraints
  const combined = combinedRules([before, rules])
  return {
    ...names,
    ...(san === undefined ? {} : { san: commonNames(names.san, san) }),
    ...(Object.keys(combined).length === 0 ? {} : { rules: combined }),
  }
}

function commonNames(names: SubjectAlternativeName[], allowed: SubjectAlternativeName[]): SubjectAlternativeName[] {
  const wanted = new Set(allowed.map(canonicalName))
  return names.filter((name) => wanted.has(canonicalName(name)))
}

function usagesOf(
  { extendedKeyUsage: sofar }: CertificateRules,
  { extendedKeyUsage: next }: CertificateRules,
): Pick<CertificateRules, 'extendedKeyUsage'> {
  const both = next === undefined ? sofar : (sofar?.filter((usage) => next.includes(usage)) ?? next)
  return both === undefined ? {} : { extendedKeyUsage: both }
}

function daysOf(...rules: CertificateRules[]): Pick<CertificateRules, 'maxValidityDays'> {
  const days = rules.flatMap(({ maxValidityDays }) => maxValidityDays ?? [])
  return days.length === 0 ? {} : { maxValidityDays: Math.min(...days) }
}
