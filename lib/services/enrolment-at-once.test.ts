/** The usual enrolment in one step: the same story as by single steps, and nothing that they would have refused. */
import { describe, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'
import { EnrolmentProof } from './issuance'
import { atOnceStoreContract } from './testing/at-once-contract'
import { enrolmentPortal, memoryEnrolmentBacking } from './testing/enrolment'
import { actor, deviceActor } from './testing/harness'

atOnceStoreContract('in memory', async () => memoryEnrolmentBacking())

/** What was told of one enrolment: its reply, its events, its row and the steps of the flight recorder. */
async function story(byStep: boolean) {
  const backing = memoryEnrolmentBacking()
  if (byStep) backing.enrolment.atOnce.offer = async () => null
  const enrol = vi.spyOn(backing.enrolment.atOnce, 'enrol')
  const portal = await enrolmentPortal(backing)
  const { challenge } = await portal.mint()
  const device = await portal.device({ challenge })
  const { result, events, full } = await portal.eventsOf(() => device.enrol())
  await portal.recorder.flush()
  const { items } = await portal.transactions.list(actor('auditor'), {}, {})
  const one = await portal.transactions.get(actor('admin'), items[0]?.id ?? '')
  const steps = one?.exchanges.flatMap((exchange) => exchange.steps.map(({ step }) => step))
  const data = full.map((event) => Object.keys(event.data))
  const { state, reason, subject, challengeId } = items[0] ?? {}
  return {
    atOnce: enrol.mock.calls.length,
    told: {
      status: result.pkiStatus,
      events,
      data,
      steps,
      row: { state, reason, subject, known: challengeId !== null },
    },
  }
}

describe('an enrolment at once', () => {
  test('tells the same story as one step by step', async () => {
    const [once, steps] = [await story(false), await story(true)]
    expect([once.atOnce, steps.atOnce]).toEqual([1, 0])
    expect(once.told).toEqual(steps.told)
    expect(once.told.steps).toContain('challenge.checked')
  })

  test.each([
    ['another key signs for the device', { signer: 1, key: 'ec' as const }],
    ['the names do not fit', { subject: [{ type: 'CN', value: 'stranger' }] }],
    ['the challenge is unknown', { challenge: 'NOSUCH' }],
    ['there is no challenge', { challenge: '' }],
  ])('is not tried where %s', async (_, told) => {
    const backing = memoryEnrolmentBacking()
    const enrol = vi.spyOn(backing.enrolment.atOnce, 'enrol')
    const portal = await enrolmentPortal(backing)
    const { challenge } = await portal.mint()
    await (await portal.device({ challenge, ...told })).enrol()
    expect(enrol).not.toHaveBeenCalled()
  })

  test('is not tried for a device that no longer waits', async () => {
    const backing = memoryEnrolmentBacking()
    const enrol = vi.spyOn(backing.enrolment.atOnce, 'enrol')
    const portal = await enrolmentPortal(backing, { deadlineMilliseconds: -1 })
    const { challenge, id } = await portal.mint()
    expect(await (await portal.device({ challenge })).status()).toMatchObject({ status: 503 })
    expect(enrol).not.toHaveBeenCalled()
    expect(await backing.challengeState(id)).toBe('pending')
  })

  test('whose challenge somebody else has by then is refused as any other', async () => {
    const backing = memoryEnrolmentBacking()
    const portal = await enrolmentPortal(backing)
    const { challenge, id } = await portal.mint()
    const { enrol } = backing.enrolment.atOnce
    backing.enrolment.atOnce.enrol = async (usual) => {
      await portal.challenges.revoke(actor('operator'), id)
      return enrol(usual)
    }
    const device = await portal.device({ challenge })
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject({ pkiStatus: 'FAILURE', failInfoText: 'challenge rejected' })
    expect(events).toEqual(['challenge.revoked', 'enrol.request.rejected challenge_revoked'])
    expect((await portal.transactions.list(actor('auditor'), {}, {})).items).toMatchObject([
      { state: 'refused', reason: 'challenge_revoked' },
    ])
  })

  test.each([true, false])(
    'whose word from the database was lost (recorded: %s) is 503, and the same request then one certificate',
    async (recorded) => {
      const backing = memoryEnrolmentBacking()
      const portal = await enrolmentPortal(backing)
      const { challenge, id } = await portal.mint()
      const { enrol } = backing.enrolment.atOnce
      backing.enrolment.atOnce.enrol = async (usual) => {
        backing.enrolment.atOnce.enrol = enrol
        if (recorded) await enrol(usual)
        throw new Refusal('unavailable', 'The database cannot answer.', { reason: 'database_unavailable' })
      }
      const device = await portal.device({ challenge })
      expect(await device.status()).toMatchObject({ status: 503 })
      expect(await backing.challengeState(id)).toBe(recorded ? 'reserved' : 'pending')
      expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect((await portal.certificates.list(actor('admin'), {}, {})).items).toHaveLength(1)
      expect((await portal.transactions.list(actor('auditor'), {}, {})).items).toMatchObject([{ state: 'issued' }])
    },
  )

  test('that the signer fails keeps its challenge for its intent, and the same request goes on with both', async () => {
    const portal = await enrolmentPortal(memoryEnrolmentBacking())
    const { challenge, id } = await portal.mint()
    const device = await portal.device({ challenge })
    const { signCertificate } = portal.signer
    portal.signer.signCertificate = () => Promise.reject(new Refusal('unavailable', 'Away.'))
    expect(await device.status()).toMatchObject({ status: 503 })
    expect(await portal.backing.challengeState(id)).toBe('reserved')
    portal.signer.signCertificate = signCertificate
    const { result, events } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(events).toEqual(['challenge.reserved', 'certificate.issued', 'challenge.consumed'])
  })
})

describe('a leaf that was drawn up beforehand', () => {
  async function drawn() {
    const portal = await enrolmentPortal(memoryEnrolmentBacking())
    let leaf: Parameters<typeof portal.issuance.issueDrawn>[0]['leaf'] | undefined
    portal.backing.enrolment.atOnce.enrol = async (usual) => {
      leaf = usual.leaf
      throw new Refusal('unavailable', 'Stopped here.')
    }
    const { challenge } = await portal.mint()
    await (await portal.device({ challenge })).status()
    if (leaf === undefined) throw new Error('nothing was drawn up')
    const { challengeId, enrolmentTransactionId } = leaf.intent
    const reservation = {
      challengeId: challengeId ?? '',
      endpointId: portal.group.endpoint.id,
      enrolmentTransactionId: enrolmentTransactionId ?? '',
      constraints: { v: 1 as const, subject: [], san: [] },
    }
    return { portal, leaf, reservation }
  }

  test('is not issued without proof, nor with the proof of another challenge or another request', async () => {
    const { portal, leaf, reservation } = await drawn()
    const { issueDrawn } = portal.issuance
    const lookalike = { ...EnrolmentProof.ofReservedChallenge(reservation) } as EnrolmentProof
    await expect(issueDrawn({ actor: deviceActor(), proof: lookalike, leaf })).rejects.toThrow('without proof')
    for (const other of [{ challengeId: 'x' }, { enrolmentTransactionId: 'x' }]) {
      const proof = EnrolmentProof.ofReservedChallenge({ ...reservation, ...other })
      await expect(issueDrawn({ actor: deviceActor(), proof, leaf })).rejects.toThrow('proof of another')
    }
  })

  test('is not signed unless its intent was recorded, whatever proof is brought', async () => {
    const { portal, leaf, reservation } = await drawn()
    const proof = EnrolmentProof.ofReservedChallenge(reservation)
    await expect(portal.issuance.issueDrawn({ actor: deviceActor(), proof, leaf })).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect((await portal.certificates.list(actor('admin'), {}, {})).items).toEqual([])
  })
})
