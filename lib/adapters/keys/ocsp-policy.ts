/** What the signer checks before it signs an OCSP answer: whose it is, for how long, and every status against the record. */
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import { DerError } from '@/lib/pki/der'
import { issuerKeys, parseResponseData, responderKeyHash } from '@/lib/pki/ocsp'
import { certStatus, isFinal, sameStatus } from '@/lib/services/ocsp-status'
import { findResponder, type ResponderRecord, statusReader } from './ocsp-rows'
import type { SigningKey } from './signing-key'

type Parsed = ReturnType<typeof parseResponseData>

interface Responder {
  authorityId: string
  /** As CertIDs name its authority. */
  issuers: ReadonlySet<string>
  keyHash: Uint8Array
}

const MAX_CLOCK_MS = 5 * 60_000
/** Nobody can take back what was signed: what may still change is believed for an hour at most. */
const MAX_LIFE_MS = { changing: 3_600_000, final: 24 * 3_600_000 }
const MOST_RESPONDERS = 1_000

export function createOcspPolicy(pool: pg.Pool, clock: () => Date) {
  const statuses = statusReader(pool)
  /** Whose responder a key is never changes. */
  const responders = new Map<string, Promise<Responder>>()

  function responderOf(key: SigningKey): Promise<Responder> {
    const known = responders.get(key.keyId) ?? findResponder(pool, key).then((record) => asResponder(record, key))
    known.catch(() => responders.delete(key.keyId))
    responders.delete(key.keyId)
    responders.set(key.keyId, known)
    const [oldest] = responders.keys()
    if (responders.size > MOST_RESPONDERS && oldest !== undefined) responders.delete(oldest)
    return known
  }

  return {
    async check(key: SigningKey, tbs: Uint8Array): Promise<void> {
      const data = parsed(tbs)
      const responder = await responderOf(key)
      if (data.responses.length === 0) refuse('about_nothing')
      checkTimes(data, clock())
      if (Buffer.compare(data.responderKeyHash, responder.keyHash) !== 0) refuse('another_responder')
      for (const { certId } of data.responses)
        if (certId.hash === null || !responder.issuers.has(certId.issuer)) refuse('of_another_authority')
      await Promise.all(data.responses.map((single) => checkStatus(responder, single)))
    },
  }

  async function checkStatus({ authorityId }: Responder, { certId, status }: Parsed['responses'][number]) {
    const { serial } = certId
    const onRecord = certStatus(serial === null ? null : await statuses({ authorityId, serial }))
    if (!sameStatus(onRecord, status))
      refuse('status_differs', `serial ${serial}: ${status.status} was to be said, ${onRecord.status} is on record`)
  }
}

function asResponder(record: ResponderRecord | null, key: SigningKey): Responder {
  if (record === null) refuse('no_record_of_this_responder')
  return {
    authorityId: record.authorityId,
    issuers: new Set(issuerKeys(record).map(({ issuer }) => issuer)),
    keyHash: responderKeyHash(key.spki),
  }
}

function checkTimes({ producedAt, responses }: Parsed, now: Date): void {
  if (Math.abs(producedAt.getTime() - now.getTime()) > MAX_CLOCK_MS) refuse('ocsp_times', 'not made now')
  for (const { status, thisUpdate, nextUpdate } of responses) {
    const life = nextUpdate.getTime() - thisUpdate.getTime()
    if (thisUpdate > producedAt) refuse('ocsp_times', 'it begins in the future')
    if (life <= 0 || life > (isFinal(status) ? MAX_LIFE_MS.final : MAX_LIFE_MS.changing))
      refuse('ocsp_times', 'it ends too early or too late')
  }
}

function parsed(tbs: Uint8Array): Parsed {
  try {
    return parseResponseData(tbs)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    return refuse('malformed', error.message)
  }
}

function refuse(reason: string, detail = ''): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', {
    reason,
    detail: detail === '' ? `signer: ${reason}` : `signer: ${reason}: ${detail}`,
  })
}
