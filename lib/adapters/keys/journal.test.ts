/** The journal keeps every entry, in order, through shared syncs, crashes and a full disk. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JOURNAL_FILE, type JournalEntry, openJournal } from './journal'
import { StartupFault } from './startup-fault'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => join(folder, JOURNAL_FILE)
const entry = (keyId: string): JournalEntry => ({ call: 'signScepReply', keyId, sha256: '00' })
const lines = () => readFileSync(file(), 'utf8').split('\n')

test('an entry is in the file when append() resolves, closed to others', async () => {
  const journal = await openJournal(folder, () => new Date(0))
  await journal.append(entry('a'))
  expect(lines()).toEqual(['{"time":"1970-01-01T00:00:00.000Z","call":"signScepReply","keyId":"a","sha256":"00"}', ''])
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  await journal.close()
})

test('a thousand callers at once all find their entry, in order', async () => {
  const journal = await openJournal(folder)
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => journal.append(entry(String(i)))))
  await journal.close()
  expect(
    lines()
      .slice(0, -1)
      .map((line) => JSON.parse(line).keyId),
  ).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)))
})

test('it is appended to, never rewritten', async () => {
  for (const keyId of ['a', 'b']) {
    const journal = await openJournal(folder)
    await journal.append(entry(keyId))
    await journal.close()
  }
  expect(lines()).toHaveLength(3)
})

test('half a line that a crash left does not swallow the next entry', async () => {
  appendFileSync(file(), '{"time":"2026-11-2')
  const journal = await openJournal(folder)
  await journal.append(entry('a'))
  await journal.close()
  expect(lines()[0]).toBe('{"time":"2026-11-2')
  expect(JSON.parse(lines()[1] ?? '')).toMatchObject({ keyId: 'a' })
})

test('a journal that cannot be written refuses, so that no signature leaves unrecorded', async () => {
  const journal = await openJournal(folder)
  await journal.close()
  await expect(journal.append(entry('a'))).rejects.toThrow()
})

test('a journal that is a link or cannot be opened stops the start', async () => {
  symlinkSync('/dev/full', file())
  await expect(openJournal(folder)).rejects.toThrow(StartupFault)
  await expect(openJournal(join(folder, 'missing'))).rejects.toThrow(StartupFault)
})
