/** The part of the demo that is managed by Microsoft Intune, which scripts/demo.mjs simulates beside it. */
import type { KeyObject } from 'node:crypto'
import { deviceRequest, wifiProfile } from '@/e2e/simulators/intune-device'
import { enrolDevice } from './demo-enrolment'
import { DAY, type ManagedPart, tellSimulator } from './demo-mdm'
import { DEMO_INTUNE } from './demo-organisation'

/** What the simulator says of itself as it starts. */
export interface SimulatedIntune {
  tenant: string
  applicationId: string
  clientSecret: string
  authorityUrl: string
  graphUrl: string
  controlUrl: string
}

/** Of the connector and of its endpoint. */
const SLUG = 'intune'
/** Since when it is connected. */
const DAYS = 40
const USER_AGENT = 'Mozilla/4.0 (compatible; Win32; NDES client 10.0.26100.1/ge_release)'

/** At a later start, only the addresses that the simulator has by then are new. */
export async function manageWithIntune(part: ManagedPart, intune: SimulatedIntune): Promise<void> {
  const isKnown = part.group.endpoints.some(({ slug }) => slug === SLUG)
  // Whatever its devices need must have been there before them.
  if (!isKnown) await part.setClock(-DAYS * DAY)
  const connectorId = await connect(part, intune)
  if (!isKnown) await live(part, intune, connectorId, await part.makeKeys())
}

/** The connector, as the guided page makes it. */
async function connect({ services, actor }: ManagedPart, intune: SimulatedIntune): Promise<string> {
  const { tenant, applicationId, clientSecret, authorityUrl, graphUrl } = intune
  const settings = { tenant, applicationId, authorityUrl, graphUrl, serviceHosts: ['127.0.0.1'], revocationMinutes: 1 }
  const secret = { credential: { clientSecret }, credentialExpiresAt: new Date(Date.now() + 140 * DAY) }
  const known = (await services.mdmConnectors.list(actor)).find(({ slug }) => slug === SLUG)
  if (known !== undefined) return (await services.mdmConnectors.change(actor, SLUG, { settings, ...secret })).id
  const names = { kind: 'intune', name: 'Microsoft Intune', slug: SLUG }
  return (await services.mdmConnectors.create(actor, { ...names, settings, ...secret })).view.id
}

/** Its devices enrol over the last weeks; then one is wiped, and one loses its profile. */
async function live(
  { services, actor, group, setClock }: ManagedPart,
  intune: SimulatedIntune,
  connectorId: string,
  keys: KeyObject[],
): Promise<void> {
  const pull = (path: string, body: object) => tellSimulator(intune.controlUrl, path, body)
  const endpoint = await services.endpoints.create(actor, {
    ...{ group: group.slug, name: 'Intune', slug: SLUG },
    ...{ policy: 'delegated' as const, validatorId: connectorId },
  })
  // Weeks go by in seconds, in which nobody lets a token run out.
  await pull('switches', { tokenSeconds: (DAYS * DAY) / 1000, toldTokenSeconds: 3_599 })
  for (const [n, name] of DEMO_INTUNE.entries()) {
    const shiftMilliseconds = -(DEMO_INTUNE.length - n) * 2.5 * DAY
    await setClock(shiftMilliseconds)
    await pull('clock', { shiftMilliseconds })
    const device = await pull('devices', { name })
    const { challenge } = await pull('challenges', { deviceId: device.id, expected: wifiProfile(name) })
    const privateKey = keys[n % keys.length] as KeyObject
    const csr = await deviceRequest({ ...wifiProfile(name), challenge: String(challenge), privateKey })
    await enrolDevice(services, {
      ...{ endpoint, name, csr, privateKey },
      ...{ ip: `10.30.4.${n + 20}`, userAgent: USER_AGENT },
    })
  }
  await setClock(0)
  await pull('clock', { shiftMilliseconds: 0 })
  await pull('switches', { tokenSeconds: 3_599, toldTokenSeconds: null })
  await pull('devices/wipe', { deviceId: DEMO_INTUNE[1] })
  await pull('devices/untarget', { deviceId: DEMO_INTUNE[4] })
}
