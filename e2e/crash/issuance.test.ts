/** Killed between any two steps of an enrolment and sent again: one certificate, no more and no less, every time. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CrashSite, crashActor, crashSite } from './crash-site'

let site: CrashSite

beforeAll(async () => {
  site = await crashSite('enrolment')
}, 120_000)
afterAll(() => site?.close())

async function enrolment(name: string) {
  const { challenge, id } = await site.services.challenges.mint(crashActor, {
    endpoint: 'staff',
    subject: `CN=${name}`,
  })
  return { challengeId: id, ...site.request(name, challenge) }
}

/** What the process said before it ended, or null when it was killed. */
function answeredInAnotherProcess(message: (messageType: 19) => Uint8Array, killBefore: number) {
  return site.inAnotherProcess({ answer: Buffer.from(message(19)).toString('base64') }, killBefore)
}

/** A word before which the kill leaves an intent behind, found by the first test. */
let leavesAnIntent = 0

async function stateOf(name: string): Promise<string | undefined> {
  const { rows } = await site.sql.query('select state from certificate where common_name = $1', [name])
  return rows[0]?.state
}

test('killed before each word to the database or the signer, the retry gets the one certificate', async () => {
  const whole = await enrolment('undisturbed')
  const undisturbed = await answeredInAnotherProcess(whole.message, Number.MAX_SAFE_INTEGER)
  expect(undisturbed).toMatchObject({ status: 200 })
  const words = undisturbed?.words ?? 0
  // Four statements that read or count, two commits and four calls of the signer.
  expect(words).toBeGreaterThanOrEqual(10)

  for (let n = 1; n <= words; n++) {
    const { challengeId, message, send } = await enrolment(`killed-${n}`)
    await answeredInAnotherProcess(message, n)
    if ((await stateOf(`killed-${n}`)) === 'intent') leavesAnIntent = n
    const reply = await send()
    expect(reply.pkiStatus, `killed before word ${n} of ${words}`).toBe('SUCCESS')
    const { rows } = await site.sql.query('select state, challenge_id from certificate where common_name = $1', [
      `killed-${n}`,
    ])
    expect(rows, `killed before word ${n} of ${words}`).toEqual([{ state: 'issued', challenge_id: challengeId }])
    const challenge = await site.services.challenges.get(crashActor, challengeId)
    expect(challenge.state).toBe('consumed')
  }
  expect(await site.services.audit.verify(crashActor)).toMatchObject({ ok: true })
  const { rows } = await site.sql.query("select count(*)::int as left from certificate where state = 'intent'")
  expect(rows[0]).toEqual({ left: 0 })
}, 180_000)

test('an intent that nobody comes back for is finished by the reconciler', async () => {
  expect(leavesAnIntent).toBeGreaterThan(0)
  await answeredInAnotherProcess((await enrolment('abandoned')).message, leavesAnIntent)
  expect(await stateOf('abandoned')).toBe('intent')
  // Time passes; nothing else changes what "overdue" means.
  await site.sql.query(
    "update certificate set created_at = created_at - interval '2 minutes' where common_name = 'abandoned'",
  )
  await site.services.jobs.find((job) => job.name === 'reconcile-issuance')?.run(new Date())
  expect(await stateOf('abandoned')).toBe('issued')
})
