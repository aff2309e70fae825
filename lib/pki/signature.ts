/** Signature algorithms of certificates, requests and messages: which there are, and verifying them. */
import { constants, verify } from 'node:crypto'
import { constructedContext, DerError, type DerReader, TAG, type Tlv } from './der'
import { oidOf, smallNumberOf } from './der-values'
import type { PublicKeyInfo } from './key'
import { OID, oidName } from './oid'

export type Hash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** How to verify: nothing of it depends on the key. MD5 and everything unknown have no scheme. */
export type SignatureScheme =
  | { kind: 'rsa'; hash: Hash }
  | { kind: 'pss'; hash: Hash; saltLength: number }
  | { kind: 'ecdsa'; hash: Hash }
  | { kind: 'ed25519' }

const SCHEMES: Readonly<Record<string, SignatureScheme>> = {
  [OID.sha1WithRSA]: { kind: 'rsa', hash: 'sha1' },
  [OID.sha224WithRSA]: { kind: 'rsa', hash: 'sha224' },
  [OID.sha256WithRSA]: { kind: 'rsa', hash: 'sha256' },
  [OID.sha384WithRSA]: { kind: 'rsa', hash: 'sha384' },
  [OID.sha512WithRSA]: { kind: 'rsa', hash: 'sha512' },
  [OID.ecdsaWithSHA1]: { kind: 'ecdsa', hash: 'sha1' },
  [OID.ecdsaWithSHA224]: { kind: 'ecdsa', hash: 'sha224' },
  [OID.ecdsaWithSHA256]: { kind: 'ecdsa', hash: 'sha256' },
  [OID.ecdsaWithSHA384]: { kind: 'ecdsa', hash: 'sha384' },
  [OID.ecdsaWithSHA512]: { kind: 'ecdsa', hash: 'sha512' },
  [OID.ed25519]: { kind: 'ed25519' },
}

const HASHES: Readonly<Record<string, Hash>> = {
  [OID.sha1]: 'sha1',
  [OID.sha224]: 'sha224',
  [OID.sha256]: 'sha256',
  [OID.sha384]: 'sha384',
  [OID.sha512]: 'sha512',
}

export interface AlgorithmIdentifier {
  oid: string
  parameters: Tlv | null
}

/** AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }. */
export function parseAlgorithm(identifier: Tlv): AlgorithmIdentifier {
  if (identifier.tag !== TAG.sequence) throw new DerError('an AlgorithmIdentifier is a SEQUENCE')
  const reader = identifier.open()
  const oid = oidOf(reader.next(TAG.oid).content)
  const parameters = reader.done ? null : reader.next()
  reader.finish()
  return { oid, parameters }
}

/** The hash an AlgorithmIdentifier names, or null for those we do not use. */
export function hashOf(algorithm: AlgorithmIdentifier): Hash | null {
  return HASHES[algorithm.oid] ?? null
}

/** The scheme of a signature AlgorithmIdentifier, or null when we accept no signature of that kind. */
export function signatureScheme(algorithm: AlgorithmIdentifier): SignatureScheme | null {
  return algorithm.oid === OID.rsassaPss ? pssScheme(algorithm.parameters) : (SCHEMES[algorithm.oid] ?? null)
}

export function signatureName(algorithm: AlgorithmIdentifier): string {
  return oidName(algorithm.oid)
}

/** False for any fault: wrong key type, wrong signature, no scheme. */
export function verifySignature(
  scheme: SignatureScheme | null,
  publicKey: PublicKeyInfo,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (scheme === null || !fits(scheme, publicKey)) return false
  try {
    switch (scheme.kind) {
      case 'rsa':
      case 'ecdsa':
        return verify(scheme.hash, data, publicKey.key, signature)
      case 'pss': {
        const key = { key: publicKey.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength }
        return verify(scheme.hash, data, key, signature)
      }
      case 'ed25519':
        return verify(null, data, publicKey.key, signature)
    }
  } catch {
    return false
  }
}

function fits(scheme: SignatureScheme, publicKey: PublicKeyInfo): boolean {
  switch (publicKey.algorithm) {
    case 'RSA':
      return scheme.kind === 'rsa' || scheme.kind === 'pss'
    case 'EC':
      return scheme.kind === 'ecdsa'
    case 'Ed25519':
      return scheme.kind === 'ed25519'
  }
}

/** RFC 4055 §3.1: absent fields mean SHA-1, MGF1 with SHA-1, 20 octets of salt. Mixed hashes are not accepted. */
function pssScheme(parameters: Tlv | null): SignatureScheme | null {
  if (parameters?.tag !== TAG.sequence) return null
  const reader = parameters.open()
  const hash = optionalHash(reader)
  const mask = optionalMaskHash(reader)
  const salt = reader.optional(constructedContext(2))
  const trailer = reader.optional(constructedContext(3))
  reader.finish()
  const saltLength = salt ? smallNumberOf(salt.open().next(TAG.integer).content) : 20
  const trailerField = trailer ? smallNumberOf(trailer.open().next(TAG.integer).content) : 1
  if (hash === null || hash !== mask || trailerField !== 1 || saltLength > 512) return null
  return { kind: 'pss', hash, saltLength }
}

/** [0] HashAlgorithm DEFAULT sha1, as in the parameters of RSASSA-PSS and RSAES-OAEP. */
export function optionalHash(reader: DerReader): Hash | null {
  const field = reader.optional(constructedContext(0))
  return field ? hashOf(parseAlgorithm(field.open().next(TAG.sequence))) : 'sha1'
}

/** [1] MaskGenAlgorithm DEFAULT mgf1SHA1: the hash inside MGF1. */
export function optionalMaskHash(reader: DerReader): Hash | null {
  const field = reader.optional(constructedContext(1))
  if (!field) return 'sha1'
  const mask = parseAlgorithm(field.open().next(TAG.sequence))
  return mask.oid === OID.mgf1 && mask.parameters ? hashOf(parseAlgorithm(mask.parameters)) : null
}
