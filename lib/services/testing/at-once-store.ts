/** In-memory store of the usual enrolment in one step, over the stores of its single steps. */
import type { AtOnceStore } from '@/lib/services/enrolment-at-once'
import type { ScepEnrolmentStore } from '@/lib/services/scep-enrolment'
import type { EnrolmentStores, MemoryChallenge } from './enrolment-stores'
import { memoryIssuanceStore } from './issuance-store'
import type { World } from './world'

export function memoryAtOnceStore(
  world: World,
  clock: () => Date,
  { enrolment, redemption }: { enrolment: ScepEnrolmentStore; redemption: EnrolmentStores['redemption'] },
): AtOnceStore {
  const challenges = world.challenges as MemoryChallenge[]
  const issuance = memoryIssuanceStore(world)
  const isUsual = ({ state, failedAttempts, expiresAt }: MemoryChallenge) =>
    state === 'pending' && failedAttempts === 0 && expiresAt > clock()
  return {
    async offer({ handleHashes, endpointId }) {
      const challenge = challenges.find(
        (each) =>
          each.endpointId === endpointId &&
          isUsual(each) &&
          handleHashes.some((hash) => Buffer.from(hash).equals(each.handleHash)),
      )
      const endpoint = challenge === undefined ? null : await issuance.issuingEndpoint(endpointId)
      if (challenge === undefined || endpoint === null) return null
      const { id, subject, constraints } = challenge
      return { reservation: { id, subject, constraints }, endpoint }
    },
    async enrol({ rowId, attempt, leaf: { intent }, events: [reserved, ...told] }) {
      const begun = await enrolment.begin(attempt)
      if (!begun.started) return 'taken'
      const row = world.transactions.find(({ id }) => id === begun.id)
      if (row) row.id = rowId
      const challenge = challenges.find((each) => each.id === intent.challengeId && isUsual(each))
      if (challenge === undefined || reserved === undefined) return 'begun'
      const { handleHash, endpointId } = challenge
      const request = { ...attempt, handleHashes: [handleHash], endpointId, transactionRowId: rowId }
      await redemption.reserve(request, () => reserved)
      await issuance.recordLeafIntent(intent, told)
      return 'recorded'
    },
  }
}
