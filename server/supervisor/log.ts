/** What Latchkey says on standard output: sentences for people, or one JSON object per line for a log collector. */

export type Log = (source: string, message: string) => void

/** Fields of a JSON line that a person reading the text does not need. */
const ENVELOPE = new Set(['time', 'level', 'process', 'event', 'sentence'])

export function createLog(format: 'text' | 'json', output: NodeJS.WritableStream = process.stdout): Log {
  return (source, message) => {
    const fields = parseFields(message)
    const line =
      format === 'json'
        ? JSON.stringify({ time: new Date().toISOString(), process: source, ...(fields ?? { message }) })
        : `${source}: ${fields ? toText(fields) : message}`
    output.write(`${line}\n`)
  }
}

/** Our own processes speak JSON where more than a sentence has to be said. */
function parseFields(message: string): Record<string, unknown> | null {
  if (!message.startsWith('{')) return null
  try {
    return JSON.parse(message)
  } catch {
    return null
  }
}

function toText(fields: Record<string, unknown>): string {
  if (typeof fields.sentence === 'string') return fields.sentence
  const details = Object.entries(fields).filter(([name, value]) => !ENVELOPE.has(name) && value !== null)
  return [
    fields.event,
    ...details.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ].join(' ')
}

/** Cuts a stream into lines; the last one counts even if it does not end. */
export function onLines(stream: NodeJS.ReadableStream, use: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) use(line.trimEnd())
  })
  stream.on('end', () => {
    if (rest.trim()) use(rest.trimEnd())
  })
}
