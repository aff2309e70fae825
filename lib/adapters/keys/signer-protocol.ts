/** What signer and client say to each other: one strict schema per call. An unknown call or field is refused. */
import { z } from 'zod'
import type { ErrorCode } from '@/lib/errors'
import type { KeyAlgorithm, KeyPurpose, MacPurpose, ScepDigest, SealPurpose } from '@/lib/services/signer'
import { MAX_ASSERTION_BYTES } from './assertion-policy'
import { MAX_BODY_BYTES, MAX_CRL_BYTES } from './frames'
import { MAX_TOKEN_BYTES } from './token'

const Id = z
  .int()
  .min(1)
  .max(2 ** 32)
/** As Postgres prints it: one spelling per id, because ids are part of what keys are bound to. */
const Uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
export const Algorithm = z.enum(['rsa2048', 'rsa3072', 'rsa4096', 'p256', 'p384']) satisfies z.ZodType<KeyAlgorithm>
export const Purpose = z.enum([
  'root',
  'issuer',
  'ra',
  'challenge',
  'ocsp',
  'profile',
  'assertion',
]) satisfies z.ZodType<KeyPurpose>
/** Of an authority's list; from 1. */
const Shard = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
const Digest = z.enum(['sha1', 'sha256', 'sha384', 'sha512']) satisfies z.ZodType<ScepDigest>
const Mac = z.enum(['challenge', 'fingerprint', 'pepper', 'session']) satisfies z.ZodType<MacPurpose>
const Seal = z.enum([
  'validator',
  'validator-authorization',
  'receiver',
  'connector',
  'connector-hook',
  'mail-server',
  'notification',
]) satisfies z.ZodType<SealPurpose>

