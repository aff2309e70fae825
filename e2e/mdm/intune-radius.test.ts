/** A device that Intune manages logs in to a real network; Intune wipes it, and the network does not let it in any more. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FAKE_TIME, type FreeRadius, startFreeRadius } from '@/e2e/fixtures/free-radius'
import { ownKey } from '@/e2e/fixtures/intune-fleet'
import { type ConnectedIntune, type IntuneInstallation, startIntuneInstallation } from '@/e2e/fixtures/intune-portal'
import { needs } from '@/e2e/fixtures/real-clients'

const missing =
  needs('/usr/sbin/freeradius') || needs('eapol_test') || needs('/usr/lib/freeradius/rlm_rest.so') || needs(FAKE_TIME)

let installation: IntuneInstallation
let connected: ConnectedIntune
let radius: FreeRadius
let folder: string

beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  installation = await startIntuneInstallation()
  connected = await installation.connect('wifi')
  const { portal, group } = installation
  await portal.json('network', 'set', group.slug, '--enable', '--vlan', '20')
  const { key } = await portal.json<{ key: string }>('api-key', 'create', '--name', 'radius', '--role', 'radius')
  const files = join(folder, 'files')
  await portal.json('radius', 'config', '--group', group.slug, '--out', files)
  radius = await startFreeRadius({ files, apiKey: key })
}, 240_000)

afterAll(async () => {
  await radius?.stop()
  await installation?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

test.skipIf(missing)('a wiped device is let in before, and not afterwards', async () => {
  const device = await connected.fleet.device({ name: 'wifi-1', privateKey: ownKey() })
  const { certificate } = await device.enrol()
  const files = { certificate: join(folder, 'device.pem'), key: join(folder, 'device.key') }
  await writeFile(files.certificate, certificate?.toString() ?? '')
  await writeFile(files.key, device.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const before = await radius.login(files)
  expect(before).toMatchObject({ accepted: true })
  const [request] = connected.intune.wipe(device.managed.id)
  await connected.fetchRevocationsSoon()
  await expect.poll(() => request?.result, { timeout: 40_000, interval: 200 }).toMatchObject({ succeeded: true })
  await expect.poll(async () => (await radius.login(files)).accepted, { timeout: 30_000, interval: 500 }).toBe(false)
})
