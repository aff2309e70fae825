/** Damage to what octets mean: a DER value taken apart, bent in one place, and written again around it. */
import type { Chance } from './random'

/** A value as it will be written, which is not always as it should be. */
export interface Node {
  tag: number
  /** Values inside, or the content itself. */
  inside: Node[] | Uint8Array
  /** Octets between header and the values inside: the first one of a BIT STRING. */
  lead?: Uint8Array
  /** How the length is written; the right way when absent. */
  form?: 'indefinite' | 'long' | { lie: number } | { octets: Uint8Array }
}

/** Takes sound DER; what is none is left whole. Octet and bit strings are opened where they hold DER themselves. */
export function treeOf(der: Uint8Array): Node {
  const values = valuesOf(der, 0)
  const [root] = values ?? []
  return values?.length === 1 && root ? root : { tag: 0x04, inside: der }
}

const DEEPEST = 40

function valuesOf(bytes: Uint8Array, depth: number): Node[] | null {
  const found: Node[] = []
  for (let at = 0; at < bytes.length; ) {
    const header = headerAt(bytes, at)
    if (!header || depth > DEEPEST) return null
    const content = bytes.subarray(header.start, header.end)
    found.push(nodeOf(header.tag, content, depth))
    at = header.end
  }
  return found
}

function nodeOf(tag: number, content: Uint8Array, depth: number): Node {
  const lead = tag === 0x03 && content[0] === 0 ? content.subarray(0, 1) : undefined
  const holdsMore = (tag & 0x20) !== 0 || tag === 0x04 || lead !== undefined
  const inner = holdsMore && content.length > 1 ? valuesOf(content.subarray(lead?.length ?? 0), depth + 1) : null
  if (inner === null) return { tag, inside: content }
  return lead ? { tag, inside: inner, lead } : { tag, inside: inner }
}

function headerAt(bytes: Uint8Array, at: number): { tag: number; start: number; end: number } | null {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || first === 0x80 || first > 0x84) return null
  const count = first < 0x80 ? 0 : first & 0x7f
  let length = count === 0 ? first : 0
  for (const octet of bytes.subarray(at + 2, at + 2 + count)) length = length * 256 + octet
  const start = at + 2 + count
  return start + length > bytes.length ? null : { tag, start, end: start + length }
}

export function written(node: Node): Buffer {
  const inside = Array.isArray(node.inside) ? Buffer.concat(node.inside.map(written)) : Buffer.from(node.inside)
  const content = node.lead ? Buffer.concat([node.lead, inside]) : inside
  if (node.form === 'indefinite') return Buffer.concat([Buffer.of(node.tag, 0x80), content, Buffer.alloc(2)])
  return Buffer.concat([Buffer.of(node.tag & 0xff), lengthOf(content.length, node.form), content])
}

function lengthOf(length: number, form: Exclude<Node['form'], 'indefinite'>): Buffer {
  if (form === 'long') return longLength(length, 8)
  if (form !== undefined && 'octets' in form) return Buffer.from(form.octets)
  const stated = Math.max(0, form === undefined ? length : length + form.lie)
  if (stated < 0x80) return Buffer.of(stated)
  return longLength(stated, Math.max(1, Math.ceil(Math.log2(stated + 1) / 8)))
}

function longLength(length: number, octets: number): Buffer {
  const out = Buffer.alloc(octets)
  out.writeUIntBE(length, Math.max(0, octets - 6), Math.min(6, octets))
  return Buffer.concat([Buffer.of(0x80 | octets), out])
}

/** Copies, so that one seed serves many rounds. */
export function copyOf(node: Node): Node {
  return { ...node, inside: Array.isArray(node.inside) ? node.inside.map(copyOf) : node.inside }
}

export function everyNode(root: Node): Node[] {
  return [root, ...(Array.isArray(root.inside) ? root.inside.flatMap(everyNode) : [])]
}

/** DER bent in one to three places. */
export function bent(der: Uint8Array, by: Chance): Buffer {
  const root = copyOf(treeOf(der))
  for (let left = 1 + by.below(3); left > 0; left--) bend(root, by)
  return written(root)
}

/** The same in BER: indefinite lengths wherever values hold others, as streaming encoders write them. */
export function inBer(der: Uint8Array): Buffer {
  const root = treeOf(der)
  for (const node of everyNode(root)) if ((node.tag & 0x20) !== 0) node.form = 'indefinite'
  return written(root)
}

