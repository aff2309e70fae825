/** Serial numbers, UDIDs and ids as they are compared: upper case, and none that many devices have in common. */

const MOST_CHARACTERS = 256

/** Null for nothing, and for what firmware says while nobody has given it a serial number. */
export function serialOf(text: string | null | undefined): string | null {
  const serial = identifierOf(text)
  return serial === null || PLACEHOLDERS.test(serial) ? null : serial
}

export function identifierOf(text: string | null | undefined): string | null {
  return textOf(text)?.toUpperCase() ?? null
}

/**
 * As a column takes it: no identifier has control characters, and the database refuses the first of them, and half of a
 * character too, which is what is left where an MDM or we cut a name in the midst of one.
 */
export function textOf(text: string | null | undefined): string | null {
  const clean = (text ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .normalize('NFC')
    .trim()
  return clean === '' ? null : clean.slice(0, MOST_CHARACTERS).toWellFormed()
}

const PLACEHOLDERS =
  /^(0+|1234567890?|X+|N\/?A|NONE|NULL|UNKNOWN|UNDEFINED|DEFAULT( STRING)?|INVALID|NOT (SPECIFIED|APPLICABLE|AVAILABLE)|SYSTEM SERIAL NUMBER|SERIAL ?NUMBER|CHASSIS SERIAL NUMBER|TO BE FILLED (BY|IN BY) O\.?E\.?M\.?)$/