/** The bytes that a call is about travel as the frame's body. */
export const Request = z.discriminatedUnion('call', [
  z.strictObject({ id: Id, call: z.literal('generateKey'), purpose: Purpose, algorithm: Algorithm, ownerId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('publicKey'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('signCertificate'), certificateId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('signCrl'), authorityId: Uuid, shard: Shard.optional() }),
  z.strictObject({ id: Id, call: z.literal('signScepReply'), keyId: Uuid, digest: Digest }),
  z.strictObject({ id: Id, call: z.literal('signScepNextCertificates'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('decryptScep'), keyId: Uuid, oaep: Digest.optional() }),
  z.strictObject({ id: Id, call: z.literal('signOcspResponse'), keyId: Uuid }),
  /** Milliseconds since 1970. */
  z.strictObject({
    id: Id,
    call: z.literal('signProfile'),
    keyId: Uuid,
    signedAt: z.int().min(0).max(253_402_300_799_000),
  }),
  z.strictObject({ id: Id, call: z.literal('signClientAssertion'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('signOwnCertificate'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('mac'), purpose: Mac }),
  z.strictObject({ id: Id, call: z.literal('seal'), purpose: Seal, rowId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('open'), purpose: Seal, rowId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('challengeHandles') }),
  z.strictObject({
    id: Id,
    call: z.literal('sealChallenge'),
    endpointId: Uuid,
    challengeId: Uuid,
    ttlSeconds: z.int().min(1).max(86_400),
  }),
  z.strictObject({ id: Id, call: z.literal('openSealedChallenge'), endpointId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('openToken'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('readPkcs12') }),
  z.strictObject({ id: Id, call: z.literal('importKey'), purpose: z.enum(['root', 'issuer']), ownerId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('signAuthorityRequest'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('sealedKey'), keyId: Uuid }),
  z.strictObject({ id: Id, call: z.literal('checkSealedKey') }),
  z.strictObject({ id: Id, call: z.literal('dropKey') }),
  z.strictObject({ id: Id, call: z.literal('restoreKey') }),
  z.strictObject({ id: Id, call: z.literal('status') }),
])
export type Request = z.infer<typeof Request>
export type CallName = Request['call']

/** Twenty certificates with SHA-512, and a nonce. */
const MAX_RESPONSE_DATA_BYTES = 8 * 1024

const MAX_NAME_BYTES = 4 * 1024
/** RSA with 4096 bits, in base64, with all that stands beside it. */
const MAX_SEALED_KEY_BYTES = 16 * 1024

const BODY_LIMIT: Record<CallName, number> = {
  generateKey: 0,
  publicKey: 0,
  signCertificate: 0,
  signCrl: MAX_CRL_BYTES,
  signScepReply: MAX_BODY_BYTES,
  signScepNextCertificates: MAX_BODY_BYTES,
  decryptScep: MAX_BODY_BYTES,
  signOcspResponse: MAX_RESPONSE_DATA_BYTES,
  signProfile: MAX_BODY_BYTES,
  signClientAssertion: MAX_ASSERTION_BYTES,
  signOwnCertificate: MAX_ASSERTION_BYTES,
  mac: MAX_BODY_BYTES,
  seal: MAX_BODY_BYTES,
  open: MAX_BODY_BYTES,
  challengeHandles: MAX_BODY_BYTES,
  sealChallenge: 32,
  openSealedChallenge: 1_024,
  openToken: MAX_TOKEN_BYTES,
  readPkcs12: MAX_BODY_BYTES,
  importKey: MAX_BODY_BYTES,
  signAuthorityRequest: MAX_NAME_BYTES,
  sealedKey: 0,
  checkSealedKey: MAX_SEALED_KEY_BYTES,
  dropKey: MAX_SEALED_KEY_BYTES,
  restoreKey: MAX_SEALED_KEY_BYTES,
  status: 0,
}

/** A header as the request that it is, or null. It is asked for its body's length first and performed later: read once. */
export function readRequest(header: unknown): Request | null {
  if (typeof header !== 'object' || header === null) return null
  const known = requests.get(header)
  if (known !== undefined) return known
  const request = Request.safeParse(header).data ?? null
  requests.set(header, request)
  return request
}

const requests = new WeakMap<object, Request | null>()

/** How many bytes may follow this header. What is no request may carry a small body, so that it can be answered. */
export function requestBodyLimit(header: unknown): number {
  const request = readRequest(header)
  return request === null ? MAX_BODY_BYTES : BODY_LIMIT[request.call]
}

/** The id of a message that is no request, so that its sender still gets an answer; undefined when it has none. */
export function idOf(header: unknown): number | undefined {
  const parsed = z.object({ id: Id }).safeParse(header)
  return parsed.success ? parsed.data.id : undefined
}

const KeyResult = z.strictObject({ keyId: Uuid })
const PublicKeyResult = z.strictObject({ algorithm: Algorithm, purpose: Purpose })
const BytesResult = z.strictObject({})
/** Null, or absent bytes, for what does not open. */
const SealedResult = z.strictObject({ challengeId: Uuid.nullable() })
const OpenedResult = z.strictObject({ opened: z.boolean() })
const Pkcs12Result = z.strictObject({ algorithm: Algorithm })
const SealedKeyResult = z.strictObject({ keyId: Uuid, ownerId: Uuid })
const StatusResult = z.strictObject({
  ready: z.boolean(),
  kekId: z.string(),
  keysLoaded: z.int().min(0),
  uptimeSeconds: z.number().min(0),
})
/** What each call answers beside the bytes of the body. */
export const RESULT = {
  generateKey: KeyResult,
  publicKey: PublicKeyResult,
  signCertificate: BytesResult,
  signCrl: BytesResult,
  signScepReply: BytesResult,
  signScepNextCertificates: BytesResult,
  decryptScep: BytesResult,
  signOcspResponse: BytesResult,
  signProfile: BytesResult,
  signClientAssertion: BytesResult,
  signOwnCertificate: BytesResult,
  mac: BytesResult,
  seal: BytesResult,
  open: BytesResult,
  challengeHandles: BytesResult,
  sealChallenge: BytesResult,
  openSealedChallenge: SealedResult,
  openToken: OpenedResult,
  readPkcs12: Pkcs12Result,
  importKey: KeyResult,
  signAuthorityRequest: BytesResult,
  sealedKey: BytesResult,
  checkSealedKey: SealedKeyResult,
  dropKey: BytesResult,
  restoreKey: SealedKeyResult,
  status: StatusResult,
} satisfies Record<CallName, z.ZodType<object>>

/** What the signer may refuse with: a subset of the vocabulary, because it knows no users. */
const REFUSALS = ['not_found', 'invalid_input', 'conflict', 'rate_limited', 'policy_refused', 'unavailable'] as const
const RefusalCode = z.enum(REFUSALS) satisfies z.ZodType<ErrorCode>
export type RefusalCode = (typeof REFUSALS)[number]

export const Response = z.union([
  z.strictObject({ id: Id, result: z.record(z.string(), z.unknown()) }),
  z.strictObject({
    id: Id,
    refusal: z.strictObject({
      code: RefusalCode,
      sentence: z.string(),
      reason: z.string(),
      detail: z.string(),
      retryAfterSeconds: z.number().optional(),
    }),
  }),
])
export type Response = z.infer<typeof Response>

export function asRefusalCode(code: ErrorCode): RefusalCode {
  return REFUSALS.find((known) => known === code) ?? 'unavailable'
}
