/** Jamf Pro as a kind of connector: its settings, its credential, and what "test connection" looks at. */
import { type JamfApi, type JamfAsking, JamfFault } from './jamf-api'
import type { JamfDeviceRows } from './jamf-queue'
import {
  checkedJamfCredential,
  checkedJamfSettings,
  type JamfSettings,
  jamfCredentialMoves,
  jamfSettings,
} from './jamf-settings'
import type { ConnectorCheck, MdmKindDefinition } from './mdm-connector-types'
import type { Urls } from './urls'

export interface JamfKindDependencies {
  api: Pick<JamfApi, 'token' | 'page' | 'groups'>
  devices: Pick<JamfDeviceRows, 'lastHeard'>
  urls: Pick<Urls, 'publicUrl'>
  clock(): Date
}

const CALL_MS = 10_000
const HEARD_HOURS = 24

export function createJamfKind({ api, devices, urls, clock }: JamfKindDependencies): MdmKindDefinition {
  return {
    kind: 'jamf',
    checkedSettings: checkedJamfSettings,
    checkedCredential: checkedJamfCredential,
    credentialMoves: jamfCredentialMoves,
    async test(connector) {
      const settings = jamfSettings(connector.settings)
      const asking = { connector, timeoutMs: CALL_MS }
      const checks: ConnectorCheck[] = []
      const steps = settings.clientId === '' ? [] : apiSteps(settings, asking)
      for (const { step, look } of [...steps, { step: 'Webhook', look: () => heard(connector.id, connector.slug) }]) {
        const check = await outcomeOf(step, look)
        checks.push(check)
        if (!check.ok) break
      }
      return checks
    },
  }

  /** One page of each: a privilege that is missing shows at the first call that needs it. */
  function apiSteps(settings: JamfSettings, asking: JamfAsking) {
    const inventory = (kind: 'computer' | 'mobile', of: string) => async () => {
      const { total } = await api.page(asking, kind, 0, settings.smartGroups.length > 0)
      return good(`Jamf Pro shows ${total} ${of}.`)
    }
    return [
      {
        step: 'Token',
        look: async () => {
          await api.token(asking)
          return good(`Jamf Pro at ${new URL(settings.url).host} gave a token to the API client.`)
        },
      },
      { step: 'Computers', look: inventory('computer', 'computers') },
      { step: 'Mobile devices', look: inventory('mobile', 'mobile devices') },
      ...(settings.smartGroups.length === 0 ? [] : [{ step: 'Smart groups', look: () => groups(asking, settings) }]),
    ]
  }

  async function groups(asking: JamfAsking, { smartGroups }: JamfSettings): Promise<Found> {
    const names = new Set<string>()
    let fault: unknown = null
    for (const kind of ['computer', 'mobile'] as const) {
      try {
        for (const { name } of await api.groups(asking, kind)) names.add(name)
      } catch (error) {
        fault ??= error
      }
    }
    const missing = smartGroups.filter((name) => !names.has(name))
    if (missing.length === 0) return good(`All ${smartGroups.length} smart groups are there.`)
    if (fault !== null) throw fault
    return {
      ok: false,
      code: 'group_unknown',
      sentence: `Jamf Pro has no smart group named “${missing.join('”, “')}”.`,
      advice: 'Compare the names in the settings with those under Smart Computer Groups and Smart Device Groups.',
    }
  }

  async function heard(connectorId: string, slug: string): Promise<Found> {
    const at = await devices.lastHeard(connectorId)
    const url = new URL(`/hooks/${slug}`, urls.publicUrl).href
    if (at === null)
      return {
        ok: false,
        code: 'never_heard',
        sentence: 'No webhook with the right secret has arrived yet.',
        advice: `In Jamf Pro, under Settings, Global, Webhooks, let a webhook post to ${url}, with the secret of this connector.`,
      }
    const hours = Math.floor((clock().getTime() - at.getTime()) / 3_600_000)
    return good(
      hours < HEARD_HOURS
        ? `The last webhook arrived within ${hours + 1 === 1 ? 'the last hour' : `${hours + 1} hours`}.`
        : `The last webhook arrived ${Math.floor(hours / 24)} days ago.`,
    )
  }
}

type Found = Omit<ConnectorCheck, 'step'>

function good(sentence: string): Found {
  return { ok: true, code: null, sentence, advice: null }
}

async function outcomeOf(step: string, look: () => Promise<Found>): Promise<ConnectorCheck> {
  try {
    return { step, ...(await look()) }
  } catch (error) {
    if (!(error instanceof JamfFault)) throw error
    const { code, sentence, advice } = error
    return { step, ok: false, code, sentence, advice }
  }
}
