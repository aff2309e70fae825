/** Challenges: mint one for a named device, follow it, take it back. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { CHALLENGE_FORMATS } from '@/lib/services/challenge-formats'
import { RulesShape } from '@/lib/services/challenge-rules-shape'

const SAN_TYPES = ['dns', 'email', 'uri', 'upn', 'ip'] as const
export const SubjectAlternativeName = z
  .object({ type: z.enum(SAN_TYPES), value: z.string() })
  .meta({ id: 'SubjectAlternativeName' })

const ORIGINS = ['minted', 'signed', 'static', 'approval', 'delegated', 'renewal'] as const
const STATES = ['pending', 'reserved', 'consumed', 'expired', 'revoked'] as const

/** Challenge pages set a template in place of names; nobody else may, so it is shown and never taken. */
const ShownRules = RulesShape.extend({
  subjectTemplate: z.string().exactOptional().meta({ description: 'In place of names: whatever fits this template.' }),
})

export const Challenge = z
  .object({
    id: z.string(),
    state: z.enum(STATES),
    endpoint: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
    group: z.object({ slug: z.string(), name: z.string() }),
    subject: z.string(),
    san: z.array(SubjectAlternativeName),
    deviceName: z.string().nullable(),
    format: z.string(),
    mintedBy: z.string(),
    mintedVia: z.string(),
    createdAt: instant,
    expiresAt: instant,
    consumedAt: instant.nullable(),
    revokedAt: instant.nullable(),
    failedAttempts: z.number().int(),
    origin: z.enum(ORIGINS).meta({ description: 'Minted here, or signed by a registered minter.' }),
    rules: ShownRules.nullable(),
    lastRefusal: z
      .object({
        reason: z.string(),
        explanation: z.string().nullable(),
        detail: z.string().nullable(),
        at: instant,
      })
      .nullable()
      .meta({ description: 'The last time it was presented to no avail, and why.' }),
    revokedReason: z.string().nullable(),
    certificate: z.object({ id: z.string(), serial: z.string() }).nullable(),
  })
  .meta({ id: 'Challenge', description: 'A challenge without its value, which is returned once, when it is minted.' })

const challengeExample: z.input<typeof Challenge> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  state: 'pending',
  endpoint: { id: '0198d2c0-5a10-7d4c-b1a2-7e8f90a1b2c3', slug: 'staff', name: 'Staff' },
  group: { slug: 'staff', name: 'Staff' },
  subject: 'CN=tablet-7,O=Example',
  san: [{ type: 'dns', value: 'tablet-7.example' }],
  deviceName: 'tablet-7',
  format: 'hex32',
  mintedBy: 'deployment script',
  mintedVia: 'api',
  createdAt: new Date('2026-11-23T09:10:00Z'),
  expiresAt: new Date('2026-11-23T10:10:00Z'),
  consumedAt: null,
  revokedAt: null,
  failedAttempts: 0,
  origin: 'minted',
  rules: null,
  lastRefusal: null,
  revokedReason: null,
  certificate: null,
}

