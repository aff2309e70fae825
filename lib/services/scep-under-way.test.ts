/** Enrolments that others may wait for are told of, and nobody waits for one that went another way. */
import { expect, test } from 'vitest'
import { enrolmentPortal, memoryEnrolmentBacking } from './testing/enrolment'
import { createUnderWay } from './under-way'

/** Who is inside, and how many were at the most. */
function counted() {
  const underWay = createUnderWay()
  const seen = { inside: 0, entered: 0 }
  return {
    seen,
    underWay: {
      ...underWay,
      enter() {
        seen.inside += 1
        seen.entered += 1
        let inside = true
        return () => {
          if (inside) seen.inside -= 1
          inside = false
        }
      },
    },
  }
}

test('from its opening to its answer', async () => {
  const { seen, underWay } = counted()
  const portal = await enrolmentPortal(memoryEnrolmentBacking(), {}, { underWay })
  const { decryptScep, signScepReply } = portal.signer
  const inside: number[] = []
  portal.signer.decryptScep = async (...given) => {
    inside.push(seen.inside)
    return decryptScep(...given)
  }
  portal.signer.signScepReply = async (...given) => {
    inside.push(seen.inside)
    return signScepReply(...given)
  }
  const device = await portal.device({ challenge: (await portal.mint()).challenge })
  expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect({ inside, seen }).toEqual({ inside: [1, 1], seen: { inside: 0, entered: 1 } })
})

test('not while the steps answer it: a repeated request, a challenge that is none, a message nobody can open', async () => {
  const { seen, underWay } = counted()
  const portal = await enrolmentPortal(memoryEnrolmentBacking(), {}, { underWay })
  const device = await portal.device({ challenge: (await portal.mint()).challenge })
  const outcomes = [await device.enrol()]
  const { signScepReply } = portal.signer
  const inside: number[] = []
  portal.signer.signScepReply = async (...given) => {
    inside.push(seen.inside)
    return signScepReply(...given)
  }
  outcomes.push(await device.enrol())
  outcomes.push(await (await portal.device({ challenge: 'A'.repeat(32), signer: 1 })).enrol())
  portal.signer.decryptScep = async () => new Uint8Array(32)
  const unopened = await portal.device({ challenge: (await portal.mint()).challenge, signer: 2 })
  outcomes.push(await unopened.enrol())
  expect(outcomes.map(({ pkiStatus }) => pkiStatus)).toEqual(['SUCCESS', 'SUCCESS', 'FAILURE', 'FAILURE'])
  expect({ inside, seen }).toEqual({ inside: [0, 0, 0], seen: { inside: 0, entered: 4 } })
})

test('nor while it waits for another request to be done with its challenge', async () => {
  const { seen, underWay } = counted()
  const inside: number[] = []
  const portal = await enrolmentPortal(
    memoryEnrolmentBacking(),
    {},
    {
      underWay,
      pause: async () => {
        inside.push(seen.inside)
        await new Promise((resolve) => setTimeout(resolve, 1))
      },
    },
  )
  const { signCertificate } = portal.signer
  const signing = Promise.withResolvers<void>()
  portal.signer.signCertificate = async (...given) => {
    await signing.promise
    return signCertificate(...given)
  }
  const { challenge } = await portal.mint()
  const rivals = await Promise.all([0, 1].map((signer) => portal.device({ challenge, signer })))
  const answers = rivals.map((rival) => rival.enrol())
  while (inside.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  signing.resolve()
  const outcomes = (await Promise.all(answers)).map(({ pkiStatus }) => pkiStatus)
  expect(outcomes.toSorted()).toEqual(['FAILURE', 'SUCCESS'])
  // The other one is inside until it is signed.
  expect(inside[0]).toBe(1)
  expect(seen).toEqual({ inside: 0, entered: 2 })
})
