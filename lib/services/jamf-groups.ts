/** Which smart groups entitle a device, by number: administrators write names, and a name may be gone tomorrow. */
import { type JamfApi, JamfFault } from './jamf-api'
import type { EntitlingGroups, JamfDeviceKind } from './jamf-device'
import { jamfSettings } from './jamf-settings'
import type { ConnectorCalls, MdmConnector } from './mdm-connector-types'

export interface EntitlingGroupsReader {
  /** Undefined when it cannot be said: then nothing is said of any device. Noted; never throws a JamfFault. */
  read(connector: MdmConnector): Promise<EntitlingGroups | undefined>
}

export interface EntitlingGroupsDependencies {
  api: Pick<JamfApi, 'groups'>
  calls: ConnectorCalls
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number
}

const NONE: EntitlingGroups = { computer: null, mobile: null }
const CALL_MS = 30_000
/** Between two readings: events come in bursts, and groups are seldom renamed. */
const FRESH_MS = 60_000

export function createEntitlingGroups({ api, calls, monotonic }: EntitlingGroupsDependencies): EntitlingGroupsReader {
  const kept = new Map<string, { at: number; names: string; groups: EntitlingGroups }>()

  return {
    async read(connector) {
      const { smartGroups } = jamfSettings(connector.settings)
      if (smartGroups.length === 0) return NONE
      const names = JSON.stringify(smartGroups)
      const before = kept.get(connector.id)
      if (before !== undefined && before.names === names && monotonic() - before.at < FRESH_MS) return before.groups
      const begun = monotonic()
      try {
        const groups = await find(connector, smartGroups)
        kept.set(connector.id, { at: monotonic(), names, groups })
        return groups
      } catch (error) {
        if (!(error instanceof JamfFault)) throw error
        // Calls that failed are noted where they were made; that all went well and a name is missing is not.
        if (error.code === UNKNOWN) await noteMissing(connector, error, monotonic() - begun)
        return undefined
      }
    },
  }

  async function find(connector: MdmConnector, names: readonly string[]): Promise<EntitlingGroups> {
    const [computer, mobile] = await Promise.allSettled([ofKind('computer'), ofKind('mobile')])
    const found = [computer, mobile].flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    const missing = names.filter((name) => !found.some((group) => group.name === name))
    // A role that may read the groups of one kind is enough where all of them are of that kind.
    const [fault] = [computer, mobile].flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    if (fault !== undefined && !(fault instanceof JamfFault && fault.kind === 'privilege' && missing.length === 0))
      throw fault
    if (missing.length > 0)
      throw new JamfFault(
        'answer',
        UNKNOWN,
        `Jamf Pro has no smart group named “${missing.join('”, “')}”, so that nobody can say which devices are entitled.`,
        'Compare the names in the settings of the connector with those in Jamf Pro.',
      )
    return { computer: idsOf(computer), mobile: idsOf(mobile) }

    async function ofKind(kind: JamfDeviceKind) {
      const groups = await api.groups({ connector, timeoutMs: CALL_MS, patient: true }, kind)
      return groups.filter(({ name }) => names.includes(name))
    }
  }

  async function noteMissing(connector: MdmConnector, fault: JamfFault, milliseconds: number): Promise<void> {
    await calls.note({
      ...{ connectorId: connector.id, direction: 'out', operation: 'smart groups', target: null, status: null },
      ...{ outcome: 'failed', code: fault.code, detail: fault.sentence, milliseconds: Math.round(milliseconds) },
      ...{ attempt: 1, correlationId: null, enrolmentTransactionId: null },
    })
  }
}

const UNKNOWN = 'group_unknown'

/** None of them is of this kind: then no device of it is asked for. */
function idsOf(found: PromiseSettledResult<{ id: string }[]>): ReadonlySet<string> | null {
  if (found.status === 'rejected' || found.value.length === 0) return null
  return new Set(found.value.map(({ id }) => id))
}