export const listChallenges = operation({
  id: 'listChallenges',
  method: 'GET',
  path: '/challenges',
  tag: 'Challenges',
  summary: 'List challenges',
  description: 'Newest first. Values are never listed.',
  access: 'challenge:read',
  scoped: true,
  rate: 'read',
  query: z.strictObject({
    ...paging,
    endpoint: slug.exactOptional(),
    group: slug.exactOptional(),
    state: z
      .enum([...STATES, 'refused'])
      .exactOptional()
      .meta({ description: 'refused: presented to no avail, and not used since.' }),
    search: text(200).min(1).exactOptional().meta({ description: 'Part of the subject or of the device name.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of challenges.',
    schema: pageOf('ChallengePage', Challenge),
    example: { items: [challengeExample], nextCursor: null },
  },
})

const NewChallenge = z
  .strictObject({
    endpoint: slug.meta({ description: 'Slug of the endpoint at which the challenge will hold.' }),
    subject: text(1_024).meta({
      description: 'What the certificate will be issued to, such as CN=tablet-7,O=Example. May be empty with a SAN.',
    }),
    san: z
      .array(z.strictObject({ type: z.enum(SAN_TYPES), value: name(253) }))
      .max(100)
      .exactOptional(),
    ttlMinutes: z
      .int()
      .min(1)
      .max(1440)
      .exactOptional()
      .meta({ description: 'Life in minutes, a day at most. Without it, what the endpoint says.' }),
    deviceName: name(200).exactOptional().meta({ description: 'A name for people; it is not in the certificate.' }),
    format: z.enum(CHALLENGE_FORMATS).exactOptional().meta({
      description:
        'How the value is written: hex32 and base62 fit nearly everywhere, hex16 lives an hour at most, sealed carries its own binding. Without it, what the endpoint says.',
    }),
    rules: RulesShape.exactOptional().meta({
      id: 'ChallengeRules',
      description: 'What the request must be like beyond its names. What is left out is not asked.',
    }),
  })
  .meta({ id: 'NewChallenge' })

const MintedChallenge = z
  .object({
    id: z.string(),
    challenge: z.string().meta({ description: 'The value. Returned here and never again.' }),
    expiresAt: instant,
    scepUrl: z.string(),
    endpoint: z.string(),
    subject: z.string(),
    san: z.array(SubjectAlternativeName),
  })
  .meta({ id: 'MintedChallenge' })

export const mintChallenge = operation({
  id: 'mintChallenge',
  method: 'POST',
  path: '/challenges',
  tag: 'Challenges',
  summary: 'Mint a challenge',
  description: 'Makes a one-time password for one named device at one endpoint. The value is in this answer only.',
  access: 'challenge:mint',
  scoped: true,
  rate: 'change',
  body: NewChallenge,
  bodyExample: {
    endpoint: 'staff',
    subject: 'CN=tablet-7,O=Example',
    san: [{ type: 'dns', value: 'tablet-7.example' }],
    ttlMinutes: 60,
    format: 'base62',
    rules: { keyAlgorithms: ['RSA'], minRsaBits: 3072, maxValidityDays: 90 },
  },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The challenge, with its value.',
    schema: MintedChallenge,
    example: {
      id: challengeExample.id,
      challenge: '(43 letters and digits)',
      expiresAt: challengeExample.expiresAt,
      scepUrl: 'https://portal.example/scep/staff',
      endpoint: 'staff',
      subject: challengeExample.subject,
      san: challengeExample.san,
    },
    location: (minted) => `/challenges/${minted.id}`,
  },
  refusals: ['not_found', 'conflict', 'unavailable'],
})

const id = z.uuid()

export const getChallenge = operation({
  id: 'getChallenge',
  method: 'GET',
  path: '/challenges/{id}',
  tag: 'Challenges',
  summary: 'Read one challenge',
  description: 'Its state, and the certificate it led to. Never its value.',
  access: 'challenge:read',
  scoped: true,
  rate: 'read',
  params: z.strictObject({ id }),
  answer: { status: 200, description: 'The challenge.', schema: Challenge, example: challengeExample },
  refusals: ['not_found'],
})

export const revokeChallenge = operation({
  id: 'revokeChallenge',
  method: 'POST',
  path: '/challenges/{id}/revoke',
  tag: 'Challenges',
  summary: 'Revoke a challenge',
  description: 'A pending challenge stops working at once. One that led to a certificate cannot be taken back.',
  access: 'challenge:revoke',
  scoped: true,
  rate: 'change',
  params: z.strictObject({ id }),
  body: z.strictObject({ reason: name(200).exactOptional() }).meta({ id: 'ChallengeRevocation' }),
  bodyExample: { reason: 'Sent to the wrong person' },
  answer: {
    status: 200,
    description: 'The challenge, revoked.',
    schema: Challenge,
    example: { ...challengeExample, state: 'revoked', revokedAt: new Date('2026-11-23T09:15:00Z') },
  },
  refusals: ['not_found', 'conflict'],
})

export const reissueChallenge = operation({
  id: 'reissueChallenge',
  method: 'POST',
  path: '/challenges/{id}/reissue',
  tag: 'Challenges',
  summary: 'Re-issue a challenge',
  description: 'Mints another with the same binding, and revokes the old one if it still waits.',
  access: 'challenge:mint',
  scoped: true,
  rate: 'change',
  params: z.strictObject({ id }),
  idempotent: true,
  answer: {
    status: 201,
    description: 'The new challenge, with its value.',
    schema: MintedChallenge,
    example: {
      id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7c',
      challenge: '(32 letters and digits)',
      expiresAt: challengeExample.expiresAt,
      scepUrl: 'https://portal.example/scep/staff',
      endpoint: 'staff',
      subject: challengeExample.subject,
      san: challengeExample.san,
    },
    location: (minted) => `/challenges/${minted.id}`,
  },
  refusals: ['not_found', 'conflict', 'unavailable'],
})
