/** A connector's own certificate: made by the signer, uploaded by an administrator, replaced without a gap. */
import { beforeEach, expect, test } from 'vitest'
import { parseCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { createIntuneCertificates, type IntuneCertificatesService } from './intune-certificates'
import { checkedIntuneSettings, type IntuneSettings, intuneCredential } from './intune-settings'
import { fakeSigner } from './testing/fake-signer'
import { actor, NOON } from './testing/harness'
import { memoryMdmConnectorStores } from './testing/mdm-connector-stores'
import { emptyWorld, recordsOf, type World } from './testing/world'

const ADMIN = actor('admin')
const ID = '00000000-0000-4000-8000-000000000001'
let world: World
let signer: ReturnType<typeof fakeSigner>
let stores: ReturnType<typeof memoryMdmConnectorStores>
let certificates: IntuneCertificatesService

beforeEach(() => {
  world = emptyWorld(() => NOON)
  signer = fakeSigner(recordsOf(world), () => NOON)
  stores = memoryMdmConnectorStores(world)
  certificates = createIntuneCertificates({ store: stores.connectors, signer, clock: () => NOON })
})

async function connector(credentialKind: IntuneSettings['credentialKind'] = 'certificate') {
  const given = { tenant: 'contoso.example', applicationId: '11111111-2222-3333-4444-555555555555', credentialKind }
  await stores.connectors.add(
    {
      id: ID,
      kind: 'intune',
      name: 'Contoso',
      slug: 'contoso',
      settings: checkedIntuneSettings(given, null),
      credentialSealed: null,
      credentialExpiresAt: null,
      hookSecretSealed: null,
      createdBy: 'Ada Admin',
    },
    [],
  )
}
const kept = async () => {
  const row = await stores.rows.connector(ID)
  if (row?.credentialSealed == null) return null
  return {
    ...intuneCredential(await signer.open('connector', ID, row.credentialSealed)),
    ends: row.credentialExpiresAt,
  }
}

test('the first certificate is used at once, and its end is watched', async () => {
  await connector()
  expect(await certificates.get(ADMIN, 'contoso')).toEqual({ current: null, next: null })
  const { current, next } = await certificates.make(ADMIN, 'contoso')
  expect(next).toBeNull()
  const der = await certificates.der(ADMIN, 'contoso', 'current')
  const { spki, isCa, notAfter } = parseCertificate(der)
  expect(verifyCertificateSignature(der, spki)).toBe(true)
  expect(isCa).toBe(false)
  expect(current?.notAfter).toEqual(notAfter)
  expect(await kept()).toMatchObject({ kind: 'certificate', next: null, ends: notAfter })
})

test('another one waits until somebody says that Entra has it', async () => {
  await connector()
  const first = await certificates.make(ADMIN, 'contoso')
  const second = await certificates.make(ADMIN, 'contoso')
  expect(second.current).toEqual(first.current)
  expect(second.next?.thumbprint).not.toBe(first.current?.thumbprint)
  const used = await certificates.use(ADMIN, 'contoso')
  expect(used).toEqual({ current: second.next, next: null })
  await expect(certificates.use(ADMIN, 'contoso')).rejects.toMatchObject({ reason: 'no_next_certificate' })
})

test('only administrators make one, and only where the connector wants one', async () => {
  await connector('secret')
  await expect(certificates.make(actor('auditor'), 'contoso')).rejects.toMatchObject({ code: 'forbidden' })
  await expect(certificates.make(ADMIN, 'contoso')).rejects.toMatchObject({ reason: 'no_certificate_kind' })
  expect(await certificates.get(ADMIN, 'contoso')).toBeNull()
  await expect(certificates.der(ADMIN, 'contoso', 'current')).rejects.toMatchObject({ code: 'not_found' })
})
