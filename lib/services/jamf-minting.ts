/** SCEPChallenge, the one webhook whose answer Jamf uses: a challenge for the device that it names, and for no other. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { randomValue } from './challenge-formats'
import type { ChallengesService } from './challenges'
import type { DeviceReports } from './device-types'
import { type JamfApi, JamfFault } from './jamf-api'
import { type JamfDevice, reportOf, sameIdentifier, valuesOf } from './jamf-device'
import type { ChallengeRequest, NamedDevice } from './jamf-message'
import { type JamfValues, namesOf, variablesOf } from './jamf-names'
import type { JamfDeviceRows } from './jamf-queue'
import { type JamfSettings, jamfSettings } from './jamf-settings'
import type { MdmConnector } from './mdm-connector-types'
import type { HookAnswer } from './mdm-hooks'
import type { Urls } from './urls'

export interface JamfMintingDependencies {
  challenges: Pick<ChallengesService, 'mint'>
  reports: Pick<DeviceReports, 'find' | 'report'>
  devices: Pick<JamfDeviceRows, 'isGone'>
  api: Pick<JamfApi, 'find'>
  urls: Pick<Urls, 'scepUrl'>
}

export interface JamfMinting {
  /** Refusals: forbidden for a device or an endpoint that may not, unavailable where Jamf must confirm and does not. */
  mint(connector: MdmConnector, request: ChallengeRequest, actor: Actor): Promise<HookAnswer>
}

/** Jamf gives up after about two seconds. */
const CONFIRM_MS = 1_000
/** What would only be good to know must not keep a device waiting. */
const LOOK_MS = 700
const OPERATION = 'SCEPChallenge'

export function createJamfMinting({ challenges, reports, devices, api, urls }: JamfMintingDependencies): JamfMinting {
  return {
    async mint(connector, request, actor) {
      const settings = jamfSettings(connector.settings)
      if (settings.endpoint === '')
        throw new Refusal('not_found', 'This connector mints for no endpoint. Choose one in its settings.', {
          reason: 'no_endpoint',
        })
      checkEndpoint(request.scepServerUrl, urls.scepUrl(settings.endpoint))
      if (request.device === null) return withoutDevice(settings)
      const { device, deviceId } = await resolve(connector, settings, request.device, request.values, actor)
      const minted = await mintFor(settings, request.device, valuesFor(request.values, device), deviceId, actor)
      const who = request.device.serial ?? request.device.udid
      return answer(minted.challenge, `Challenge ${minted.id} was minted for device ${who}.`)
    },
  }

  /** The device as Jamf's inventory and ours know it; nulls where neither does and nobody insists. */
  async function resolve(
    connector: MdmConnector,
    settings: JamfSettings,
    named: NamedDevice,
    said: JamfValues,
    actor: Actor,
  ): Promise<{ device: JamfDevice | null; deviceId: string | null }> {
    const { serial, udid } = named
    const ids = { ...(serial === null ? {} : { serial }), ...(udid === null ? {} : { udid }) }
    const known = await reports.find(connector.id, ids)
    const isComplete = variablesOf(settings).every((name) => said[name] !== undefined)
    const { confirmManaged } = settings
    const canAsk = settings.clientId !== '' && connector.credentialSealed !== null
    // A record that is gone says nothing of a device that was enrolled anew: Jamf has another one for it.
    const isThere = known !== null && !(await devices.isGone(known))
    if (!confirmManaged && (!canAsk || (isThere && isComplete))) return { device: null, deviceId: known }
    const device = await lookUp(connector, named, confirmManaged)
    if (device === null) return { device: null, deviceId: known }
    const [deviceId] = await reports.report(actor, connector.id, [reportOf(device, undefined)], 'challenge')
    return { device, deviceId: deviceId ?? known }
  }

  async function lookUp(connector: MdmConnector, named: NamedDevice, insists: boolean): Promise<JamfDevice | null> {
    const { serial, udid } = named
    let device: JamfDevice | null
    try {
      device = await api.find({ connector, timeoutMs: insists ? CONFIRM_MS : LOOK_MS }, { serial, udid })
    } catch (error) {
      if (!(error instanceof JamfFault)) throw error
      if (!insists) return null
      throw new Refusal('unavailable', `Jamf Pro did not say whether the device is managed. ${error.sentence}`, {
        reason: 'not_confirmed',
        retryAfterSeconds: 30,
      })
    }
    // Two names of two devices are a mistake at best.
    if (device !== null && udid !== null && device.udid !== null && !sameIdentifier(device.udid, udid))
      throw forbidden('device_differs', 'The serial number and the UDID are those of two devices.')
    if (insists && device?.managed !== true)
      throw forbidden(
        'device_not_managed',
        device === null ? 'Jamf Pro does not know this device.' : 'Jamf Pro does not manage this device.',
      )
    return device
  }

  async function mintFor(
    settings: JamfSettings,
    { serial, udid }: NamedDevice,
    values: JamfValues,
    deviceId: string | null,
    actor: Actor,
  ) {
    try {
      return await challenges.mint(minter(actor, settings.endpoint), {
        ...namesOf(settings, values),
        endpoint: settings.endpoint,
        ttlMinutes: settings.ttlMinutes,
        // The cut may leave half of a surrogate pair, which is no name.
        ...(values.DEVICENAME === undefined ? {} : { deviceName: values.DEVICENAME.slice(0, 100).toWellFormed() }),
        rules: {
          subjectMode: 'template',
          profileIdentifier: true,
          ...(serial === null ? {} : { deviceSerial: serial }),
          ...(udid === null ? {} : { deviceUdid: udid }),
        },
        mdm: { deviceId },
      })
    } catch (error) {
      // What the device is called cannot be certified: nothing that Jamf could send in another way.
      if (isRefusal(error, 'policy_refused') || isRefusal(error, 'invalid_input'))
        throw forbidden(error.reason, error.sentence)
      throw error
    }
  }
}

