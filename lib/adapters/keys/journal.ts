/** The signer's own memory of what it signed: an append-only file, synced before a signature leaves. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupFault } from './startup-fault'

export const JOURNAL_FILE = 'signer-journal.jsonl'

export interface JournalEntry {
  call:
    | 'generateKey'
    | 'signCertificate'
    | 'signCrl'
    | 'signScepReply'
    | 'signScepNextCertificates'
    | 'signProfile'
    | 'signClientAssertion'
    | 'signOwnCertificate'
    | 'importKey'
    | 'signAuthorityRequest'
    | 'sealedKey'
    | 'dropKey'
    | 'restoreKey'
  keyId: string
  certificateId?: string
  authorityId?: string
  /** Lower-case hex, over exactly the bytes that were signed (where nothing is signed, the key's SubjectPublicKeyInfo). */
  sha256: string
}

export interface Journal {
  /** Resolves when the entry is on the disk. Callers that come while a sync runs share the next one. */
  append(entry: JournalEntry): Promise<void>
  close(): Promise<void>
}

/** A write returns once it is on the disk: one step instead of two. Where the system has no such flag, it is synced after. */
const WRITES_THROUGH = constants.O_DSYNC !== undefined

const FLAGS =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | (constants.O_DSYNC ?? 0)

interface Waiting {
  line: string
  resolve(): void
  reject(error: unknown): void
}

export async function openJournal(dataDir: string, now: () => Date = () => new Date()): Promise<Journal> {
  const file = join(dataDir, JOURNAL_FILE)
  const handle = await openOwn(file)
  let waiting: Waiting[] = []
  let flushing: Promise<void> | undefined
  // A crash or a full disk can leave half a line behind: it stays as it is, and the next entry begins on a fresh line.
  let torn = await endsTorn(handle)

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await handle.appendFile((torn ? '\n' : '') + batch.map(({ line }) => line).join(''))
        torn = false
        if (!WRITES_THROUGH) await handle.datasync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        torn = true
        for (const { reject } of batch) reject(error)
      }
    }
    flushing = undefined
  }

  return {
    append(entry) {
      const line = `${JSON.stringify({ time: now().toISOString(), ...entry })}\n`
      return new Promise<void>((resolve, reject) => {
        waiting.push({ line, resolve, reject })
        flushing ??= flush()
      })
    },
    async close() {
      await flushing
      await handle.close()
    },
  }
}

async function openOwn(file: string): Promise<FileHandle> {
  let handle: FileHandle
  try {
    handle = await open(file, FLAGS, 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new StartupFault(`Cannot write the signer's journal ${file} (${code}).`)
  }
  const { mode, uid } = await handle.stat()
  if ((mode & constants.S_IFMT) === constants.S_IFREG && uid === process.getuid?.()) {
    await handle.chmod(0o600)
    return handle
  }
  await handle.close()
  throw new StartupFault(`The signer's journal ${file} is not a regular file of the user that runs Latchkey.`)
}

async function endsTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, size - 1)
  return last[0] !== 0x0a
}
