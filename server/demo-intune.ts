/** The part of the demo that is managed by Microsoft Intune, which scripts/demo.mjs simulates beside it. */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { deviceRequest, wifiProfile } from '@/e2e/simulators/intune-device'
import { buildPkcsReq, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import type { Services } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { GroupView } from '@/lib/services/groups'
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

const DAY = 86_400_000
/** Of the connector and of its endpoint. */
export const INTUNE_SLUG = 'intune'
/** Since when it is connected. */
export const INTUNE_DAYS = 40

/** The connector, as the guided page makes it; at a later start, with the addresses that the simulator has by then. */
export async function connectIntune(services: Services, actor: Actor, intune: SimulatedIntune): Promise<string> {
  const { tenant, applicationId, clientSecret, authorityUrl, graphUrl } = intune
  const settings = { tenant, applicationId, authorityUrl, graphUrl, serviceHosts: ['127.0.0.1'], revocationMinutes: 1 }
  const secret = { credential: { clientSecret }, credentialExpiresAt: new Date(Date.now() + 140 * DAY) }
  const known = (await services.mdmConnectors.list(actor)).find(({ slug }) => slug === INTUNE_SLUG)
  if (known !== undefined) return (await services.mdmConnectors.change(actor, INTUNE_SLUG, { settings, ...secret })).id
  const name = 'Microsoft Intune'
  const made = await services.mdmConnectors.create(actor, {
    kind: 'intune',
    name,
    slug: INTUNE_SLUG,
    settings,
    ...secret,
  })
  return made.view.id
}

/** Its devices enrol over the last weeks; then one is wiped, and one loses its profile. */
export async function liveWithIntune(
  services: Services,
  actor: Actor,
  given: {
    intune: SimulatedIntune
    connectorId: string
    group: GroupView
    keys: KeyObject[]
    /** Moves the clock of the services. */
    setClock(shiftMilliseconds: number): Promise<void>
  },
): Promise<void> {
  const { intune, connectorId, group, keys, setClock } = given
  const pull = (path: string, body: object) => pullString(intune.controlUrl, path, body)
  const endpoint = await services.endpoints.create(actor, {
    ...{ group: group.slug, name: 'Intune', slug: INTUNE_SLUG },
    ...{ policy: 'delegated' as const, validatorId: connectorId },
  })
  const raPem = endpoint.registrationAuthority?.certificatePem ?? ''
  const raDer = Buffer.from(raPem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  // Weeks go by in seconds, in which nobody lets a token run out.
  await pull('switches', { tokenSeconds: (INTUNE_DAYS * DAY) / 1000, toldTokenSeconds: 3_599 })
  for (const [n, name] of DEMO_INTUNE.entries()) {
    const shiftMilliseconds = -(DEMO_INTUNE.length - n) * 2.5 * DAY
    await setClock(shiftMilliseconds)
    await pull('clock', { shiftMilliseconds })
    const device = await pull('devices', { name })
    const { challenge } = await pull('challenges', { deviceId: device.id, expected: wifiProfile(name) })
    const privateKey = keys[n % keys.length] as KeyObject
    const csr = await deviceRequest({ ...wifiProfile(name), challenge: String(challenge), privateKey })
    await enrol(services, { endpoint: endpoint.slug, raDer, csr, privateKey, name, ip: `10.30.4.${n + 20}` })
  }
  await setClock(0)
  await pull('clock', { shiftMilliseconds: 0 })
  await pull('switches', { tokenSeconds: 3_599, toldTokenSeconds: null })
  await pull('devices/wipe', { deviceId: DEMO_INTUNE[1] })
  await pull('devices/untarget', { deviceId: DEMO_INTUNE[4] })
}

async function enrol(
  services: Services,
  device: { endpoint: string; raDer: Uint8Array; csr: Uint8Array; privateKey: KeyObject; name: string; ip: string },
): Promise<void> {
  const { raDer, csr, privateKey, name } = device
  const senderNonce = randomBytes(16)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const body = buildPkcsReq({
    ...{ csr, senderNonce, signerKey: privateKey, recipientDer: raDer },
    signerCertificateDer: selfSignedCertificate({ subject: [{ type: 'CN', value: name }], privateKey }),
    transactionId: createHash('sha256').update(spki).update(name).digest('hex').toUpperCase(),
  })
  const answer = await services.scepEnrolment.handle({
    ...{ endpoint: device.endpoint, method: 'POST', query: 'operation=PKIOperation', body, contentEncoding: null },
    ...{ ip: device.ip, userAgent: 'Mozilla/4.0 (compatible; Win32; NDES client 10.0.26100.1/ge_release)' },
  })
  const reply = answer.status === 200 ? parseCertRep(answer.body, { raDer, privateKey, senderNonce }) : null
  if (reply?.pkiStatus !== 'SUCCESS')
    throw new Error(`${name} got no certificate (${answer.status} ${reply?.failInfoText})`)
}

async function pullString(controlUrl: string, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${controlUrl}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`the simulator of Intune answered ${path} with ${response.status}`)
  return (await response.json()) as Record<string, unknown>
}
