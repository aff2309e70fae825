/** A Jamf Pro in memory, as its API shows it to the services. */
import { JAMF_PAGE_SIZE, type JamfApi, JamfFault, type JamfGroup } from '../jamf-api'
import { type JamfDevice, type JamfDeviceKind, sameIdentifier } from '../jamf-device'

export function memoryJamf(devices: JamfDevice[] = []) {
  const groups: Record<JamfDeviceKind, JamfGroup[]> = { computer: [], mobile: [] }
  const asked: string[] = []
  const faults = new Map<string, Error>()
  let running = 0
  const jamf = {
    devices,
    groups,
    /** Operations in order, such as "computer page 0". */
    asked,
    /** By the beginning of an operation. */
    faults,
    mostAtOnce: 0,
    away: new JamfFault('unreachable', 'timeout', 'Jamf Pro is away.', ''),
    api: {
      token: () => call('token', () => undefined),
      page: (_asking, kind, page) =>
        call(`${kind} page ${page}`, () => {
          const all = devices.filter((each) => each.kind === kind)
          return { total: all.length, devices: all.slice(page * JAMF_PAGE_SIZE, (page + 1) * JAMF_PAGE_SIZE) }
        }),
      bySerial: (_asking, kind, serials) =>
        call(`${kind} serials ${serials.length}`, () =>
          devices.filter((each) => each.kind === kind && serials.some((serial) => sameIdentifier(serial, each.serial))),
        ),
      find: (_asking, { serial, udid }) =>
        call(`find ${serial ?? udid}`, () => {
          const is = (each: JamfDevice) =>
            serial === null ? sameIdentifier(each.udid, udid) : sameIdentifier(each.serial, serial)
          return devices.find(is) ?? null
        }),
      record: (_asking, kind, jamfId) =>
        call(
          `${kind} record ${jamfId}`,
          () => devices.find((each) => each.kind === kind && each.jamfId === jamfId) ?? null,
        ),
      groups: (_asking, kind) => call(`${kind} groups`, () => groups[kind]),
    } satisfies JamfApi,
  }
  return jamf

  async function call<T>(operation: string, answer: () => T): Promise<T> {
    asked.push(operation)
    running += 1
    jamf.mostAtOnce = Math.max(jamf.mostAtOnce, running)
    await Promise.resolve()
    running -= 1
    const fault = [...faults].find(([beginning]) => operation.startsWith(beginning))?.[1]
    if (fault !== undefined) throw fault
    return answer()
  }
}
