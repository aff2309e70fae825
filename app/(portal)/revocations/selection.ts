/** What a bulk revocation is about, as its page's address says it and as its forms send it on. */
import { z } from 'zod'
import { oneOf, type SearchParameters, withParameters } from '@/app/_components/search-parameters'
import { CERTIFICATE_STATUS } from '@/app/_components/states'
import type { Selection } from '@/lib/services/bulk-revocation-types'
import type { CertificateFilter, CertificateStatus } from '@/lib/services/certificates'
import { isDeviceId, subjectOfKey } from '@/lib/services/devices'
import type { RevocationAction } from '@/lib/services/revocation'

const STATUSES = Object.keys(CERTIFICATE_STATUS) as [CertificateStatus, ...CertificateStatus[]]
const ISSUANCES = ['first', 'renewal'] as const satisfies readonly CertificateFilter['issuance'][]
export const BULK_ACTIONS = ['revoke', 'hold', 'release'] as const satisfies readonly RevocationAction[]

export const SelectionSchema = z.union([
  z.strictObject({ certificates: z.array(z.uuid()).min(1).max(1_000) }),
  z.strictObject({
    filter: z.strictObject({
      group: z.string().max(100).exactOptional(),
      endpoint: z.string().max(100).exactOptional(),
      issuer: z.string().max(100).exactOptional(),
      status: z.enum(STATUSES).exactOptional(),
      issuance: z.enum(ISSUANCES).exactOptional(),
      search: z.string().max(300).exactOptional(),
      subject: z.string().max(1_000).exactOptional(),
      deviceId: z.uuid().exactOptional(),
      endsFrom: z.string().max(30).exactOptional(),
      endsTo: z.string().max(30).exactOptional(),
      issuedFrom: z.string().max(30).exactOptional(),
      issuedTo: z.string().max(30).exactOptional(),
    }),
  }),
])

const LONGEST = 300

/**
 * `certificate` may be there many times; `device` is the key of a device's page. No selection where a filter says what there
 * is not: without it, more would be meant than whoever made the address had in mind.
 */
export async function readSelection(
  given: SearchParameters,
): Promise<{ action: RevocationAction; selection: Selection | null }> {
  const all = await given
  const many = (name: string) => [all[name] ?? []].flat()
  const one = (name: string) =>
    many(name)[0]
      ?.replace(/\p{Cc}/gu, '')
      .trim() || undefined
  const action = oneOf(BULK_ACTIONS, one('action')) ?? 'revoke'
  const certificates = many('certificate')
  if (certificates.length > 0) return { action, selection: { certificates } }
  const status = oneOf(STATUSES, one('status'))
  const issuance = oneOf(ISSUANCES, one('issuance'))
  const device = one('device') ?? ''
  const deviceId = isDeviceId(device) ? device : undefined
  const subject = deviceId === undefined ? (subjectOfKey(device) ?? undefined) : undefined
  const isUnreadable = (one('status') && !status) || (one('issuance') && !issuance) || (device && !deviceId && !subject)
  if (isUnreadable) return { action, selection: null }
  const named = Object.fromEntries(
    (['group', 'endpoint', 'issuer', 'search', 'endsFrom', 'endsTo', 'issuedFrom', 'issuedTo'] as const).flatMap(
      (name) => {
        const value = one(name)?.slice(0, LONGEST)
        return value === undefined ? [] : [[name, value]]
      },
    ),
  )
  const filter = {
    ...named,
    ...(status && { status }),
    ...(issuance && { issuance }),
    ...(subject && { subject }),
    ...(deviceId && { deviceId }),
  }
  return { action, selection: { filter } }
}

/** The same page for another action. */
export function addressOf(action: RevocationAction, given: Record<string, string | string[] | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, values] of Object.entries(given))
    if (name !== 'action') for (const value of [values ?? []].flat()) query.append(name, value)
  query.set('action', action)
  return `/revocations/new?${query}`
}

export const bulkAddress = (parameters: Readonly<Record<string, string | undefined>>) =>
  withParameters('/revocations/new', parameters)
