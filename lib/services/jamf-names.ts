/** Names in Jamf's own variables, as they are typed into the profile, and as they read for one device. */
import { isRefusal, Refusal } from '@/lib/errors'
import { parseNameText } from '@/lib/pki/name'
import { checkedConstraints } from './challenge-constraints'
import type { RelativeName, SanType, SubjectAlternativeName } from './challenges'

/** What is known of a device and its user; what is not known is not there. */
export type JamfValues = Readonly<Partial<Record<JamfVariable, string>>>

export interface JamfTemplates {
  subjectTemplate: string
  sanTemplates: readonly string[]
}

/** jamf.md §6, of which a challenge or the inventory can say the value; each with one that passes for a real one. */
const SAMPLES = {
  COMPUTERNAME: 'MB-0017',
  DEVICENAME: 'MB-0017',
  SERIALNUMBER: 'C02EXAMPLE01',
  UDID: '11112222-3333-4444-5555-666677778888',
  JSSID: '17',
  MANAGEMENTID: '11112222-3333-4444-5555-666677778888',
  MACADDRESS: '02-00-5E-10-00-01',
  USERNAME: 'ada',
  FULLNAME: 'Ada Example',
  REALNAME: 'Ada Example',
  EMAIL: 'ada@example.com',
  PHONE: '1234',
  POSITION: 'Engineer',
  ROOM: '17',
} as const
export type JamfVariable = keyof typeof SAMPLES

/** Jamf adds it to redistribute a profile before its certificate expires; only Jamf knows which profile it delivers. */
const PROFILE_IDENTIFIER = '$PROFILE_IDENTIFIER'
const VARIABLE = /\$([A-Z][A-Z0-9_]*)/g
const SAN_TYPES: readonly SanType[] = ['dns', 'email', 'uri', 'upn', 'ip']

/**
 * What a request for this device must say. Refusals: policy_refused, naming the variable that the device has no value
 * for: Jamf would leave it as it is or empty in the profile, too.
 */
export function namesOf(
  { subjectTemplate, sanTemplates }: JamfTemplates,
  values: JamfValues,
): { subject: RelativeName[]; san: SubjectAlternativeName[] } {
  const subject = boundParts(subjectTemplate).map(({ type, value }) => ({ type, value: filled(value, values) }))
  const san = sanTemplates.map(sanTemplate).map(({ type, value }) => ({ type, value: filled(value, values) }))
  return { subject, san }
}

/** Null when a certificate can say what the templates say, for a device of which everything is known. */
export function issuableTemplate(
  templates: JamfTemplates,
): { field: 'subjectTemplate' | 'sanTemplates'; sentence: string } | null {
  for (const field of ['subjectTemplate', 'sanTemplates'] as const) {
    try {
      const { subject, san } = namesOf(
        field === 'subjectTemplate' ? { ...templates, sanTemplates: [] } : { ...templates, subjectTemplate: '' },
        SAMPLES,
      )
      if (subject.length + san.length > 0) checkedConstraints(subject, san)
    } catch (error) {
      if (!isRefusal(error)) throw error
      return { field, sentence: error.sentence }
    }
  }
  if (namesADevice(templates)) return null
  const sentence = 'Name the device or its user, with $SERIALNUMBER, $UDID or $EMAIL, or every device gets the same.'
  return { field: 'subjectTemplate', sentence }
}

/** The variables that a device must have a value for. */
export function variablesOf({ subjectTemplate, sanTemplates }: JamfTemplates): JamfVariable[] {
  const texts = [...boundParts(subjectTemplate), ...sanTemplates.map(sanTemplate)].map(({ value }) => value)
  const names = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name = '']) => name))
  return [...new Set(names)].filter(isKnown)
}

/** $PROFILE_IDENTIFIER may be there or not: a request may add it anyhow (challenge-rules, profileIdentifier). */
function boundParts(template: string): RelativeName[] {
  const parts = template.trim() === '' ? [] : parseNameText(template)
  return parts.filter(({ value }) => value.trim() !== PROFILE_IDENTIFIER)
}

function namesADevice(templates: JamfTemplates): boolean {
  return variablesOf(templates).some((name) => name !== 'ROOM' && name !== 'POSITION')
}

function sanTemplate(line: string): { type: SanType; value: string } {
  const colon = line.indexOf(':')
  const type = SAN_TYPES.find((known) => known === line.slice(0, Math.max(colon, 0)).trim().toLowerCase())
  if (type !== undefined) return { type, value: line.slice(colon + 1).trim() }
  throw invalid(
    `"${line}" is not an alternative name. Write lines such as email:$EMAIL or dns:$COMPUTERNAME.example.com.`,
  )
}

function filled(text: string, values: JamfValues): string {
  return text.replaceAll(VARIABLE, (variable, name: string) => {
    if (variable === PROFILE_IDENTIFIER)
      throw invalid(`Let ${PROFILE_IDENTIFIER} be a part of its own, such as OU=${PROFILE_IDENTIFIER}.`)
    if (!isKnown(name)) throw invalid(`Jamf does not tell what ${variable} stands for. Known are ${KNOWN.join(', ')}.`)
    const value = values[name]
    if (value !== undefined) return value
    throw new Refusal('policy_refused', `Jamf has no value for ${variable} of this device.`, {
      reason: 'variable_unresolved',
    })
  })
}

const KNOWN = Object.keys(SAMPLES).map((name) => `$${name}`)

function isKnown(name: string): name is JamfVariable {
  return Object.hasOwn(SAMPLES, name)
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'invalid_template' })
}
