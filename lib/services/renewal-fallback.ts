/** A renewal that is not possible: whether the challenge in the request may decide after all (scep.md §5.1). */
import type { Csr } from '@/lib/pki/csr'
import { presentedForm } from './challenge-formats'
import { handleHashes } from './challenge-handles'
import type { EndpointPolicy } from './endpoint-settings'
import type { EnrolmentReason } from './enrolment-refusals'
import type { RenewalObstacle, RenewalStore } from './renewal'
import { type FailedCheck, type HeldCertificate, RENEWAL_REQ } from './renewal-checks'
import type { Signer } from './signer'

/** Not even with a challenge: the signer is known to be no device of ours any more, or never was one. */
const FINAL: readonly EnrolmentReason[] = ['renewal_signer_revoked', 'renewal_signer_no_leaf']

/** A RenewalReq never falls back to a challenge. */
export function isFinal(messageType: number, { reason }: FailedCheck): boolean {
  return messageType === RENEWAL_REQ || FINAL.includes(reason)
}

export interface FallbackDependencies {
  store: Pick<RenewalStore, 'spentByLine'>
  signer: Pick<Signer, 'challengeHandles'>
}

/** None at all, or the one that this very line was issued for: clients send it again (RFC 8894 §2.4). */
export async function carriesNoChallenge(
  { store, signer }: FallbackDependencies,
  { lineageId }: Pick<HeldCertificate, 'lineageId'>,
  { csr, endpoint }: { csr: Pick<Csr, 'challengePasswords'>; endpoint: { id: string; policy: EndpointPolicy } },
): Promise<boolean> {
  const value = firstValue(csr)
  if (value === '') return endpoint.policy !== 'approval'
  return store.spentByLine(lineageId, await handleHashes(signer, endpoint.id, presentedForm(value).value))
}

export function firstValue({ challengePasswords }: Pick<Csr, 'challengePasswords'>): string {
  return challengePasswords[0]?.replace(/\r?\n$/, '') ?? ''
}

/** Why what stands in the way of a certificate refuses its renewal. */
export function refusedBy(
  obstacle: Exclude<RenewalObstacle, { outcome: 'busy' }>,
  { serial }: Pick<HeldCertificate, 'serial'>,
): FailedCheck {
  switch (obstacle.outcome) {
    case 'revoked':
      return { reason: 'renewal_signer_revoked', detail: `serial ${serial}: ${obstacle.reason}` }
    case 'blocked':
      return {
        reason: 'renewal_device_blocked',
        detail: `serial ${obstacle.serial} of the same subject: ${obstacle.reason}`,
      }
    case 'renewed':
      return { reason: 'renewal_repeated', detail: `renewed by serial ${obstacle.successor.serial}` }
  }
}
