/** Before a certificate is issued: does Jamf Pro manage the device, at this moment? No answer is a no. */
import { attributeName, attributeOid, parseNameText } from '@/lib/pki/name'
import type { Presentation } from './challenge-presentation'
import type { DeviceCheck } from './device-check'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableText } from './enrolment-text'
import { type JamfApi, JamfFault } from './jamf-api'
import { isIdentifier } from './jamf-device'
import type { JamfDeviceRows } from './jamf-queue'
import { jamfSettings } from './jamf-settings'
import type { MdmConnector, MdmConnectorRows } from './mdm-connector-types'

export interface JamfLookupDependencies {
  rows: Pick<MdmConnectorRows, 'connector'>
  devices: Pick<JamfDeviceRows, 'ofChallenge'>
  api: Pick<JamfApi, 'find'>
}

/** A device waits for its certificate, and signing comes after it. */
const LOOKUP_MS = 4_000

type Verdict =
  | { verdict: 'managed' }
  | { verdict: 'not_managed' | 'unknown' | 'unnamed' }
  | { verdict: 'unanswered'; detail: string }

interface Named {
  serial: string | null
  udid: string | null
}

export function createJamfLookup({ rows, devices, api }: JamfLookupDependencies): DeviceCheck {
  return {
    async check(connectorIds, presentation, challengeId) {
      const verdicts: Verdict[] = []
      for (const id of connectorIds) {
        const verdict = await ask(id, presentation, challengeId)
        if (verdict.verdict === 'managed') return
        verdicts.push(verdict)
      }
      throw refusalOf(verdicts)
    },
  }

  async function ask(connectorId: string, presentation: Presentation, challengeId: string): Promise<Verdict> {
    const connector = await rows.connector(connectorId)
    if (connector === null || connector.disabled)
      return said(presentation, connector, null, { verdict: 'unanswered', detail: 'The connector is disabled.' })
    const named = await namedDevice(connector, presentation, challengeId)
    if (named === null) return said(presentation, connector, null, { verdict: 'unnamed' })
    const asking = {
      connector,
      timeoutMs: LOOKUP_MS,
      enrolmentTransactionId: presentation.transactionRowId,
    }
    try {
      const device = await api.find(asking, named)
      if (device === null) return said(presentation, connector, named, { verdict: 'unknown' })
      const verdict = device.managed === true ? 'managed' : 'not_managed'
      return said(presentation, connector, named, { verdict })
    } catch (error) {
      if (!(error instanceof JamfFault)) throw error
      return said(presentation, connector, named, { verdict: 'unanswered', detail: error.sentence })
    }
  }

  /** The challenge knows its device better than a request that merely says so. */
  async function namedDevice(
    connector: MdmConnector,
    { csr }: Presentation,
    challengeId: string,
  ): Promise<Named | null> {
    const device = await devices.ofChallenge(challengeId)
    const bound = device?.connectorId === connector.id ? usable(device) : null
    return bound ?? usable(namedIn(csr.subject, jamfSettings(connector.settings).subjectTemplate))
  }
}

function said(
  presentation: Presentation,
  connector: MdmConnector | null,
  named: Named | null,
  verdict: Verdict,
): Verdict {
  presentation.trace.note('device.looked_up', {
    connector: connector?.name ?? 'removed',
    device: named === null ? null : printableText(named.serial ?? named.udid ?? ''),
    ...verdict,
  })
  return verdict
}

/** What the template says is the serial number or the UDID; else what the subject itself calls a serial number. */
export function namedIn(subject: readonly { type: string; value: string }[], template: string): Named {
  const parts = subject.map(({ type, value }) => ({ type: attributeName(type), value: value.trim() }))
  const named: Named = { serial: null, udid: null }
  for (const { type, value } of template.trim() === '' ? [] : parseNameText(template)) {
    const [, before = '', variable, after = ''] = /^([^$]*)\$(SERIALNUMBER|UDID)([^$]*)$/.exec(value) ?? []
    if (variable === undefined) continue
    const name = attributeName(attributeOid(type))
    const part = parts.find((each) => each.type === name && each.value.startsWith(before) && each.value.endsWith(after))
    const middle = part?.value.slice(before.length, part.value.length - after.length) ?? ''
    if (isIdentifier(middle)) named[variable === 'UDID' ? 'udid' : 'serial'] ??= middle
  }
  const own = parts.find(({ type }) => type === 'SERIALNUMBER')?.value
  if (named.serial === null && named.udid === null && own !== undefined && isIdentifier(own)) named.serial = own
  return named
}

function usable({ serial, udid }: Named): Named | null {
  const named = {
    serial: serial !== null && isIdentifier(serial) ? serial : null,
    udid: udid !== null && isIdentifier(udid) ? udid : null,
  }
  return named.serial === null && named.udid === null ? null : named
}

/** Of several connectors the clearest no: an MDM that does not know the device may not be the one that manages it. */
function refusalOf(verdicts: readonly Verdict[]): EnrolmentRefusal {
  const unanswered = verdicts.find((each) => each.verdict === 'unanswered')
  if (unanswered !== undefined)
    return new EnrolmentRefusal('device_lookup_failed', printableText(unanswered.detail).slice(0, 300))
  if (verdicts.some(({ verdict }) => verdict === 'not_managed'))
    return new EnrolmentRefusal('device_not_managed', 'Jamf Pro knows the device and does not manage it')
  if (verdicts.some(({ verdict }) => verdict === 'unknown'))
    return new EnrolmentRefusal('device_not_managed', 'Jamf Pro does not know the device')
  return new EnrolmentRefusal('device_unnamed', 'neither the challenge nor the subject names a device')
}
