/** Keys of authorities that come from elsewhere or go there: PKCS#12 in, requests out, a root's key into a safe. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import { type AuthorityProblem, authorityKeyAlgorithm, lintAuthority } from '@/lib/pki/authority-lint'
import { assembleRequest, buildAuthorityRequestInfo } from '@/lib/pki/authority-request'
import { type CertificateInfo, parseCertificate, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { DerError } from '@/lib/pki/der'
import { parsePublicKey } from '@/lib/pki/key'
import { parseName } from '@/lib/pki/name'
import type { KeyAlgorithm, KeyPurpose, Signer } from '@/lib/services/signer'
import type { Kek } from './envelope'
import type { Journal } from './journal'
import { type KeyRing, importKey as openRow, takeTurns } from './key-ring'
import { findKey, type KeyRow, refillKey, wipeKey } from './key-rows'
import { readPkcs12 } from './pkcs12'
import type { RateCeiling } from './rate-ceiling'
import { notSealedKey, readSealedKey, writeSealedKey } from './sealed-key'
import { checkPurpose } from './signing-policy'

interface Parts {
  pool: pg.Pool
  kek: Kek
  keys: KeyRing
  journal: Journal
  ceiling: RateCeiling
  clock: () => Date
  mayBe(purpose: KeyPurpose): readonly KeyAlgorithm[]
}

type AuthorityCalls = Pick<
  Signer,
  'readPkcs12' | 'importKey' | 'signAuthorityRequest' | 'sealedKey' | 'checkSealedKey' | 'dropKey' | 'restoreKey'
>

interface Opened {
  algorithm: KeyAlgorithm
  /** PKCS#8 as OpenSSL writes it; whoever opened it wipes it. */
  pkcs8: Buffer
  own: CertificateInfo
  certificates: Uint8Array[]
}

/** A file costs as many rounds as it says: several at once would take the threads on which the journal is written. */
const MAX_OPENING = 1
const MAX_WAITING = 8

export function authorityKeys({ pool, kek, keys, journal, ceiling, clock, mayBe }: Parts): AuthorityCalls {
  const turn = takeTurns(MAX_OPENING, MAX_WAITING)

  /** Opens a row or a file of one. It must be a root's, and what it says of itself true. */
  function opened(row: KeyRow): KeyRow {
    try {
      const key = openRow(row, kek)
      if (key.purpose === 'root') return row
    } catch {
      // Whatever is wrong with it, the answer is the same.
    }
    throw notSealedKey()
  }

  return {
    async readPkcs12({ file, password }) {
      const { pkcs8, algorithm, certificates } = await turn(() => openPkcs12(file, password))
      pkcs8.fill(0)
      return { algorithm, certificates }
    },

    async importKey({ purpose, ownerId }, { file, password }) {
      const { pkcs8, algorithm, own } = await turn(() => openPkcs12(file, password))
      try {
        if (!mayBe(purpose).includes(algorithm)) throw unfit({ reason: 'key_algorithm', text: 'its key is too weak.' })
        const problem = lintAuthority(own, { kind: purpose, now: clock(), signsHere: true })
        if (problem !== null) throw unfit(problem)
        const key = await keys.adopt({ purpose, algorithm, ownerId }, pkcs8)
        if (key === null)
          throw new Refusal('conflict', 'The key in this file is here already.', { reason: 'key_known' })
        await journal.append({ call: 'importKey', keyId: key.keyId, sha256: sha256(key.spki) })
        return { keyId: key.keyId, spki: key.spki }
      } finally {
        pkcs8.fill(0)
      }
    },

    /** What is signed is written here, so it can be nothing but a request. */
    async signAuthorityRequest(keyId, subjectDer) {
      const key = await keys.get(keyId)
      checkPurpose(key, 'issuer')
      checkSubject(subjectDer)
      ceiling.take(keyId)
      const info = buildAuthorityRequestInfo({ subjectDer, spki: key.spki })
      const signature = key.signCertificate(info)
      await journal.append({ call: 'signAuthorityRequest', keyId, sha256: sha256(info) })
      return assembleRequest(info, signatureAlgorithmFor(key.algorithm), signature)
    },

    async sealedKey(keyId) {
      const row = await findKey(pool, keyId)
      if (row === null) throw new Refusal('not_found', 'There is no such key.', { reason: 'key_unknown' })
      const sealed = writeSealedKey(opened(row))
      await journal.append({ call: 'sealedKey', keyId, sha256: sha256(row.publicKey) })
      return sealed
    },

    async checkSealedKey(sealed) {
      const { keyId, ownerId } = opened(readSealedKey(sealed))
      return { keyId, ownerId }
    },

    async dropKey(sealed) {
      const row = opened(readSealedKey(sealed))
      await journal.append({ call: 'dropKey', keyId: row.keyId, sha256: sha256(row.publicKey) })
      if (!(await wipeKey(pool, row.keyId)))
        throw new Refusal('conflict', 'This key is in use.', { reason: 'key_in_use' })
      keys.forget(row.keyId)
    },

    async restoreKey(sealed) {
      const row = opened(readSealedKey(sealed))
      await journal.append({ call: 'restoreKey', keyId: row.keyId, sha256: sha256(row.publicKey) })
      await refillKey(pool, row)
      keys.forget(row.keyId)
      const { keyId, ownerId } = await keys.get(row.keyId)
      return { keyId, ownerId }
    },
  }
}

