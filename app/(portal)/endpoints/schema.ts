/** What the forms about an endpoint may say. Bounds are the service's: it has a sentence for each field. */
import { z } from 'zod'
import type { EndpointChange } from '@/lib/services/endpoint-change'

const slug = z.string().min(1).max(100)
/** A checkbox sends "on" or nothing at all. */
const checkbox = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on')
const whole = z.coerce.number('Enter a whole number.').int('Enter a whole number.')
/** An empty field stands for the default. */
const wholeOrEmpty = z
  .string()
  .trim()
  .regex(/^\d{0,6}$/, 'Enter a whole number, or leave it empty.')
  .transform((text) => (text === '' ? null : Number(text)))
/** One value a line, or separated by commas. */
const lines = z
  .string()
  .max(10_000)
  .transform((text) => text.split(/[\n,]/).flatMap((line) => line.trim() || []))
const policy = z.enum(['dynamic', 'static', 'approval', 'delegated'])

const Enrolment = z.strictObject({
  section: z.literal('enrolment'),
  slug,
  name: z.string().max(200),
  policy,
  challengeTtlMinutes: whole,
  challengeFormat: z.enum(['hex32', 'hex16', 'base62', 'sealed']),
  revokeOnSecondKey: checkbox,
  approvalsRequired: whole,
  pendingTtlHours: whole,
  approveWrongChallenge: checkbox,
  /** Absent while there is no validator to choose. */
  validatorId: z
    .union([z.literal(''), z.uuid()])
    .transform((id) => (id === '' ? null : id))
    .exactOptional(),
})

const Protocol = z.strictObject({
  section: z.literal('protocol'),
  slug,
  allowSha1: checkbox,
  allow3des: checkbox,
  allowDes: checkbox,
  scepIdentity: z.enum(['ra', 'ca']),
  caCertificates: z.enum(['single', 'chain']),
  includeRoot: checkbox,
  replyCertificates: z.enum(['leaf', 'leaf_issuer', 'leaf_chain']),
  signerKeyPolicy: z.enum(['must_match_csr', 'allow_with_challenge']),
  trustedProxySigners: lines,
})

const Renewal = z.strictObject({
  section: z.literal('renewal'),
  slug,
  renewal: checkbox,
  renewalByPkcsReq: checkbox,
  renewalWindowDays: wholeOrEmpty,
  renewalChallenge: z.enum(['required', 'optional', 'ignored']),
  supersedeAfterHours: wholeOrEmpty,
})

const Profile = z.strictObject({
  section: z.literal('profile'),
  slug,
  validityDays: whole,
  backdateMinutes: whole,
  minRsaBits: whole,
  ellipticCurves: z.array(z.string().max(20)).default([]),
  extendedKeyUsage: lines,
})

/** One section of the page is saved at a time: a checkbox of another one that is not sent must not read as off. */
export const EndpointSettingsSchema = z
  .discriminatedUnion('section', [Enrolment, Protocol, Renewal, Profile])
  .transform((form): { slug: string; change: EndpointChange } => {
    if (form.section !== 'profile') {
      const { section: _, slug: endpoint, ...change } = form
      return { slug: endpoint, change }
    }
    const { section: _, slug: endpoint, ...profile } = form
    return { slug: endpoint, change: { profile } }
  })

export const SwitchSchema = z.strictObject({
  slug,
  enabled: z.enum(['true', 'false']).transform((value) => value === 'true'),
})

export const NewEndpointSchema = z.strictObject({
  group: slug,
  name: z.string().trim().min(1, 'Name the endpoint.').max(64, 'At most 64 characters.'),
  slug: z
    .string()
    .trim()
    .max(64)
    .transform((text) => text || undefined),
  policy,
})

export const CopySchema = z.strictObject({ slug })

/** An empty value chooses none. */
export const DefaultSchema = z.strictObject({
  endpoint: z.union([z.literal('').transform(() => null), slug]),
})
