/** What would happen is what does happen, and nothing happens by asking. */
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { buildCsr } from '@/lib/pki/csr'
import { toPem } from '@/lib/pki/pem'
import type { SimulationRequest } from './simulation-types'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking, TABLET } from './testing/enrolment'
import { actor } from './testing/harness'
import { simulationContract } from './testing/simulation-contract'

const admin = actor('admin')

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
})

function csr(challenge?: string, cn = 'tablet-7'): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = [{ type: 'CN', value: cn }, ...TABLET.slice(1)]
  const der = buildCsr({ subject, privateKey, ...(challenge === undefined ? {} : { challengePassword: challenge }) })
  return toPem(der, 'CERTIFICATE REQUEST')
}
const simulate = (request: SimulationRequest, who = admin) => portal.simulation.simulate(who, portal.slug, request)

describe('a pasted request', () => {
  test('with a challenge that waits would get its certificate, and nothing happens by asking', async () => {
    const { challenge, id } = await portal.mint()
    const { result, events } = await portal.eventsOf(() => simulate({ csr: csr(challenge) }))
    expect(result).toMatchObject({ verdict: 'would_issue', reason: null })
    expect(result.fields).toMatchObject([{ field: 'subject', verdict: 'fits' }, { field: 'san' }, { field: 'key' }])
    expect(events).toEqual([])
    expect(await portal.challenges.get(admin, id)).toMatchObject({ state: 'pending', failedAttempts: 0 })
    expect((await portal.transactions.list(admin, {}, {})).items).toEqual([])
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    expect(JSON.stringify([result, portal.logged])).not.toContain(challenge)
  })

  test('with another name would be refused, field by field, and does not count', async () => {
    const { challenge, id } = await portal.mint()
    for (let time = 0; time < 4; time++) {
      expect(await simulate({ csr: csr(undefined, 'tablet-8'), challenge })).toMatchObject({
        verdict: 'would_refuse',
        reason: 'subject_mismatch',
        nextStep: expect.stringContaining('Correct the device profile'),
        fields: expect.arrayContaining([
          {
            field: 'subject',
            expected: ['CN=tablet-7,O=Example'],
            received: ['CN=tablet-8,O=Example'],
            verdict: 'differs',
          },
        ]),
      })
    }
    expect(await portal.challenges.get(admin, id)).toMatchObject({ state: 'pending', failedAttempts: 0 })
  })

  test.each([
    ['none', async () => ({}), 'challenge_missing'],
    ['an unknown one', async () => ({ challenge: 'NEVERMINTED' }), 'challenge_unknown'],
    [
      'a revoked one',
      async () => {
        const { challenge, id } = await portal.mint()
        await portal.challenges.revoke(admin, id)
        return { challenge }
      },
      'challenge_revoked',
    ],
    [
      'one of another endpoint',
      async () => {
        const other = await portal.createGroup('Printers')
        const { challenge } = await portal.mint('CN=tablet-7,O=Example', [], other.endpoint.slug)
        return { challenge }
      },
      'challenge_other_endpoint',
    ],
    [
      'a used one',
      async () => {
        const { challenge } = await portal.mint()
        await (await portal.device({ challenge })).enrol()
        return { challenge }
      },
      'challenge_replayed',
    ],
  ] as const)('with %s as its challenge would be refused for it', async (_, prepare, reason) => {
    expect(await simulate({ csr: csr(), ...(await prepare()) })).toMatchObject({ verdict: 'would_refuse', reason })
  })

  test('is judged by an edited policy too', async () => {
    const expected = { subject: 'CN=tablet-7,O=Example' }
    expect(await simulate({ csr: csr(), expected })).toMatchObject({ verdict: 'would_issue' })
    expect(await simulate({ csr: csr(), expected, changes: { ellipticCurves: ['P-384'] } })).toMatchObject({
      verdict: 'would_refuse',
      reason: 'weak_key',
    })
    for (const [policy, verdict, reason] of [
      ['static', 'would_refuse', 'challenge_missing'],
      ['approval', 'would_ask', null],
      ['delegated', 'would_refuse', 'challenge_missing'],
    ] as const)
      expect(await simulate({ csr: csr(), changes: { policy } })).toMatchObject({ verdict, reason })
    expect(await simulate({ csr: csr('any'), changes: { policy: 'delegated' } })).toMatchObject({
      reason: 'validator_missing',
    })
    await portal.groups.updateEndpoint(admin, portal.slug, { enabled: false })
    expect(await simulate({ csr: csr(), expected })).toMatchObject({
      verdict: 'would_refuse',
      summary: expect.stringContaining('switched off'),
    })
  })

  test.each(['', 'nonsense!', 'AAAA', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----'])(
    'that is %j is refused in words',
    async (text) => {
      await expect(simulate({ csr: text })).rejects.toMatchObject({
        code: 'invalid_input',
        fields: { csr: expect.any(String) },
      })
    },
  )

  test('with a broken signature would be refused', async () => {
    const der = Buffer.from(csr().replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
    expect(
      await simulate({ csr: der.toString('base64'), expected: { subject: 'CN=tablet-7,O=Example' } }),
    ).toMatchObject({
      verdict: 'would_refuse',
      reason: 'csr_signature_invalid',
    })
  })
})

describe('a recorded enrolment', () => {
  const recorded = async (wrong: { subject?: typeof TABLET; message?: object }) => {
    const { challenge } = await portal.mint()
    await (await portal.device({ challenge, key: 'ec', ...wrong })).enrol(wrong.message ?? {})
    await portal.recorder.flush()
    return (await portal.transactions.list(admin, {}, { limit: 1 })).items[0]?.id as string
  }

  test('is judged again as it was, and by the names it should have had', async () => {
    const transaction = await recorded({ subject: [{ type: 'CN', value: 'tablet-8' }] })
    expect(await simulate({ transaction })).toMatchObject({ verdict: 'would_refuse', reason: 'subject_mismatch' })
    expect(await simulate({ transaction, expected: { subject: 'CN=tablet-8' } })).toMatchObject({
      verdict: 'would_issue',
    })
  })

  test('is judged by settings of its message: algorithms and whose key signed', async () => {
    const transaction = await recorded({ message: { cipher: '3des', digest: 'sha1' } })
    expect(await simulate({ transaction })).toMatchObject({ verdict: 'would_issue' })
    for (const [changes, says] of [
      [{ allowSha1: false }, 'SHA-1'],
      [{ allow3des: false }, '3DES'],
      [{ signerKeyPolicy: 'must_match_csr' }, 'another key'],
    ] as const) {
      expect(await simulate({ transaction, changes })).toMatchObject({
        verdict: 'would_refuse',
        summary: expect.stringContaining(says),
      })
    }
  })

  test('that does not exist, or left no request, is refused', async () => {
    await expect(simulate({ transaction: crypto.randomUUID() })).rejects.toMatchObject({ code: 'not_found' })
    await (await portal.device({ csr: new Uint8Array(100).fill(0x30) })).enrol()
    await portal.recorder.flush()
    const { items } = await portal.transactions.list(admin, {}, { limit: 1 })
    await expect(simulate({ transaction: items[0]?.id as string })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

describe('no oracle', () => {
  test('an auditor sees what the profile says and nothing of a challenge', async () => {
    const { challenge } = await portal.mint()
    for (const value of [challenge, 'NEVERMINTED']) {
      expect(await simulate({ csr: csr(value) }, actor('auditor'))).toMatchObject({
        verdict: 'undecided',
        reason: null,
        checks: expect.arrayContaining([{ check: 'authorisation', verdict: 'not_checked', says: expect.any(String) }]),
      })
    }
    await expect(simulate({ csr: csr() }, { ...admin, role: null })).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('one person may try twenty challenges in ten minutes, right or wrong', async () => {
    const { challenge } = await portal.mint()
    const request = { csr: csr(challenge) }
    for (let time = 0; time < 20; time++) await simulate(request)
    await expect(simulate(request)).rejects.toMatchObject({ code: 'rate_limited' })
    expect(await simulate({ csr: csr(), expected: { subject: 'CN=tablet-7,O=Example' } })).toMatchObject({
      verdict: 'would_issue',
    })
  })
})

simulationContract('in memory', async () => memoryEnrolmentBacking())
