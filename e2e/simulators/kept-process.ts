/**
 * A simulator as a process of its own. With a file it is the same one at the same place the next time. Prints one line of
 * JSON: where it is, and how to get in. Ends with whoever started it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

interface Running<Kept> {
  said: object
  kept(): Kept
  close(): Promise<void>
}

export async function runKept<Kept>(
  file: string | undefined,
  start: (before: Kept | undefined) => Promise<Running<Kept>>,
): Promise<void> {
  const isThere = file !== undefined && existsSync(file)
  const { said, kept, close } = await start(isThere ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined)
  let written = ''

  function keep(): void {
    const text = JSON.stringify(kept())
    if (file === undefined || text === written) return
    // Whoever is killed while writing leaves the file as it was.
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
    written = text
  }

  keep()
  const keeping = setInterval(keep, 1_000)
  console.log(JSON.stringify(said))

  function stop(): void {
    clearInterval(keeping)
    keep()
    void close().then(() => process.exit())
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  // Whoever started it holds the other end, and may be killed without a word.
  process.stdin.on('end', stop).on('error', stop).resume()
}
