/** What may be chosen about the profiles of an endpoint, as words that came in a URL, and what is wrong with them. */
import { isRefusal } from '@/lib/errors'
import { type NamePart, parseNameText } from '@/lib/pki/name'
import { MDM_DIALECTS, NAMED_BY, type ProfileChoices } from './mdm-profile-types'

export const PROFILE_WISHES = ['mdm', 'namedBy', 'subject', 'ssid', 'radius'] as const
/** `radius`: names with commas or spaces between. An empty `ssid` means none; without one, the group's first. */
export type ProfileWishes = Partial<Record<(typeof PROFILE_WISHES)[number], string>>
/** A sentence for each field that cannot be as it is. */
export type ProfileFaults = Partial<Record<(typeof PROFILE_WISHES)[number], string>>

const MOST_NAMES = 10
const LONGEST_SUBJECT = 500
const SSID_OCTETS = 32

/** What is wrong counts as not said. */
export function readChoices(
  wishes: ProfileWishes,
  ssids: readonly string[],
): { choices: ProfileChoices; faults: ProfileFaults } {
  const faults: ProfileFaults = {}
  const mdm = MDM_DIALECTS.find((each) => each === (wishes.mdm || 'none'))
  if (mdm === undefined) faults.mdm = `Choose one of ${MDM_DIALECTS.join(', ')}.`
  const namedBy = NAMED_BY.find((each) => each === (wishes.namedBy || 'serial'))
  if (namedBy === undefined) faults.namedBy = `Choose one of ${NAMED_BY.join(', ')}.`
  const subject = subjectOf(wishes.subject, faults)
  const ssid = ssidOf(wishes.ssid, ssids, faults)
  const radiusNames = radiusOf(wishes.radius, faults)
  if (wishes.ssid && ssid !== null && radiusNames.length === 0)
    faults.radius ??= 'Name the RADIUS servers as their certificates do: without, a device would believe any of them.'
  return { choices: { mdm: mdm ?? 'none', namedBy: namedBy ?? 'serial', subject, ssid, radiusNames }, faults }
}

function subjectOf(wish: string | undefined, faults: ProfileFaults): NamePart[] | null {
  if (!wish) return null
  if (wish.length > LONGEST_SUBJECT) {
    faults.subject = `A subject has at most ${LONGEST_SUBJECT} characters.`
    return null
  }
  try {
    return parseNameText(wish)
  } catch (error) {
    if (!isRefusal(error)) throw error
    faults.subject = error.sentence
    return null
  }
}

function ssidOf(wish: string | undefined, ssids: readonly string[], faults: ProfileFaults): string | null {
  const ssid = wish ?? ssids[0] ?? ''
  if (ssid === '') return null
  if (Buffer.byteLength(ssid) <= SSID_OCTETS && !/[\p{Cc}\p{Cs}]/u.test(ssid)) return ssid
  faults.ssid = `The name of a wireless network has 1 to ${SSID_OCTETS} octets and no control characters.`
  return null
}

/** Apple takes patterns, other clients do not: names that every one of them compares alike. */
function radiusOf(wish: string | undefined, faults: ProfileFaults): string[] {
  const names = [...new Set((wish ?? '').split(/[\s,;]+/).filter((name) => name !== ''))]
  if (names.length > MOST_NAMES) faults.radius = `At most ${MOST_NAMES} names.`
  else if (!names.every(isDnsName)) faults.radius = 'Names of RADIUS servers are like radius.example.com.'
  return faults.radius === undefined ? names : []
}

function isDnsName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.|$))+$/.test(`${name}`) &&
    !name.endsWith('.')
  )
}
