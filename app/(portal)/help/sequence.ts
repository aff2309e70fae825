/** A sequence diagram of Mermaid as the steps it draws: who says what to whom. Read as a list by eyes and ears alike. */

export interface SequenceStep {
  from: string
  /** Null for a note; the same as `from` for what somebody does alone. */
  to: string | null
  text: string
}

/** Null for any other kind of diagram, or where a line has a form that is not known: better the source than half of it. */
export function readSequence(source: string): SequenceStep[] | null {
  const lines = source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines[0] !== 'sequenceDiagram') return null
  const names = new Map<string, string>()
  const steps: SequenceStep[] = []
  for (const line of lines.slice(1)) {
    const participant = /^participant (\w+) as (.+)$/.exec(line)
    const message = /^(\w+)--?>>(\w+): (.+)$/.exec(line)
    const note = /^Note (?:over|right of|left of) (\w+): (.+)$/.exec(line)
    if (participant) names.set(participant[1] ?? '', participant[2] ?? '')
    else if (message) steps.push({ from: message[1] ?? '', to: message[2] ?? '', text: spoken(message[3] ?? '') })
    else if (note) steps.push({ from: note[1] ?? '', to: null, text: spoken(note[2] ?? '') })
    else if (line !== 'autonumber') return null
  }
  const nameOf = (id: string) => names.get(id) ?? id
  return steps.map(({ from, to, text }) => ({ from: nameOf(from), to: to === null ? null : nameOf(to), text }))
}

function spoken(text: string): string {
  return text.replaceAll(/<br ?\/?>/g, ' ')
}
