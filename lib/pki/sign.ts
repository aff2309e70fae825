/** Signing with a private key at hand: the client's side, and tests. The product's own keys sign inside the signer. */
import { type KeyObject, sign } from 'node:crypto'
import { DerError } from './der'
import { nullValue, oid, sequence } from './der-write'
import { OID } from './oid'
import type { Hash } from './signature'

const RSA: Readonly<Record<Hash, string>> = {
  sha1: OID.sha1WithRSA,
  sha224: OID.sha224WithRSA,
  sha256: OID.sha256WithRSA,
  sha384: OID.sha384WithRSA,
  sha512: OID.sha512WithRSA,
}
const ECDSA: Readonly<Record<Hash, string>> = {
  sha1: OID.ecdsaWithSHA1,
  sha224: OID.ecdsaWithSHA224,
  sha256: OID.ecdsaWithSHA256,
  sha384: OID.ecdsaWithSHA384,
  sha512: OID.ecdsaWithSHA512,
}

/** AlgorithmIdentifier of signWith's signature: RSA takes NULL parameters, the others none (RFC 3279, 5758, 8410). */
export function signatureIdentifier(privateKey: KeyObject, hash: Hash): Uint8Array {
  switch (privateKey.asymmetricKeyType) {
    case 'rsa':
      return sequence(oid(RSA[hash]), nullValue())
    case 'ec':
      return sequence(oid(ECDSA[hash]))
    case 'ed25519':
      return sequence(oid(OID.ed25519))
    default:
      throw new DerError('keys of this type do not sign', 'unsupported')
  }
}

export function signWith(privateKey: KeyObject, hash: Hash, data: Uint8Array): Uint8Array {
  return sign(privateKey.asymmetricKeyType === 'ed25519' ? null : hash, data, privateKey)
}
