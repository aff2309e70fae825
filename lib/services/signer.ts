/** What services see of the signer: a few typed calls. Private keys and the KEK never leave that process. */

export type KeyAlgorithm = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'p256' | 'p384'
/**
 * challenge: an endpoint's key to which others encrypt the challenges they sign. It opens, and signs nothing.
 * ocsp: signs what is on record about the certificates of one authority, and nothing else.
 * profile: signs Apple configuration profiles, and nothing else.
 * assertion: says to somebody else's authorisation server who we are, and nothing else.
 */
export type KeyPurpose = 'root' | 'issuer' | 'ra' | 'challenge' | 'ocsp' | 'profile' | 'assertion'
export type ScepDigest = 'sha1' | 'sha256' | 'sha384' | 'sha512'

export interface Signer {
  /** Makes a key pair and stores it encrypted. Returns its id and SubjectPublicKeyInfo (DER). */
  generateKey(request: {
    purpose: KeyPurpose
    algorithm: KeyAlgorithm
    ownerId: string
  }): Promise<{ keyId: string; spki: Uint8Array }>
  publicKey(keyId: string): Promise<{ spki: Uint8Array; algorithm: KeyAlgorithm; purpose: KeyPurpose }>
  /**
   * Signs the TBSCertificate recorded in certificate row `certificateId`, and nothing else: the row must be an intent,
   * its serial reserved, its issuer name the authority's, its validity within the authority's, and CA:TRUE only for a
   * row of kind root or issuer. Returns the certificate, DER, its signature verified.
   */
  signCertificate(certificateId: string): Promise<Uint8Array>
  /**
   * Signs a TBSCertList (DER) of the authority: its whole list, or that of one shard. Every revocation on record must be
   * on it. Returns the signature, verified.
   */
  signCrl(authorityId: string, tbs: Uint8Array, shard: number | null): Promise<Uint8Array>
  /** Signs the DER SET OF signed attributes of a CertRep with an RA key, PKCS#1 v1.5. Returns the signature bytes. */
  signScepReply(keyId: string, digest: ScepDigest, signedAttributes: Uint8Array): Promise<Uint8Array>
  /**
   * Signs what GetNextCACert announces (RFC 8894 §4.7.1): `certificates` is a degenerate SignedData, DER, and each one in
   * it must be on record as an authority's or a registration authority's. Returns the signature over contentType and
   * messageDigest, SHA-256 with PKCS#1 v1.5.
   */
  signScepNextCertificates(keyId: string, certificates: Uint8Array): Promise<Uint8Array>
  /**
   * RSA key transport of a SCEP envelope with an RA key. A tampered key yields random bytes, never an error (implicit
   * rejection), so that nobody can tell the faults apart. `oaep` names the hash for RSAES-OAEP; absent is PKCS#1 v1.5.
   */
  decryptScep(
    keyId: string,
    encryptedKey: Uint8Array,
    oaep?: 'sha1' | 'sha256' | 'sha384' | 'sha512',
  ): Promise<Uint8Array>
  /**
   * Signs a ResponseData (RFC 6960 §4.2.1) with a responder's key, ECDSA with SHA-256: only for certificates of the
   * responder's authority, only with the status that is on record at that moment, and only for as long as it may be
   * believed. Refuses with reason `status_differs` what changed since the caller read. Returns the signature bytes.
   */
  signOcspResponse(keyId: string, tbs: Uint8Array): Promise<Uint8Array>
  /**
   * Signs a configuration profile: `propertyList` must be one, and `signedAt` now. Returns the signature over contentType,
   * signingTime and messageDigest, SHA-256 with PKCS#1 v1.5.
   */
  signProfile(keyId: string, signedAt: Date, propertyList: Uint8Array): Promise<Uint8Array>
  /**
   * Signs the signing input of a client assertion (RFC 7523) with a key of purpose `assertion`, PS256: one that lives for
   * ten minutes at most. Returns the signature bytes, verified.
   */
  signClientAssertion(keyId: string, input: Uint8Array): Promise<Uint8Array>
  /** Signs the TBSCertificate of such a key's own, self-signed certificate. Returns the certificate, DER. */
  signOwnCertificate(keyId: string, tbs: Uint8Array): Promise<Uint8Array>
  /** HMAC-SHA-256 under a key derived from the KEK for this purpose alone; that of `challenge` changes by itself. */
  mac(purpose: MacPurpose, data: Uint8Array): Promise<Uint8Array>
  /**
   * AES-256-GCM under a key derived from the KEK for this purpose, bound to the row that will hold it: credentials that
   * we must present again, so that a copy of the database does not hold them. At most 4 KiB; for `notification` 200 kB.
   */
  seal(purpose: SealPurpose, rowId: string, plaintext: Uint8Array): Promise<Uint8Array>
  /** Refuses what was sealed for another purpose, another row or under another KEK, all alike. */
  open(purpose: SealPurpose, rowId: string, sealed: Uint8Array): Promise<Uint8Array>
  /** mac('challenge') under each key that a live challenge may have been minted with, newest first. */
  challengeHandles(data: Uint8Array): Promise<Uint8Array[]>
  /** Seals what a self-contained challenge says (dynamic-challenge.md §8): 88 bytes, bound to the endpoint. */
  sealChallenge(challenge: SealedChallenge, ttlSeconds: number): Promise<Uint8Array>
  /** What was sealed for this endpoint and is not past its time. Null for every fault alike. */
  openSealedChallenge(endpointId: string, sealed: Uint8Array): Promise<SealedChallenge | null>
  /**
   * Opens a compact JWE (RFC 7516) that was encrypted to this key of purpose `challenge`: ECDH-ES for P-256, RSA-OAEP-256
   * for RSA, with A256GCM and nothing else, at most 16 KiB, never compressed. Null for every fault alike.
   */
  openToken(keyId: string, token: Uint8Array): Promise<Uint8Array | null>
  /**
   * What a PKCS#12 file holds: the kind of its key, and its certificates, that of the key first. Keeps nothing. Refuses,
   * with a sentence for people, what does not open or protects its key too weakly.
   */
  readPkcs12(file: Pkcs12File): Promise<{ algorithm: KeyAlgorithm; certificates: Uint8Array[] }>
  /**
   * Keeps the key of a PKCS#12 file for the authority `ownerId`, encrypted like one that was made here. The file must hold
   * the authority's certificate beside it. Refuses a key that an authority has already.
   */
  importKey(
    request: { purpose: 'root' | 'issuer'; ownerId: string },
    file: Pkcs12File,
  ): Promise<{ keyId: string; spki: Uint8Array }>
  /** Signs the request for an issuer's certificate that somebody else will sign: PKCS#10, DER, with this subject. */
  signAuthorityRequest(keyId: string, subjectDer: Uint8Array): Promise<Uint8Array>
  /** A root's key as a file that opens under this installation's KEK alone; `restoreKey` takes it back. */
  sealedKey(keyId: string): Promise<Uint8Array>
  /** Whether such a file opens, and is that key's. Refuses what is not. */
  checkSealedKey(sealed: Uint8Array): Promise<{ keyId: string; ownerId: string }>
  /** Wipes the key that the file holds, once no authority names it any more. Doing it twice does no harm. */
  dropKey(sealed: Uint8Array): Promise<void>
  restoreKey(sealed: Uint8Array): Promise<{ keyId: string; ownerId: string }>
  status(): Promise<{ ready: boolean; kekId: string; keysLoaded: number; uptimeSeconds: number }>
}

/** The password as UTF-8: wiped by whoever read it from a form, once the call is done. */
export interface Pkcs12File {
  file: Uint8Array
  password: Uint8Array
}

export interface SealedChallenge {
  endpointId: string
  /** Row id: the jti. */
  challengeId: string
  /** SHA-256 over the canonical JSON of its constraints. */
  constraintsSha256: Uint8Array
}

/** challenge: handle hashes. fingerprint: correlating secrets in the audit trail. pepper: over password hashes. session: next-auth's secret. */
export type MacPurpose = 'challenge' | 'fingerprint' | 'pepper' | 'session'

/** validator: the secret that signs what we ask. validator-authorization: its bearer token or password. receiver: the secret that signs what we are asked. notification: what is still to be told, where it repeats a request with its challenge. */
export type SealPurpose =
  | 'validator'
  | 'validator-authorization'
  | 'receiver'
  | 'connector'
  | 'connector-hook'
  | 'mail-server'
  | 'notification'
