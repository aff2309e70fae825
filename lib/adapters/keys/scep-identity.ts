/** Whose key may answer SCEP, and what may be announced in its name. */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import { constructedContext, DerError, parseDer, TAG } from '@/lib/pki/der'
import type { SigningKey } from './signing-key'

const MOST_CERTIFICATES = 8
const LIMITS = { maxBytes: 65_536, maxNodes: 2_000, maxDepth: 32 }

/**
 * A registration authority's key; or an issuer's, where an endpoint was set to answer with it and its certificate says
 * that it may (scep.md, `scepIdentity`).
 */
export async function checkAnswersScep(pool: pg.Pool, key: SigningKey): Promise<void> {
  if (key.purpose === 'ra') return
  if (key.purpose !== 'issuer') refuse('key_purpose')
  const { rows } = await pool.query<{ certificate_der: Buffer | null }>({
    name: 'answers-scep',
    text: `select a.certificate_der from authority a where a.id = $1 and a.key_id = $2 and a.kind = 'issuer' and a.status <> 'revoked'
             and exists (select from endpoint e where e.authority_id = a.id and e.scep_identity = 'ca')`,
    values: [key.ownerId, key.keyId],
  })
  const der = rows[0]?.certificate_der
  if (!der) refuse('key_purpose')
  const { keyUsage } = parseCertificate(der)
  if (!keyUsage.includes('keyEncipherment') || !keyUsage.includes('digitalSignature')) refuse('key_usage')
}

/** Devices will trust what is announced: each certificate must be one that this installation issued to itself. */
export async function checkNextCertificates(pool: pg.Pool, certificates: Uint8Array): Promise<void> {
  const fingerprints = certificatesIn(certificates).map((der) => createHash('sha256').update(der).digest())
  const { rows } = await pool.query<{ known: number }>({
    name: 'next-certificates',
    text: `select count(distinct fingerprint_sha256)::int as known from certificate
           where fingerprint_sha256 = any($1) and state::text = 'issued' and kind::text in ('root', 'issuer', 'ra') and revoked_at is null`,
    values: [fingerprints],
  })
  const distinct = new Set(fingerprints.map((fingerprint) => fingerprint.toString('hex'))).size
  if (rows[0]?.known !== distinct) refuse('certificate_not_on_record')
}

/** The certificates of a degenerate SignedData (RFC 8894 §3.4), and nothing else may be in it. */
function certificatesIn(der: Uint8Array): Uint8Array[] {
  try {
    const contentInfo = parseDer(der, LIMITS).open()
    contentInfo.next(TAG.oid)
    const signedData = contentInfo.next(constructedContext(0)).open().next(TAG.sequence).open()
    signedData.next(TAG.integer)
    signedData.next(TAG.set)
    signedData.next(TAG.sequence)
    const certificates = signedData.next(constructedContext(0)).children(MOST_CERTIFICATES)
    if (certificates.length > 0 && signedData.next(TAG.set).content.length === 0) {
      signedData.finish()
      return certificates.map(({ bytes }) => bytes)
    }
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  return refuse('not_certificates')
}

function refuse(reason: string): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', { reason, detail: `signer: ${reason}` })
}
