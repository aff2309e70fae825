/** Decisions on their way to the database: in pieces, each once, whatever fails between two of them. */
import { expect, test } from 'vitest'
import { parseSerial } from '@/lib/pki/serial'
import { createNetworkDecisions, type Sighting } from './network-decisions'
import { actor, NOON } from './testing/harness'

const question = {
  form: 'plain',
  serial: parseSerial('1234'),
  authorityKeyId: null,
  issuer: '/CN=Staff',
  ssid: null,
  networkServers: [],
  station: null,
} as const
const granted = { vlan: null, filterId: null, class: null, sessionTimeoutSeconds: null }

function recording(fails: (call: number) => boolean) {
  const written: Sighting[][] = []
  const told: number[] = []
  let calls = 0
  const decisions = createNetworkDecisions({
    store: {
      async add(sightings, refusals, _keep, events) {
        calls += 1
        if (fails(calls)) throw new Error('the database is away')
        written.push(sightings)
        told.push(refusals.length + events.length)
      },
    },
    clock: () => NOON,
    log: () => {},
  })
  const accept = (certificateId: string) =>
    decisions.accepted({
      at: NOON,
      question: { ...question, networkServers: [] },
      subject: { certificateId } as Parameters<typeof decisions.accepted>[0]['subject'],
      granted,
    })
  const refuse = () =>
    decisions.refused({
      at: NOON,
      question: { ...question, networkServers: [] },
      subject: null,
      reason: 'certificate_unknown',
      actor: actor('operator'),
    })
  return { decisions, accept, refuse, written, told }
}

test('many sightings are written in pieces, with the refusals in the first one alone', async () => {
  const { decisions, accept, refuse, written, told } = recording(() => false)
  for (let number = 0; number < 700; number += 1) accept(`certificate-${number}`)
  refuse()
  await decisions.flush()
  expect(written.map(({ length }) => length)).toEqual([250, 250, 200])
  expect(told).toEqual([2, 0, 0])
  await decisions.flush()
  expect(written).toHaveLength(3)
})

test('what a failure left is written with the next, and nothing twice', async () => {
  const { decisions, accept, refuse, written, told } = recording((call) => call === 2)
  for (let number = 0; number < 700; number += 1) accept(`certificate-${number}`)
  refuse()
  await decisions.flush()
  accept('certificate-699')
  await decisions.flush()
  const all = written.flat()
  expect(new Set(all.map(({ certificateId }) => certificateId)).size).toBe(700)
  expect(all).toHaveLength(700)
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(701)
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(2)
})
