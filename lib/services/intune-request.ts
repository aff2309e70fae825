/** What a certificate may say of a request that Intune allowed (intune.md §6.2 and §6.4): its wishes only ever narrow. */
import type { Csr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import { findExtension, parseExtendedKeyUsage } from '@/lib/pki/extension-values'
import { OID } from '@/lib/pki/oid'
import { EnrolmentRefusal } from './enrolment-refusals'
import type { CertificateRules } from './narrowing'

/** An upper bound: a month is as long as the shortest that people mean by it. */
const DAYS: Readonly<Record<string, number>> = { days: 1, weeks: 7, months: 30, years: 365 }
const MOST_DAYS = 3_650

export function wishedRules(
  csr: Pick<Csr, 'requestedExtensions' | 'nameValuePairs'>,
  profile: { extendedKeyUsage: readonly string[] },
): CertificateRules {
  const days = wishedDays(csr.nameValuePairs)
  const usages = wishedUsages(csr, profile)
  return {
    ...(usages === null ? {} : { extendedKeyUsage: usages }),
    ...(days === null ? {} : { maxValidityDays: days }),
  }
}

/** Android sends the two values the wrong way round: the one that is a number is the count. */
export function wishedDays(pairs: Csr['nameValuePairs']): number | null {
  const named = (wanted: string) => pairs.find(({ name }) => name.toLowerCase() === wanted)?.value.trim()
  const values = [named('validityperiod'), named('validityperiodunits')]
  const count = values.find((text) => text !== undefined && /^\d{1,5}$/.test(text))
  const unit = values.find((text) => text !== undefined && Object.hasOwn(DAYS, text.toLowerCase()))
  const days = Number(count ?? 0) * (DAYS[unit?.toLowerCase() ?? ''] ?? 0)
  return days >= 1 ? Math.min(days, MOST_DAYS) : null
}

function wishedUsages(
  { requestedExtensions }: Pick<Csr, 'requestedExtensions'>,
  profile: { extendedKeyUsage: readonly string[] },
): string[] | null {
  const extension = findExtension(requestedExtensions, OID.extendedKeyUsage)
  if (extension === undefined) return null
  const asked = usagesIn(extension.value)
  if (asked.includes(OID.anyExtendedKeyUsage)) return null
  const both = profile.extendedKeyUsage.filter((usage) => asked.includes(usage))
  if (both.length > 0) return both
  const detail = `the request asks for the usages ${asked.join(', ')}, and the profile grants none of them`
  throw new EnrolmentRefusal('policy_refused', detail)
}

function usagesIn(value: Uint8Array): string[] {
  try {
    return parseExtendedKeyUsage(value)
  } catch (error) {
    if (error instanceof DerError) throw new EnrolmentRefusal('extension_malformed', error.message)
    throw error
  }
}
