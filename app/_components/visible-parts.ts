/** Splits text into what may be shown as it is and what would hide or reorder other text. */

/** Control, format (bidi, zero-width, soft hyphen), line and paragraph separators, surrogates and unassigned. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}]+/gu

export interface TextPart {
  text: string
  hidden: boolean
}

export function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(DECEPTIVE)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), hidden: false })
    parts.push({ text: [...match[0]].map(codePoint).join(' '), hidden: true })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ text: text.slice(end), hidden: false })
  return parts
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
