/** The settings of an endpoint as the API reads and writes them. The service says what is wrong with a value. */
import { z } from 'zod'
import { text } from '@/app/api/_fields'
import { ENDPOINT_DEFAULTS, type EndpointSettings, PROFILE_DEFAULTS } from '@/lib/services/endpoint-settings'

const described = <T extends z.ZodType>(schema: T, description: string): T => schema.meta({ description }) as T

export const policy = z.enum(['dynamic', 'static', 'approval', 'delegated'])

export const settingFields = {
  includeRoot: described(z.boolean(), 'GetCACert returns the root too.'),
  allowSha1: described(z.boolean(), 'Messages signed with SHA-1 are taken. Weak.'),
  allow3des: described(z.boolean(), 'Messages encrypted with 3DES are taken. Weak.'),
  allowDes: described(z.boolean(), 'Messages encrypted with single DES are taken, which RFC 8894 forbids. Weak.'),
  scepIdentity: described(z.enum(['ra', 'ca']), 'Whose key opens messages and signs replies.'),
  caCertificates: described(
    z.enum(['single', 'chain']),
    'What GetCACert returns: the registration authority alone, or the chain.',
  ),
  replyCertificates: described(
    z.enum(['leaf', 'leaf_issuer', 'leaf_chain']),
    'What a reply carries; the leaf comes first.',
  ),
  signerKeyPolicy: described(
    z.enum(['must_match_csr', 'allow_with_challenge']),
    'Whether another key than the one to be certified may sign a message.',
  ),
  trustedProxySigners: described(
    z.array(text(200)),
    'SHA-256 fingerprints of certificates that sign for devices, such as that of Jamf Pro.',
  ),
  renewal: described(z.boolean(), 'A device may renew by its certificate, without a challenge.'),
  renewalByPkcsReq: described(z.boolean(), 'An enrolment request signed by an issued certificate is a renewal.'),
  renewalWindowDays: described(
    z.int().nullable(),
    'Days before its end from which a certificate can be renewed. Null: the last third, 30 days at most.',
  ),
  renewalChallenge: described(z.enum(['required', 'optional', 'ignored']), 'What a challenge in a renewal is for.'),
  supersedeAfterHours: described(
    z.int().nullable(),
    'Hours after which a renewed certificate is revoked. Null: never.',
  ),
  challengeFormat: described(z.enum(['hex32', 'hex16', 'base62', 'sealed']), 'How minted challenges are written.'),
  revokeOnSecondKey: described(
    z.boolean(),
    'A second key for a consumed challenge revokes the certificate that was issued.',
  ),
  approvalsRequired: described(z.int(), 'How many people have to approve.'),
  pendingTtlHours: described(z.int(), 'How long a request waits for approval.'),
  approveWrongChallenge: described(z.boolean(), 'Under the policy approval, a wrong challenge waits like none.'),
  validatorId: described(z.uuid().nullable(), 'Who is asked under the policy delegated.'),
} satisfies Record<keyof EndpointSettings, z.ZodType>

export const profileFields = {
  validityDays: z.int(),
  backdateMinutes: described(z.int(), 'How long before its making a certificate begins.'),
  minRsaBits: z.int(),
  ellipticCurves: z.array(text(20)),
  extendedKeyUsage: described(z.array(text(200)), 'Dotted OIDs.'),
}

export const ttl = described(z.int(), 'How long a challenge lives, in minutes, unless minting says otherwise.')

/** Every setting, each of which may be left out. */
export const changeFields = {
  enabled: described(z.boolean(), 'False refuses every request from this moment on.').exactOptional(),
  policy: policy.exactOptional(),
  challengeTtlMinutes: ttl.exactOptional(),
  ...optional(settingFields),
  profile: z.strictObject(optional(profileFields)).meta({ id: 'ProfileChange' }).exactOptional(),
}

type Optional<T extends Record<string, z.ZodType>> = { [K in keyof T]: z.ZodExactOptional<T[K]> }

function optional<T extends Record<string, z.ZodType>>(fields: T): Optional<T> {
  const entries = Object.entries(fields).map(([name, field]) => [name, field.exactOptional()])
  return Object.fromEntries(entries) as Optional<T>
}

export const settingsExample = ENDPOINT_DEFAULTS
export const profileExample = PROFILE_DEFAULTS
