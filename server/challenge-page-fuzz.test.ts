/** Whatever is sent to the challenge page: no fault, no page but NDES's, and a challenge for the right secret alone. */
import { expect, test } from 'vitest'
import { damaged } from '@/e2e/fuzz/bytes'
import { chance } from '@/e2e/fuzz/random'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { challengePageResponse } from './challenge-page-path'

const ROUNDS = 5_000
const STATUSES = [200, 401, 403, 404, 405, 429]
const admin = actor('admin')

test('whatever arrives, a challenge goes to the right secret over TLS from a place that may, and to nobody else', async () => {
  const by = chance(20_261_128)
  const portal = await enrolmentPortal(memoryEnrolmentBacking())
  const bounds = { subjectTemplate: 'CN=laptop-*,O=Example', allowedAddresses: ['192.0.2.0/24'] }
  const { secret } = await portal.pageAccounts.create(admin, portal.slug, { name: 'Fleet', ...bounds })
  const off = await portal.pageAccounts.create(admin, portal.slug, { name: 'Off', ...bounds })
  await portal.pageAccounts.update(admin, portal.slug, off.view.id, { enabled: false })

  const basic = (pair: string) => `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  const headers = [
    basic(`fleet:${secret}`),
    basic(`EXAMPLE\\Fleet:${secret}`),
    basic(`off:${off.secret}`),
    basic('fleet:wrong'),
    'NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==',
  ]
  const paths = ['/certsrv/mscep_admin/staff', '/scep/staff/certsrv/mscep_admin/', '/CertSrv/mscep_admin/']
  const maybe = (text: string) =>
    by.oneIn(3) ? Buffer.from(damaged(Buffer.from(text, 'latin1'), by)).toString('latin1') : text
  const seen = new Map<string, number>()
  let given = 0
  for (let round = 0; round < ROUNDS; round++) {
    // A minute later, so that neither failures nor the pace close the page for good.
    if (round % 100 === 0) portal.time.now = new Date(portal.time.now.getTime() + 61_000)
    const authorization = by.oneIn(10) ? null : maybe(by.one(headers))
    const method = by.one(['GET', 'GET', 'GET', 'HEAD', 'POST'])
    const path = maybe(by.one(paths))
    const ip = by.one(['192.0.2.9', '192.0.2.10', '198.51.100.7', null])
    const secure = !by.oneIn(5)
    const asked = { method, path, query: '', body: new Uint8Array(0), ip, secure }
    const response = await challengePageResponse(portal, {
      ...asked,
      headers: { get: (name) => (name === 'authorization' ? authorization : null) },
    })
    expect(STATUSES, `${path} ${authorization}`).toContain(response.status)
    const html = Buffer.from(response.body).toString('utf16le')
    const outcome =
      html.includes('challenge password is: <B> ') && method === 'GET' ? 'challenge' : `${response.status}`
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    expect(response.headers['Cache-Control']).toBe('no-store')
    expect(Object.keys(response.headers)).not.toContain('Location')
    expect(Buffer.from(response.body).includes(secret)).toBe(false)
    if (outcome !== 'challenge') continue
    given += 1
    const pair = Buffer.from((authorization ?? '').trim().split(/\s+/)[1] ?? '', 'base64').toString('utf8')
    expect(pair).toMatch(new RegExp(`(^|\\\\)fleet(@.*)?:${secret}$`, 'i'))
    expect([secure, ip?.startsWith('192.0.2.')]).toEqual([true, true])
    if (given % 500 === 0) await revokeAll(portal)
  }
  expect(await mintedOf(portal)).toBe(given)
  for (const outcome of ['challenge', ...STATUSES.map(String)])
    expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(10)
  expect(JSON.stringify(await portal.backing.events())).not.toContain(secret)
})

async function revokeAll({ challenges }: EnrolmentPortal): Promise<void> {
  for (;;) {
    const { items } = await challenges.list(admin, { state: 'pending' }, { limit: 200 })
    if (items.length === 0) return
    for (const { id } of items) await challenges.revoke(admin, id)
  }
}

async function mintedOf({ backing }: EnrolmentPortal): Promise<number> {
  return (await backing.events()).filter(({ type }) => type === 'challenge.minted').length
}