/** A file whose key could sign here, with the certificate of that key in front. */
export async function openPkcs12(file: Uint8Array, password: Uint8Array): Promise<Opened> {
  const content = await readPkcs12(file, Buffer.from(password.buffer, password.byteOffset, password.length))
  let pkcs8: Buffer | undefined
  try {
    const { spki, bytes } = imported(content.privateKey)
    pkcs8 = bytes
    const algorithm = authorityKeyAlgorithm(parsePublicKey(spki))
    if (algorithm === null)
      throw unfit({
        reason: 'key_algorithm',
        text: 'its key is of another kind than RSA with 3072 or 4096 bits, P-256 or P-384.',
      })
    const certificates = content.certificates.map((der) => ({ der, info: parseCertificate(der) }))
    const own = certificates.find(({ info }) => spki.equals(info.spki))
    if (own === undefined)
      throw new Refusal('invalid_input', 'None of the certificates in this file belongs to its key.', {
        reason: 'key_mismatch',
      })
    const others = certificates.filter((each) => each !== own).map(({ der }) => der)
    const kept = pkcs8
    pkcs8 = undefined
    return { algorithm, pkcs8: kept, own: own.info, certificates: [own.der, ...others] }
  } catch (error) {
    if (error instanceof DerError)
      throw new Refusal('invalid_input', 'A certificate in this file cannot be read.', {
        reason: 'certificate_malformed',
        detail: error.message,
      })
    throw error
  } finally {
    content.privateKey.fill(0)
    pkcs8?.fill(0)
  }
}

/** As OpenSSL writes it: without the attributes and oddities of the program that exported it. */
function imported(privateKey: Buffer): { spki: Buffer; bytes: Buffer } {
  try {
    const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    return { spki, bytes: key.export({ type: 'pkcs8', format: 'der' }) }
  } catch {
    throw new Refusal('invalid_input', 'The private key in this file cannot be read.', { reason: 'key_malformed' })
  }
}

function unfit({ reason, text }: AuthorityProblem): Refusal {
  return new Refusal('invalid_input', `This certificate cannot be used: ${text}`, { reason })
}

function checkSubject(subjectDer: Uint8Array): void {
  try {
    if (parseName(subjectDer).length > 0) return
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  throw new Refusal('invalid_input', 'Give the authority a name.', { reason: 'invalid_name' })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
