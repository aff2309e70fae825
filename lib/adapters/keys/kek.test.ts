/** The KEK's three sources, and each thing that can be wrong with them. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Kek } from './envelope'
import { type KekSource, loadKek } from './kek'
import { EXIT, StartupFault } from './startup-fault'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-kek-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const idOf = (bytes: Buffer) => Kek.take(Buffer.from(bytes)).id
const inFile = (create = false): KekSource => ({ from: 'file', path: join(folder, 'kek'), create })

function write(content: string | Buffer, mode = 0o600): void {
  writeFileSync(join(folder, 'kek'), content)
  chmodSync(join(folder, 'kek'), mode)
}

function faultOf(action: () => unknown): StartupFault {
  try {
    action()
  } catch (error) {
    if (error instanceof StartupFault) return error
    throw error
  }
  throw new Error('no fault')
}

test('a value is taken and wiped', () => {
  const bytes = randomBytes(32)
  const id = idOf(bytes)
  expect(loadKek({ from: 'value', bytes }, true)).toMatchObject({ kek: { id }, createdFile: null })
  expect(bytes).toEqual(Buffer.alloc(32))
})

test.each(['', '\n', '\r\n'])('a file holds it in base64, ending in %j', (end) => {
  for (let round = 0; round < 50; round++) {
    const bytes = randomBytes(32)
    write(bytes.toString('base64') + end)
    expect(loadKek(inFile(), true).kek.id).toBe(idOf(bytes))
  }
})

test('a missing file of our own is made once, closed to others, and read the next time', () => {
  const made = loadKek(inFile(true), false)
  expect(made.createdFile).toBe(join(folder, 'kek'))
  expect(statSync(join(folder, 'kek')).mode & 0o777).toBe(0o600)
  const bytes = Buffer.from(readFileSync(join(folder, 'kek'), 'utf8'), 'base64')
  expect(bytes).toHaveLength(32)
  expect(idOf(bytes)).toBe(made.kek.id)
  expect(loadKek(inFile(true), true)).toMatchObject({ kek: { id: made.kek.id }, createdFile: null })
})

test('none is made for a database that holds keys', () => {
  expect(faultOf(() => loadKek(inFile(true), true)).sentence).toMatch(/holds keys.*is missing/)
  expect(() => statSync(join(folder, 'kek'))).toThrow()
})

test.each<[string, () => void, RegExp]>([
  ['missing', () => {}, /does not exist/],
  ['readable by the group', () => write(randomBytes(32).toString('base64'), 0o640), /chmod 600/],
  ['readable by all', () => write(randomBytes(32).toString('base64'), 0o604), /chmod 600/],
  ['executable', () => write(randomBytes(32).toString('base64'), 0o700), /chmod 600/],
  ['a folder', () => mkdirSync(join(folder, 'kek'), { mode: 0o600 }), /not a regular file/],
  ['a device', () => symlinkSync('/dev/null', join(folder, 'kek')), /not a regular file/],
  ['empty', () => write(''), /exactly 32 bytes/],
  ['too short', () => write(randomBytes(31).toString('base64')), /exactly 32 bytes/],
  ['too long', () => write(randomBytes(33).toString('base64')), /exactly 32 bytes/],
  ['raw bytes', () => write(randomBytes(32)), /exactly 32 bytes/],
  ['hexadecimal', () => write(randomBytes(32).toString('hex')), /exactly 32 bytes/],
  ['base64 with a stray character', () => write(`${'A'.repeat(20)}!${'b'.repeat(22)}=`), /exactly 32 bytes/],
  [
    'base64 with stray bits at its end',
    () => write(`${randomBytes(32).toString('base64').slice(0, 42)}B=`),
    /exactly 32 bytes/,
  ],
  ['two lines', () => write(`${randomBytes(32).toString('base64')}\n\n`), /exactly 32 bytes/],
  ['a sample', () => write(Buffer.alloc(32, 1).toString('base64')), /sample/],
])('a file that is %s is refused in one sentence', (_what, prepare, sentence) => {
  prepare()
  const fault = faultOf(() => loadKek(inFile(), true))
  expect(fault.sentence).toMatch(sentence)
  expect(fault.exitCode).toBe(EXIT.config)
})

test('a value that is a sample is refused', () => {
  expect(faultOf(() => loadKek({ from: 'value', bytes: Buffer.alloc(32) }, false)).sentence).toMatch(/sample/)
})