/** A connector has no role in the portal. This one mints at its endpoint, and can do nothing else. */
function minter(actor: Actor, endpoint: string): Actor {
  return { ...actor, role: 'mdm', scope: [endpoint] }
}

/** Of the device, what the inventory says; of the user, what Jamf says now: another one than its owner may be signed in. */
function valuesFor(said: JamfValues, device: JamfDevice | null): JamfValues {
  if (device === null) return said
  const known = valuesOf(device)
  const { SERIALNUMBER, UDID, JSSID, MANAGEMENTID } = known
  return {
    ...known,
    ...said,
    ...(SERIALNUMBER === undefined ? {} : { SERIALNUMBER }),
    ...(UDID === undefined ? {} : { UDID }),
    ...(JSSID === undefined ? {} : { JSSID }),
    ...(MANAGEMENTID === undefined ? {} : { MANAGEMENTID }),
  }
}

/** A profile with the URL of another endpoint gets no challenge of this one. */
function checkEndpoint(asked: string | null, ours: string): void {
  if (asked === null) return
  const place = placeOf(asked)
  if (place === null || place !== placeOf(ours))
    throw forbidden(
      'other_endpoint',
      `The profile has another SCEP URL than ${ours}, the one this connector mints for.`,
    )
}

/** Host and path, without what clients of old append. */
function placeOf(text: string): string | null {
  const url = URL.parse(text)
  if (url === null) return null
  return url.host + url.pathname.replace(/(\/cgi-bin)?\/pkiclient\.exe$/i, '').replace(/\/+$/, '')
}

/** Fleet asks so when its settings are saved, and wants to see a value: one that no row knows, so that nothing comes of it. */
function withoutDevice({ deviceless }: JamfSettings): HookAnswer {
  switch (deviceless) {
    case 'probe':
      return answer(randomValue('hex32'), 'No device was named: the answer is a value that no certificate comes from.')
    case 'refuse':
      throw forbidden('device_missing', 'No device was named, by serial number or UDID.')
  }
}

/** Nothing but the value: a line end would be a part of it for some. */
function answer(value: string, detail: string): HookAnswer {
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' },
    body: Buffer.from(value, 'ascii'),
    note: { operation: OPERATION, outcome: 'success', code: null, detail },
  }
}

function forbidden(reason: string, sentence: string): Refusal {
  return new Refusal('forbidden', sentence, { reason })
}
