/** The calls of the signer, each with its policy: which key, for what, journalled, verified. */
import { createHash, createHmac, hash, type KeyObject } from 'node:crypto'
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import { assembleCertificate } from '@/lib/pki/certificate'
import { contentAttributes, profileAttributes } from '@/lib/pki/signed-attributes'
import { inSlices } from '@/lib/pki/slices'
import type { KeyAlgorithm, KeyPurpose, MacPurpose, Signer } from '@/lib/services/signer'
import { checkAssertion, checkOwnCertificate } from './assertion-policy'
import { authorityKeys } from './authority-keys'
import { challengeKeys } from './challenge-keys'
import type { Kek } from './envelope'
import type { Journal } from './journal'
import type { KeyRing } from './key-ring'
import { createOcspPolicy } from './ocsp-policy'
import { checkProfile } from './profile-policy'
import type { RateCeiling } from './rate-ceiling'
import { revokedSerials } from './revoked-serials'
import { isCertRep } from './scep-attributes'
import { checkAnswersScep, checkNextCertificates } from './scep-identity'
import { createSealing } from './sealing'
import { certificateToSign, certifiedKeyId, checkComplete, checkCrl, checkPurpose, keyHere } from './signing-policy'
import { findAuthority, findCertificateTogether } from './signing-rows'

export interface SignerParts {
  pool: pg.Pool
  kek: Kek
  keys: KeyRing
  journal: Journal
  ceiling: RateCeiling
  /** For the keys that change with time; the system's unless given. */
  clock?: () => Date
}

/** Certification authorities need 128 bits of strength or near (ASVS 11.2.3); SCEP's envelopes need RSA. */
const MAY_BE: Record<KeyPurpose, readonly KeyAlgorithm[]> = {
  root: ['rsa3072', 'rsa4096', 'p256', 'p384'],
  issuer: ['rsa3072', 'rsa4096', 'p256', 'p384'],
  ra: ['rsa2048', 'rsa3072', 'rsa4096'],
  challenge: ['p256', 'rsa3072'],
  ocsp: ['p256'],
  profile: ['rsa3072'],
  assertion: ['rsa2048', 'rsa3072', 'rsa4096'],
}

/** An OCSP answer grants nothing that is not on record: ten of them count for one other use. */
const OCSP_USE = 0.1

