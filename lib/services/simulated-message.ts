/** What is seen of a message before anybody authorises anything: its algorithms, its signer's key, the request's own proof. */
import { type Csr, verifyCsr } from '@/lib/pki/csr'
import { DerError } from '@/lib/pki/der'
import type { ScepEndpoint } from './scep-endpoints'
import { BINDS_ITSELF } from './signer-key'
import { fails, holds, passes } from './simulation-checks'
import { lastFact, textFact } from './simulation-record'
import type { SimulationCheck } from './simulation-types'
import type { TransactionRecord } from './transactions'

/** Only a recorded message can show them. */
export function messageChecks(record: TransactionRecord | null, endpoint: ScepEndpoint): SimulationCheck[] {
  if (record === null) return []
  return [algorithmCheck(record, endpoint), ...signerCheck(record, endpoint)]
}

export function possessionCheck(csr: Csr | null): SimulationCheck {
  if (csr === null)
    return { check: 'possession', verdict: 'not_checked', says: 'The signature of a recorded request is not kept.' }
  const says = 'The request is signed by the key it names.'
  return isProven(csr) ? passes('possession', says) : fails('possession', 'csr_signature_invalid')
}

function algorithmCheck(record: TransactionRecord, { allowSha1, allow3des, allowDes }: ScepEndpoint): SimulationCheck {
  const cipher = lastFact(record, 'envelope.read', 'cipher')
  if (lastFact(record, 'message.verified', 'digest') === 'sha1' && !allowSha1)
    return fails('algorithms', 'sha1_not_allowed')
  if (cipher === '3des' && !allow3des) return fails('algorithms', 'triple_des_not_allowed')
  if (cipher === 'des' && !allowDes) return fails('algorithms', 'des_not_allowed')
  return passes('algorithms', 'The algorithms of the message are allowed.')
}

/** As checkSignerKey() decides, by what the recorder kept of the signer. */
function signerCheck(record: TransactionRecord, endpoint: ScepEndpoint): SimulationCheck[] {
  if (lastFact(record, 'csr.read', 'signerKey') !== 'other') return []
  const { signerKeyPolicy, policy, trustedProxySigners } = endpoint
  const allowed =
    trustedProxySigners.includes(textFact(record, 'signer.differs', 'signerSha256')) ||
    (signerKeyPolicy === 'allow_with_challenge' && BINDS_ITSELF.includes(policy)) ||
    textFact(record, 'renewal.signer', 'certificateId') !== ''
  const says = 'The message is signed by another key than the requested one, which is allowed.'
  return [holds('signerKey', allowed, 'signer_key_differs', allowed ? says : '')]
}

function isProven(csr: Csr): boolean {
  try {
    return verifyCsr(csr)
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}
