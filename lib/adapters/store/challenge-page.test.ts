/** The challenge page on Postgres, and what the database never holds. */
import { expect, test } from 'vitest'
import { challengePageContract } from '@/lib/services/testing/challenge-page-contract'
import { enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

challengePageContract('on Postgres', postgresEnrolmentBacking)

test('neither the secret of an account nor a challenge it fetched is anywhere in the database', async () => {
  const backing = await postgresEnrolmentBacking()
  try {
    const portal = await enrolmentPortal(backing)
    const settings = { name: 'Canary', subjectTemplate: 'CN=canary-*', anyAddress: true }
    const { secret, view } = await portal.pageAccounts.create(actor('admin'), portal.slug, settings)
    const { secret: second } = await portal.pageAccounts.rotate(actor('admin'), portal.slug, view.id)
    const asked = { endpoint: portal.slug, head: false, secure: true }
    const origin = { ip: '192.0.2.9', userAgent: 'mdm', requestId: 'r1' }
    const ask = (value: string) =>
      portal.challengePage.ask({ ...asked, credentials: { user: 'canary', secret: value }, origin })
    const answer = await ask(second)
    const challenge = answer.outcome === 'challenge' ? answer.challenge : ''
    expect(challenge).toMatch(/^[0-9A-F]{32}$/)
    const wrong = 'a-password-of-somebody-else'
    expect(await ask(wrong)).toMatchObject({ outcome: 'unauthorised' })
    const tables = await backing.database.$queryRaw<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'public'`
    for (const { name } of tables) {
      const rows = await backing.database.$queryRawUnsafe<{ text: string }[]>(`select t::text as text from "${name}" t`)
      const dump = rows.map(({ text }) => text).join('\n')
      for (const value of [secret, second, challenge, wrong])
        for (const needle of [
          value,
          Buffer.from(value).toString('hex'),
          Buffer.from(value).toString('base64').slice(0, 24),
        ])
          expect(dump.includes(needle), `${needle.slice(0, 4)}… in ${name}`).toBe(false)
    }
  } finally {
    await backing.close()
  }
})
