/** What a minter may ask for: subjects of a template, certain kinds of alternative names, for so long at most. */
import { Refusal } from '@/lib/errors'
import { attributeOid, parseNameText } from '@/lib/pki/name'
import type { ChallengeConstraints, RelativeName, SanType } from './challenges'

export const SAN_TYPES = ['dns', 'email', 'uri', 'upn', 'ip'] as const satisfies readonly SanType[]

export interface MinterLimits {
  /** "CN=*,O=Example": an asterisk stands for one character or more. Null: any subject. */
  subjectTemplate: string | null
  /** None of them: no alternative names. */
  sanTypes: SanType[]
  maxTtlMinutes: number
}

/** Refuses a template that is none. Null when it is empty. */
export function checkedTemplate(text: string | null | undefined): string | null {
  const template = text?.trim() ?? ''
  if (template === '') return null
  try {
    if (parseNameText(template).length > 0 && template.length <= 1_024) return template
  } catch {
    // Said below, for the field of the form.
  }
  const sentence = 'Write the parts of a subject with * for what may vary, such as CN=*,O=Example.'
  throw new Refusal('invalid_input', sentence, {
    reason: 'invalid_template',
    fields: { subjectTemplate: sentence },
  })
}

/** What of the limits is broken, in words for the portal; null when nothing is. */
export function brokenLimit(constraints: ChallengeConstraints, limits: MinterLimits): string | null {
  const { subjectTemplate, sanTypes } = limits
  if (subjectTemplate !== null) {
    if (!fitsTemplate(constraints.subject, parseNameText(subjectTemplate)))
      return `the subject does not fit ${subjectTemplate}`
    if (constraints.rules?.extraSubjectParts !== undefined)
      return 'parts that the request adds to the subject would pass by the template of the minter'
  }
  const other = constraints.san.find(({ type }) => !sanTypes.includes(type))
  return other === undefined ? null : `alternative names of type ${other.type} are not this minter's to ask for`
}

function fitsTemplate(subject: RelativeName[], template: RelativeName[]): boolean {
  return (
    subject.length === template.length &&
    template.every(({ type, value }, at) => {
      const part = subject[at]
      return part !== undefined && attributeOid(part.type) === attributeOid(type) && fits(part.value, value)
    })
  )
}

/** Without regular expressions: a template such as *a*a*a*a could keep one busy for long. */
function fits(value: string, template: string): boolean {
  const [first = '', ...rest] = template.normalize('NFKC').toLowerCase().split('*')
  let left = value.normalize('NFKC').toLowerCase()
  if (!left.startsWith(first)) return false
  left = left.slice(first.length)
  for (const [at, piece] of rest.entries()) {
    const last = at === rest.length - 1
    const found = last ? left.length - piece.length : left.indexOf(piece, 1)
    if (found < 1 || !left.startsWith(piece, found)) return false
    left = left.slice(found + piece.length)
  }
  return left === ''
}
