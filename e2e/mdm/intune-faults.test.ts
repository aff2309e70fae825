/**
 * Every hop to Intune, failing in every way, one after the other, under the real product: nothing is issued without a
 * verdict, nothing is lost, nothing is issued twice, and each failure is told in the connector's log and the recorder.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Enrolled, FleetDevice } from '@/e2e/fixtures/intune-fleet'
import {
  type ConnectedIntune,
  expectNoCertificate,
  expectOneCertificate,
  expectRecorded,
  type IntuneInstallation,
  startIntuneInstallation,
} from '@/e2e/fixtures/intune-portal'
import { type Hop, MODES, type Mode } from '@/e2e/simulators/intune-faults'

const A_TEXT = expect.stringMatching(/./)
/** More often than anybody tries. */
const ALWAYS = 50
const HOPS = ['token-graph', 'graph-discovery', 'token-intune', 'validate', 'success'] as const
/** Where no answer at all is waited for: that takes its time, and intune-client.test.ts has it for every hop. */
const TIMED: readonly Hop[] = ['validate', 'success']
const REFUSED_CREDENTIAL: readonly Mode[] = ['http400-invalid-client', 'http401']
const OPERATIONS: Partial<Record<Hop, string>> = {
  'token-graph': 'token for Microsoft Graph',
  'graph-discovery': 'discovery',
  'token-intune': 'token for Intune',
  validate: 'validateRequest',
  success: 'successNotification',
}

let installation: IntuneInstallation
const walks = new Map<Hop, ConnectedIntune>()

beforeAll(async () => {
  installation = await startIntuneInstallation()
  for (const hop of HOPS) walks.set(hop, await installation.connect(hop, { settings: { revocations: false } }))
}, 240_000)
afterAll(() => installation?.stop())

const walkOf = (hop: Hop) => walks.get(hop) as ConnectedIntune

/** Nothing that was learnt before may help: tokens are not kept, and the services are somewhere else. */
async function forgetPath({ intune }: ConnectedIntune, hop: Hop): Promise<void> {
  if (!hop.startsWith('token-') && hop !== 'graph-discovery') return
  intune.switch({ toldTokenSeconds: 0 })
  if (hop !== 'token-intune') await intune.moveService()
}

async function walk(hop: Hop, mode: Mode): Promise<void> {
  const of = walkOf(hop)
  const { intune, fleet } = of
  await forgetPath(of, hop)
  // Tokens of both kinds come from the same port, and with what is known that of Intune is asked for first.
  const struck = mode === 'refused' && hop === 'token-intune' ? 'token-graph' : hop
  await intune.fault(struck, mode, { times: ALWAYS })
  const device = await fleet.device({ name: `${hop}-${mode}` })
  const refused = await device.enrol()
  expectNoVerdict(refused)
  await expectTold(of, device, hop, mode)
  if (hop !== 'success') await expectNoCertificate(of, device)
  await intune.clearFaults()
  // Whoever was refused with its credential waits; an administrator who enters it anew does not.
  if (hop.startsWith('token-') && REFUSED_CREDENTIAL.includes(mode)) await of.enterCredential()
  const recovered = await eventually(device)
  await expectOneCertificate(of, device, recovered.thumbprint)
}

function expectNoVerdict({ status, pkiStatus, certificate }: Enrolled): void {
  expect(certificate).toBeNull()
  expect([200, 503]).toContain(status)
  expect([null, 'FAILURE']).toContain(pkiStatus)
}

async function expectTold(of: ConnectedIntune, device: FleetDevice, hop: Hop, mode: Mode): Promise<void> {
  const transaction = await of.transaction(device.transactionId)
  // What is issued and held back is no refusal: the recorder says who has not taken note.
  if (hop !== 'success') expect(transaction).toMatchObject({ reason: A_TEXT, detail: A_TEXT })
  await expectRecorded(of, device)
  const failed = (await of.calls()).filter(
    ({ operation, outcome, enrolmentTransactionId }) =>
      // A closed port meets whoever comes first.
      (mode === 'refused' || operation === OPERATIONS[hop]) &&
      outcome !== 'success' &&
      enrolmentTransactionId === transaction.id,
  )
  expect(failed.length).toBeGreaterThan(0)
  for (const { code, correlationId } of failed) {
    expect(code).toMatch(/./)
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/)
  }
}

/** A device sends its request again until it has its answer; a job may be at it too. */
async function eventually(device: FleetDevice): Promise<Enrolled> {
  return vi.waitFor(
    async () => {
      const last = await device.enrol()
      if (last.pkiStatus !== 'SUCCESS') throw new Error(`the device still hears ${last.pkiStatus ?? last.status}`)
      return last
    },
    { timeout: 30_000, interval: 500 },
  )
}

/** The hops side by side, each its own Intune and its own connector; the modes of one after the other. */
describe.concurrent('a hop that fails, and is well again', () => {
  test.each(HOPS)('%s, in every way', { timeout: 120_000 }, async (hop) => {
    for (const mode of MODES) if (mode !== 'timeout' || TIMED.includes(hop)) await walk(hop, mode)
  })
})
