/** Another parser's opinion: whatever our readers accept, asn1js reads alike, value by value. */
import * as asn1js from 'asn1js'
import { expect, test } from 'vitest'
import { damaged } from '@/e2e/fuzz/bytes'
import { chance } from '@/e2e/fuzz/random'
import { seeds } from '@/e2e/fuzz/seeds'
import { bent, inBer } from '@/e2e/fuzz/tree'
import { toDer } from './ber'
import { DerError, parseDer, TAG, type Tlv } from './der'
import { textOf } from './der-values'
import { timeOf } from './time'

const ROUNDS = 6_000

/** Identifier octet and content of every value, depth first: what two readers have to agree about. */
type Reading = [tag: number, length: number, content: string | number]

function ours(value: Tlv): Reading[] {
  if (!value.constructed) return [[value.tag, value.content.length, Buffer.from(value.content).toString('hex')]]
  const inside = value.children(10_000)
  return [[value.tag, value.content.length, inside.length], ...inside.flatMap(ours)]
}

const CLASSES: readonly number[] = [0, 0x00, 0x40, 0x80, 0xc0]

function theirs(value: asn1js.AsnType): Reading[] {
  const { tagClass, tagNumber, isConstructed } = value.idBlock
  const tag = (CLASSES[tagClass] ?? 0) | (isConstructed ? 0x20 : 0) | tagNumber
  const content = Buffer.from(value.valueBeforeDecodeView).subarray(
    value.idBlock.blockLength + value.lenBlock.blockLength,
  )
  const length = value.lenBlock.length
  if (!isConstructed) return [[tag, length, content.subarray(0, length).toString('hex')]]
  const inside = (value.valueBlock as unknown as { value: asn1js.AsnType[] }).value
  return [[tag, length, inside.length], ...inside.flatMap(theirs)]
}

/**
 * asn1js judges texts and times while it reads, and refuses the tag that X.680 §8.4 reserves; ours does when somebody
 * asks for such a value. They are its business.
 */
function holdsOddValue(value: Tlv): boolean {
  if ((value.tag & ~0x20) === RESERVED) return true
  if (value.constructed) return value.children(10_000).some(holdsOddValue)
  if (value.tag >= 0x40 || !TEXTS.has(value.tag)) return false
  try {
    if (value.tag === TAG.utcTime || value.tag === TAG.generalizedTime) timeOf(value)
    else textOf(value)
    return false
  } catch (error) {
    if (error instanceof DerError) return true
    throw error
  }
}

const RESERVED = 0x0f

const TEXTS: ReadonlySet<number> = new Set([
  TAG.utf8String,
  TAG.bmpString,
  TAG.universalString,
  TAG.utcTime,
  TAG.generalizedTime,
])

function accepted(read: () => Uint8Array): Uint8Array | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerError) return null
    throw error
  }
}

/** Null when it refuses, which it does in more than one way. */
function readByAsn1js(bytes: Uint8Array): asn1js.AsnType | null {
  try {
    const { offset, result } = asn1js.fromBER(Uint8Array.from(bytes).buffer, { maxDepth: 100, maxNodes: 100_000 })
    return offset === bytes.length && result.error === '' ? result : null
  } catch {
    return null
  }
}

function compare(der: Uint8Array, shown: Uint8Array): 'compared' | 'odd value' {
  const root = parseDer(der)
  const other = readByAsn1js(der)
  if (other === null) {
    if (holdsOddValue(root)) return 'odd value'
    throw new Error(`asn1js refuses what we accept: ${Buffer.from(shown).toString('hex')}`)
  }
  const [mine, its] = [ours(root), theirs(other)]
  if (JSON.stringify(mine) !== JSON.stringify(its))
    throw new Error(`read differently: ${Buffer.from(shown).toString('hex')}`)
  return 'compared'
}

test('whatever the strict reader accepts, asn1js reads alike: tags, lengths and contents', () => {
  const by = chance(20_261_126)
  const { messages, envelopes, csrs, device } = seeds()
  const sound = [...messages, ...envelopes, ...csrs, device.der]
  const seen = { compared: 0, 'odd value': 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = (by.oneIn(2) ? bent : damaged)(by.oneIn(3) ? pieceOf(by.one(sound), by.below(40)) : by.one(sound), by)
    const der = accepted(() => parseDer(bytes).bytes)
    if (der !== null) seen[compare(der, bytes)] += 1
  }
  // Enough of the damage still was DER for the comparison to mean something.
  expect(seen.compared).toBeGreaterThan(ROUNDS / 20)
  expect(seen['odd value']).toBeLessThan(seen.compared / 10)
})

test('what becomes of BER is what asn1js sees in it: the same values, once strings in pieces are joined', () => {
  const by = chance(20_261_127)
  const { messages, csrs, device } = seeds()
  let normalised = 0
  for (let round = 0; round < ROUNDS / 8; round++) {
    const ber = inBer((by.oneIn(4) ? damaged : bent)(by.one([...messages, ...csrs, device.der]), by))
    const der = accepted(() => toDer(ber))
    if (der === null || der === ber) continue
    normalised += 1
    compare(der, ber)
    const [before, after] = [readByAsn1js(ber), readByAsn1js(der)]
    if (before && after) expect(texts(before)).toEqual(texts(after))
  }
  expect(normalised).toBeGreaterThan(100)
})

/** Object identifiers and numbers in order: what BER and DER of one value have in common. */
function texts(value: asn1js.AsnType): string[] {
  if (value instanceof asn1js.ObjectIdentifier) return [value.valueBlock.toString()]
  if (value instanceof asn1js.Integer) return [Buffer.from(value.valueBlock.valueHexView).toString('hex')]
  const inside = (value.valueBlock as unknown as { value?: unknown } | undefined)?.value
  return value instanceof asn1js.OctetString || !Array.isArray(inside) ? [] : inside.flatMap(texts)
}

/** One of the values inside, so that small ones are damaged as often as large ones. */
function pieceOf(der: Uint8Array, steps: number): Uint8Array {
  let value = accepted(() => der) === null ? null : root(der)
  for (let step = 0; value?.constructed && step < steps; step++) {
    const inside: Tlv[] = value.children(10_000)
    value = inside[(steps * 7 + step) % Math.max(1, inside.length)] ?? null
  }
  return value?.bytes ?? der
}

function root(der: Uint8Array): Tlv | null {
  const strict = accepted(() => toDer(der))
  return strict && parseDer(strict)
}
