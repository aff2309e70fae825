/** The chain's arithmetic, with the vectors of the contract. */
import { describe, expect, test } from 'vitest'
import { type ChainLink, chainOf, checkHead, checkLink, GENESIS, leafOf } from './audit-chain'

/** audit-and-siem.md §5.2: payload, leaf, chain. */
const VECTORS = [
  [
    '{"n":1}',
    'fb5d93e6cf90bc9470cd9ea9d9e12348993db3e854ab2b7660e3594767045f6c',
    'cc49ac2b1e1b5c87e5fff359c90926c7511a6b0f140615408d4f39d59821be02',
  ],
  [
    '{"n":2}',
    '3d1de776df086c1ae9f7049d2bb0c0475ad14185f987e064e8d10dcb2db4a322',
    '563b5db8da829db9f2e0d45021fc961c249801e22d59bedf22789af0e3fa88f6',
  ],
  [
    '{"n":3}',
    'd74a2d1f2af1c1cad6c5e8a86fc869162e7d1ea01e729abff17851d10948f994',
    'e7f2eda565f36d4aad322fe14d7c233d2eadce8cda654306e6c9286fe4cb1d22',
  ],
  [
    '{"n":4}',
    '67cbf349d6b4e4caf430a96751ca532214414c2f8c9f7c567abbc3e52f2df391',
    '02c69ae060eff114b63d2f570545864b934ab4590b923ad499470c9691999925',
  ],
  [
    '{"n":5}',
    '06414f1ba4aaa2cd88d9523c2aa059c6686e62883284e3356a9fad97dfb5e619',
    'c52d6485fd126c47e63a9b434be6711f10ae7d1425e3f86ad1529a9734d12a1a',
  ],
] as const

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const rows = (): ChainLink[] =>
  VECTORS.map(([payload, leaf, chain], index) => ({
    seq: BigInt(index + 1),
    payload: new Uint8Array(Buffer.from(payload)),
    leaf: bytes(leaf),
    chain: bytes(chain),
  }))

/** The first row that does not hold. */
function verify(chain: readonly ChainLink[]) {
  let state = GENESIS
  for (const row of chain) {
    const broken = checkLink(state, row)
    if (broken) return broken
    state = row
  }
  return checkHead(state, rows().at(-1) ?? GENESIS)
}

describe('the audit chain', () => {
  test.each(VECTORS)('hashes %s as the contract says', (payload, leaf) => {
    expect(leafOf(Buffer.from(payload))).toEqual(Buffer.from(leaf, 'hex'))
  })

  test('links the vectors of the contract', () => {
    let before = GENESIS.chain
    for (const { leaf, chain } of rows()) {
      before = chainOf(before, leaf)
      expect(Buffer.from(before).toString('hex')).toBe(Buffer.from(chain).toString('hex'))
    }
    expect(verify(rows())).toBeNull()
  })

  test('any single bit that changes breaks the row it is in', () => {
    for (let index = 0; index < VECTORS.length; index += 1) {
      for (const field of ['payload', 'leaf', 'chain'] as const) {
        for (let bit = 0; bit < 56; bit += 1) {
          const changed = rows()
          const row = changed[index] as ChainLink
          const flipped = Uint8Array.from(row[field])
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          changed[index] = { ...row, [field]: flipped }
          expect(verify(changed)?.seq).toBe(BigInt(index + 1))
        }
      }
    }
  })

  test.each([0, 1, 2, 3, 4])('a row that is missing, number %i of five, is named', (index) => {
    const cut = rows().filter((_, at) => at !== index)
    expect(verify(cut)).toMatchObject({ seq: BigInt(index + 1), kind: index === 4 ? 'tail_truncated' : 'row_missing' })
  })

  test('rows that changed places, or numbers, are named', () => {
    const [one, two, three, four, five] = rows() as [ChainLink, ChainLink, ChainLink, ChainLink, ChainLink]
    expect(verify([one, { ...three, seq: 2n }, { ...two, seq: 3n }, four, five])).toMatchObject({
      seq: 2n,
      kind: 'chain_broken',
    })
    expect(verify([one, three, two, four, five])).toMatchObject({ seq: 2n, kind: 'row_missing' })
    expect(verify([one, two, two, three, four, five])).toMatchObject({ seq: 2n, kind: 'row_inserted' })
    expect(verify([{ ...one, seq: 0n }, one, two, three, four, five])).toMatchObject({ seq: 0n, kind: 'row_inserted' })
    expect(verify([...rows(), { ...five, seq: 6n }])).toMatchObject({ seq: 6n })
  })
})