export function createSigner(parts: SignerParts): Signer {
  const { pool, kek, keys, journal, ceiling, clock = () => new Date() } = parts
  const startedAt = performance.now()
  const signing = new Map<string, Promise<Uint8Array>>()
  const challenges = challengeKeys(kek, clock)
  const macKeys: Record<Exclude<MacPurpose, 'challenge'>, KeyObject> = {
    fingerprint: kek.derive('mac/fingerprint'),
    pepper: kek.derive('mac/pepper'),
    session: kek.derive('mac/session'),
  }
  const rejection = kek.derive('implicit-rejection')
  const sealing = createSealing(kek)
  const findCertificate = findCertificateTogether(pool)
  const ocsp = createOcspPolicy(pool, clock)

  async function signCertificate(certificateId: string): Promise<Uint8Array> {
    const record = await findCertificate(certificateId)
    if (record === null)
      throw new Refusal('not_found', 'There is no such certificate.', { reason: 'certificate_unknown' })
    const key = await keys.get(keyHere(record.authority))
    const certifiedId = certifiedKeyId(record)
    const certified = certifiedId === null ? null : await keys.get(certifiedId)
    const tbs = certificateToSign(record, key, certified)
    ceiling.take(key.keyId)
    const sha256 = hash('sha256', tbs, 'hex')
    const written = journal.append({
      call: 'signCertificate',
      keyId: key.keyId,
      certificateId,
      authorityId: record.authority.id,
      sha256,
    })
    return released(written, () => assembleCertificate(tbs, key.signCertificate(tbs)))
  }

  return {
    async generateKey({ purpose, algorithm, ownerId }) {
      if (!MAY_BE[purpose].includes(algorithm)) {
        throw new Refusal('policy_refused', 'A key for this purpose needs another algorithm.', {
          reason: 'key_algorithm',
          detail: `${purpose} ${algorithm}`,
        })
      }
      const key = await keys.make({ purpose, algorithm, ownerId })
      const sha256 = hash('sha256', key.spki, 'hex')
      await journal.append({ call: 'generateKey', keyId: key.keyId, sha256 })
      return { keyId: key.keyId, spki: key.spki }
    },

    async publicKey(keyId) {
      const { spki, algorithm, purpose } = await keys.get(keyId)
      return { spki, algorithm, purpose }
    },

    /** Callers that ask for the same certificate at once get the same one: with ECDSA, two would differ. */
    signCertificate(certificateId) {
      const running =
        signing.get(certificateId) ?? signCertificate(certificateId).finally(() => signing.delete(certificateId))
      signing.set(certificateId, running)
      return running
    },

    async signCrl(authorityId, tbs, shard) {
      const authority = await findAuthority(pool, authorityId, shard)
      if (authority === null)
        throw new Refusal('not_found', 'There is no such authority.', { reason: 'authority_unknown' })
      const key = await keys.get(keyHere(authority))
      const required = checkCrl(tbs, authority, key, new Date())
      await checkComplete(tbs, revokedSerials(pool, authorityId, { ...required, shard }))
      ceiling.take(key.keyId)
      const whole = createHash('sha256')
      await inSlices(tbs, (slice) => whole.update(slice))
      const sha256 = whole.digest('hex')
      const written = journal.append({ call: 'signCrl', keyId: key.keyId, authorityId, sha256 })
      return released(written, () => key.signCrl(tbs))
    },

    async signScepReply(keyId, digest, signedAttributes) {
      const key = await keys.get(keyId)
      await checkAnswersScep(pool, key)
      if (!isCertRep(signedAttributes)) {
        throw new Refusal('policy_refused', 'The signer does not sign this.', {
          reason: 'not_a_cert_rep',
          detail: 'signer: not_a_cert_rep',
        })
      }
      ceiling.take(keyId)
      const sha256 = hash('sha256', signedAttributes, 'hex')
      const written = journal.append({ call: 'signScepReply', keyId, sha256 })
      return released(written, () => key.signScepReply(digest, signedAttributes))
    },

    async signScepNextCertificates(keyId, certificates) {
      const key = await keys.get(keyId)
      await checkAnswersScep(pool, key)
      await checkNextCertificates(pool, certificates)
      ceiling.take(keyId)
      const signedAttributes = contentAttributes(certificates)
      const sha256 = hash('sha256', signedAttributes, 'hex')
      const written = journal.append({ call: 'signScepNextCertificates', keyId, sha256 })
      return released(written, () => key.signScepReply('sha256', signedAttributes))
    },

    async decryptScep(keyId, encryptedKey, oaep) {
      const key = await keys.get(keyId)
      await checkAnswersScep(pool, key)
      ceiling.take(keyId)
      // Always computed, so that both ways cost the same; always the same for one message, as in OpenSSL.
      const substitute = createHmac('sha256', rejection)
        .update(`${keyId}\0${oaep ?? 'pkcs1'}\0`)
        .update(encryptedKey)
        .digest()
      if (encryptedKey.length !== key.modulusBytes) return substitute
      return key.decrypt(encryptedKey, oaep) ?? substitute
    },

    /**
     * Not journalled: what is signed is what the database says, for minutes, and thousands a second may be asked for. The
     * journal has the responder's certificate.
     */
    async signOcspResponse(keyId, tbs) {
      const key = await keys.get(keyId)
      checkPurpose(key, 'ocsp')
      ceiling.take(keyId, OCSP_USE)
      await ocsp.check(key, tbs)
      return key.signOcspResponse(tbs)
    },

    async signProfile(keyId, signedAt, propertyList) {
      const key = await keys.get(keyId)
      await checkProfile(pool, key, { signedAt, content: propertyList, now: clock() })
      ceiling.take(keyId)
      const signedAttributes = profileAttributes(propertyList, signedAt)
      const sha256 = hash('sha256', signedAttributes, 'hex')
      const written = journal.append({ call: 'signProfile', keyId, sha256 })
      return released(written, () => key.signScepReply('sha256', signedAttributes))
    },

    async signClientAssertion(keyId, input) {
      const key = await keys.get(keyId)
      checkPurpose(key, 'assertion')
      checkAssertion(input, clock())
      ceiling.take(keyId)
      const sha256 = hash('sha256', input, 'hex')
      const written = journal.append({ call: 'signClientAssertion', keyId, sha256 })
      return released(written, () => key.signAssertion(input))
    },

    async signOwnCertificate(keyId, tbs) {
      const key = await keys.get(keyId)
      checkPurpose(key, 'assertion')
      checkOwnCertificate(tbs, key)
      ceiling.take(keyId)
      const sha256 = hash('sha256', tbs, 'hex')
      const written = journal.append({ call: 'signOwnCertificate', keyId, sha256 })
      return released(written, () => assembleCertificate(tbs, key.signCertificate(tbs)))
    },

    async mac(purpose, data) {
      if (purpose === 'challenge') return challenges.mac(data)
      return createHmac('sha256', macKeys[purpose]).update(data).digest()
    },

    async seal(purpose, rowId, plaintext) {
      return sealing.seal(purpose, rowId, plaintext)
    },

    async open(purpose, rowId, sealed) {
      return sealing.open(purpose, rowId, sealed)
    },

    async challengeHandles(data) {
      return challenges.handles(data)
    },

    async sealChallenge(challenge, ttlSeconds) {
      if (challenge.constraintsSha256.length !== 32)
        throw new Refusal('invalid_input', 'A SHA-256 has 32 bytes.', { reason: 'hash_length' })
      return challenges.seal(challenge, ttlSeconds)
    },

    async openSealedChallenge(endpointId, sealed) {
      return challenges.open(endpointId, sealed)
    },

    async openToken(keyId, token) {
      const key = await keys.get(keyId)
      checkPurpose(key, 'challenge')
      ceiling.take(keyId)
      return key.openToken(token)
    },

    ...authorityKeys({ pool, kek, keys, journal, ceiling, clock, mayBe: (purpose) => MAY_BE[purpose] }),

    async status() {
      const uptimeSeconds = Math.round(performance.now() - startedAt) / 1000
      return { ready: await answers(pool), kekId: kek.id, keysLoaded: keys.size, uptimeSeconds }
    },
  }
}

/** Signs while the journal syncs, and lets the result out only when both are done. */
async function released<T>(written: Promise<void>, sign: () => T | Promise<T>): Promise<T> {
  const [result] = await Promise.all([Promise.resolve().then(sign), written])
  return result
}

async function answers(pool: pg.Pool): Promise<boolean> {
  try {
    await pool.query('select 1')
    return true
  } catch {
    return false
  }
}
