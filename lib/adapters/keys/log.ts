/** The signer's log: one JSON line per entry, news on standard output and trouble on standard error. */

/** Ids, codes and sentences of ours; never bytes, names from requests or keys. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  fields?: Readonly<Record<string, string | number>>,
) => void

const MAX_FIELD = 2_048

export const logToStandardStreams: Log = (level, event, fields = {}) => {
  const cut = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, MAX_FIELD) : value,
  ])
  const line = { time: new Date().toISOString(), level, process: 'signer', event, ...Object.fromEntries(cut) }
  // JSON escapes control characters, so that no value can begin a line of its own.
  const stream = level === 'info' ? process.stdout : process.stderr
  stream.write(`${JSON.stringify(line)}\n`)
}
