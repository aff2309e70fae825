/** The ways of Jamf Pro that need no webhook, with the whole product: a static challenge, and Jamf Pro as the proxy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type GroupCreated, type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { type Jamf, startJamf } from '@/e2e/simulators/jamf'
import { parseCertificate } from '@/lib/pki/certificate'
import { nameToText } from '@/lib/pki/name'

let database: TestDatabase
let portal: Organisation
let jamf: Jamf
let staff: GroupCreated
let printers: GroupCreated

beforeAll(async () => {
  jamf = await startJamf()
  jamf.populate('computer', 4)
  database = await testDatabase()
  portal = await startOrganisation({ databaseUrl: database.url })
  staff = await portal.createGroup('Staff', 'p256')
  printers = await portal.createGroup('Printers', 'p256')
  await portal.json('endpoint', 'update', printers.endpoint.slug, '--policy', 'static')
}, 240_000)

afterAll(async () => {
  await portal?.stop()
  await jamf?.close()
  await database?.drop()
})

const subjectOf = (der: Uint8Array | null) => der && nameToText(parseCertificate(der).subjectDer)

describe('a static challenge', () => {
  const secretFor = async (template: string) => {
    const named = ['--endpoint', printers.endpoint.slug, '--template', template, '--max-uses', '5']
    const from = ['--from', '127.0.0.0/8', '--from', '::1']
    return (await portal.json<{ secret: string }>('static-secret', 'create', ...named, ...from)).secret
  }
  const profileOf = (subject: string, challenge: string) =>
    jamf.addProfile({ url: printers.endpoint.scepUrl, subject, challenge: { type: 'Static', challenge } }).id

  test('fits into the profile, and yields the names of its template and no others', async () => {
    const secret = await secretFor('CN=C02*,O=Example')
    const good = await jamf.install('computer/1', profileOf('CN=$SERIALNUMBER,O=Example', secret))
    expect(good).toMatchObject({ status: 'SUCCESS' })
    expect(subjectOf(good.certificate)).toBe(`CN=${jamf.state.device('computer/1').serialNumber},O=Example`)
    const other = await jamf.install('computer/2', profileOf('CN=$USERNAME,O=Example', secret))
    expect(other).toMatchObject({ status: 'FAILURE', certificate: null })
    expect(portal.output()).not.toContain(secret)
  })

  test('yields nothing where Jamf Pro had no value for a variable', async () => {
    const secret = await secretFor('CN=*,O=Example')
    jamf.state.device('computer/2').email = ''
    const id = profileOf('CN=$EMAIL,O=Example', secret)
    expect(await jamf.install('computer/2', id)).toMatchObject({ status: 'FAILURE', certificate: null })
    expect(await jamf.install('computer/1', id)).toMatchObject({ status: 'SUCCESS' })
  })
})

describe('Jamf Pro as the proxy', () => {
  /** Minted for the device beforehand, as a script beside Jamf Pro would. */
  const minted = async (serial: string) => {
    const { challenge } = await portal.mint(staff.endpoint.slug, `CN=${serial}`)
    const mode = { type: 'Static', challenge } as const
    return jamf.addProfile({ url: staff.endpoint.scepUrl, subject: 'CN=$SERIALNUMBER', challenge: mode, proxy: true })
      .id
  }
  const serial = (n: number) => jamf.state.device(`computer/${n}`).serialNumber

  test('signs with its own certificate for the keys of its devices, where that is pinned', async () => {
    const { fingerprint } = await jamf.proxy()
    const strict = ['--signer-key', 'must_match_csr']
    await portal.json('endpoint', 'update', staff.endpoint.slug, ...strict)
    expect(await jamf.install('computer/3', await minted(serial(3)))).toMatchObject({ status: 'FAILURE' })
    await portal.json('endpoint', 'update', staff.endpoint.slug, ...strict, '--trusted-signer', fingerprint)
    const enrolled = await jamf.install('computer/3', await minted(serial(3)))
    expect(enrolled.status).toBe('SUCCESS')
    expect(subjectOf(enrolled.certificate)).toBe(`CN=${serial(3)}`)
  })

  test('cannot name a device that its challenge is not for', async () => {
    const id = await minted(serial(3))
    expect(await jamf.install('computer/4', id)).toMatchObject({ status: 'FAILURE', certificate: null })
  })
})
