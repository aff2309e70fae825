/** Jamf Pro's challenge type Dynamic-Microsoft CA: its challenges come from the page that looks like that of NDES. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type Jamf, startJamf } from '@/e2e/simulators/jamf'

let database: TestDatabase
let portal: Organisation
let jamf: Jamf
let staff: GroupCreated

beforeAll(async () => {
  jamf = await startJamf()
  jamf.populate('computer', 2)
  database = await testDatabase()
  portal = await startOrganisation({ databaseUrl: database.url })
  staff = await portal.createGroup('Staff', 'p256')
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await jamf?.close()
  await database?.drop()
})

test.each(['utf-16le', 'utf-8'])(
  'a device gets a challenge from the page in %s, and a name of the template',
  async (encoding) => {
    const named = [
      '--endpoint',
      staff.endpoint.slug,
      '--name',
      `Jamf Pro ${encoding}`,
      '--template',
      'CN=C02*,O=Example',
    ]
    const added = ['challenge-page', 'add', ...named, '--from-anywhere', '--encoding', encoding]
    const { url, user, secret } = await portal.json<{ url: string; user: string; secret: string }>(...added)
    const profile = (subject: string, password = secret) =>
      jamf.addProfile({
        url: staff.endpoint.scepUrl,
        subject,
        challenge: { type: 'Dynamic-Microsoft CA', adminUrl: url, user, password },
      }).id
    expect(await jamf.install('computer/1', profile('CN=$SERIALNUMBER,O=Example'))).toMatchObject({ status: 'SUCCESS' })
    expect(await jamf.install('computer/2', profile('CN=$USERNAME,O=Example'))).toMatchObject({ status: 'FAILURE' })
    const guessed = await jamf.challenge('computer/1', profile('CN=$SERIALNUMBER,O=Example', 'guessed'))
    expect(guessed).toMatchObject({ step: { ok: false, status: 401 }, challenge: null })
    expect(portal.output()).not.toContain(secret)
  },
)
