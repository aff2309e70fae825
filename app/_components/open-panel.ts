/** Opens the palette or the sheet of keys from anywhere; commands.tsx listens. */

export type Panel = 'palette' | 'sheet'

const listeners = new Set<(panel: Panel) => void>()

export function openPanel(panel: Panel): void {
  for (const listen of listeners) listen(panel)
}

/** Returns how to stop listening. */
export function whenPanelIsWanted(listen: (panel: Panel) => void): () => void {
  listeners.add(listen)
  return () => {
    listeners.delete(listen)
  }
}
