/** The keys of the portal, as data: what listens to them and the sheet that explains them read the same list. */

export interface Shortcut {
  keys: string[]
  text: string
}

export const SHORTCUTS: Shortcut[] = [
  { keys: ['Ctrl', 'K'], text: 'Find anything, go anywhere' },
  { keys: ['/'], text: 'Search in this list' },
  { keys: ['J'], text: 'Next row' },
  { keys: ['K'], text: 'Row before' },
  { keys: ['?'], text: 'Show these keys' },
]

/** What a key alone means; null for keys that mean nothing, or that belong to whatever has the focus. */
export type KeyMeaning = 'search' | 'next' | 'previous' | 'sheet' | 'go'

const MEANINGS: Readonly<Record<string, KeyMeaning>> = {
  '/': 'search',
  j: 'next',
  k: 'previous',
  '?': 'sheet',
  g: 'go',
}

interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

export function isPaletteKey({ key, ctrlKey, metaKey, altKey }: Press): boolean {
  return key.toLowerCase() === 'k' && (ctrlKey || metaKey) && !altKey
}

export function meaningOf({ key, ctrlKey, metaKey, altKey }: Press): KeyMeaning | null {
  if (ctrlKey || metaKey || altKey) return null
  return MEANINGS[key] ?? null
}
