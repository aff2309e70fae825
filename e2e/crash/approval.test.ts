/** Killed between any two steps of an approval: the decision and the certificate are there once, or can be made again. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CrashSite, crashActor, crashSite } from './crash-site'

let site: CrashSite

beforeAll(async () => {
  site = await crashSite('approval')
  await site.sql.query("update endpoint set policy = 'approval'")
}, 120_000)
afterAll(() => site?.close())

/** A device that waits, and asks again in the two ways there are. */
async function waiting(name: string) {
  const { send } = site.request(name)
  expect(await send()).toMatchObject({ pkiStatus: 'PENDING' })
  const { items } = await site.services.approvals.list(crashActor, { state: 'open' }, { limit: 1 })
  return { id: items[0]?.id ?? '', request: () => send(19), poll: () => send(20) }
}

/** How many words the approval took, or null when the process was killed. */
async function approveInAnotherProcess(id: string, killBefore: number): Promise<number | null> {
  return (await site.inAnotherProcess({ approve: id }, killBefore))?.words ?? null
}

async function certificatesOf(name: string): Promise<string[]> {
  const { rows } = await site.sql.query<{ state: string }>('select state from certificate where common_name = $1', [
    name,
  ])
  return rows.map(({ state }) => state)
}

test('killed before each word to the database or the signer, job, device and person still get it done once', async () => {
  const job = site.services.jobs.find(({ name }) => name === 'tend-approvals')
  let undecided = 0
  let words = 0
  // One run may take a word more than another: this goes on until one ends before the word at which it was to be killed.
  for (let n = 1; words === 0; n++) {
    const name = `killed-${n}`
    const { id, request, poll } = await waiting(name)
    words = (await approveInAnotherProcess(id, n)) ?? 0
    const { state } = await site.services.approvals.get(crashActor, id)
    if (state === 'open') {
      // Nothing was decided: the device waits as before, and the person can do it again.
      undecided += 1
      expect((await poll()).pkiStatus, `killed before word ${n}`).toBe('PENDING')
      await site.services.approvals.approve(crashActor, id)
    } else if (n % 2 === 0) await job?.run(new Date())
    else await request()
    expect((await poll()).pkiStatus, `killed before word ${n}`).toBe('SUCCESS')
    expect(await certificatesOf(name), `killed before word ${n}`).toEqual(['issued'])
  }
  expect(words).toBeGreaterThan(10)
  expect(undecided).toBeGreaterThan(0)
  expect(undecided).toBeLessThan(words)
  expect(await site.services.audit.verify(crashActor)).toMatchObject({ ok: true })
  const { rows } = await site.sql.query(
    `select (select count(*)::int from certificate where state = 'intent') as intents,
      (select count(*)::int from challenge where origin = 'approval' and state <> 'consumed') as grants,
      (select count(*)::int from enrolment_transaction where state <> 'issued') as rows`,
  )
  expect(rows[0]).toEqual({ intents: 0, grants: 0, rows: 0 })
}, 240_000)