function bend(root: Node, by: Chance): void {
  const nodes = everyNode(root)
  const node = by.one(nodes)
  if (Array.isArray(node.inside) && node.inside.length > 0 && by.oneIn(2)) return bendChildren(node.inside, nodes, by)
  switch (by.below(8)) {
    case 0:
      node.form = by.one<NonNullable<Node['form']>>([
        'indefinite',
        'long',
        { lie: by.one([-2, -1, 1, 2, 127, 65_536]) },
        { octets: Buffer.from(by.one(['84ffffffff', '847fffffff', '887fffffffffffffff', '80', 'ff', '8100']), 'hex') },
      ])
      return
    case 1:
      node.tag = by.one([...TAGS, node.tag ^ 0x20, by.below(256)])
      return
    case 2:
      node.inside = by.one(VALUES)
      return
    case 3:
      node.inside = by.bytes(by.below(80))
      return
    case 4:
      return nest(node, by.one([1, 5, 31, 33, 200, 5_000]))
    case 5:
      Object.assign(node, inPieces(node, by))
      return
    case 6:
      Object.assign(node, copyOf(by.one(nodes)))
      return
    default:
      if (node.tag === 0x06) node.inside = by.one(OBJECT_IDENTIFIERS)
      else if (!Array.isArray(node.inside)) node.inside = endsChanged(node.inside, by)
  }
}

function bendChildren(children: Node[], nodes: readonly Node[], by: Chance): void {
  const at = by.below(children.length)
  const child = children[at]
  if (!child) return
  switch (by.below(5)) {
    case 0:
      children.splice(at, 1)
      return
    case 1:
      children.splice(at, 0, copyOf(child))
      return
    case 2:
      children.splice(at, 0, ...Array.from({ length: by.one([2, 9, 51, 1_001]) }, () => copyOf(leafOf(child))))
      return
    case 3:
      children.splice(by.below(children.length), 0, ...children.splice(at, 1))
      return
    default:
      children.splice(at, 0, copyOf(leafOf(by.one(nodes))))
  }
}

/** What is repeated many times is small, or a round would be spent on writing it. */
function leafOf(node: Node): Node {
  return written(node).length > 2_000 ? { tag: 0x05, inside: new Uint8Array() } : node
}

function nest(node: Node, levels: number): void {
  let inner: Node = { ...node }
  for (let level = 1; level < levels; level++) inner = { tag: level % 2 === 0 ? 0x30 : 0xa0, inside: [inner] }
  const bytes = levels > 200 ? flatNest(written({ ...node }), levels) : null
  Object.assign(node, { tag: 0x30, inside: bytes ?? [inner] })
  delete node.lead
}

/** So deep that writing it level by level would cost more than what reads it. */
function flatNest(core: Buffer, levels: number): Buffer {
  return Buffer.concat([Buffer.alloc(2 * levels, Buffer.of(0x30, 0x80)), core, Buffer.alloc(2 * levels)])
}

function inPieces(node: Node, by: Chance): Partial<Node> {
  if (Array.isArray(node.inside) || node.inside.length < 2) return { form: 'indefinite' }
  const cut = 1 + by.below(node.inside.length - 1)
  const pieces = [node.inside.subarray(0, cut), node.inside.subarray(cut)].map((inside) => ({ tag: 0x04, inside }))
  return { tag: node.tag | 0x20, inside: pieces, form: 'indefinite' }
}

function endsChanged(content: Uint8Array, by: Chance): Uint8Array {
  const out = Buffer.from(content)
  if (out.length === 0) return by.bytes(1)
  const at = by.one([0, out.length - 1, by.below(out.length)])
  out[at] = by.one([0, 0xff, (out[at] ?? 0) ^ 1, 0x80])
  return out
}

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e,
].concat([0x24, 0x23, 0x2c, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3])
const VALUES = [
  new Uint8Array(),
  Buffer.of(0),
  Buffer.of(1),
  Buffer.of(0xff),
  Buffer.of(0x80),
  Buffer.alloc(9, 0xff),
  Buffer.alloc(300, 0x41),
  Buffer.alloc(1_100, 0x7f),
  Buffer.from('19'),
  Buffer.from('017'),
  Buffer.from('\u0000\u202e\ufeff\u{1f600}'),
  Buffer.from('d800dc00fffe', 'hex'),
  Buffer.from('$EMAIL'),
  Buffer.from('991332250000Z'),
]
/** Of every algorithm, attribute and extension that the product knows, and of a few that it does not. */
export const OBJECT_IDENTIFIERS = [
  ...['2a864886f70d010101', '2a864886f70d010105', '2a864886f70d010107', '2a864886f70d01010a', '2a864886f70d01010b'],
  ...['2a864886f70d010104', '2a864886f70d010701', '2a864886f70d010702', '2a864886f70d010703', '2a864886f70d010706'],
  ...['2a864886f70d010903', '2a864886f70d010904', '2a864886f70d010905', '2a864886f70d010907', '2a864886f70d01090e'],
  ...['2a864886f70d0307', '2a864886f70d0302', '2b0e030207', '2b0e03021a', '2a864886f70d0205'],
  ...['608648016503040102', '60864801650304012a', '608648016503040106', '608648016503040201', '608648016503040203'],
  ...['6086480186f8450109 02', '6086480186f845010905', '6086480186f845010907', '6086480186f845010908'],
  ...['2a8648ce3d0201', '2a8648ce3d030107', '2b81040022', '2a8648ce3d040302', '2b6570'],
  ...['551d0e', '551d0f', '551d11', '551d13', '551d25', '2b0601040182371902', '2b060104018237020 10e'],
  ...['550403', '550405', '55040a', '2a864886f70d010902', '0992268993f22c640119', '2b060104018237140203'],
].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'))
