/** What is kept of OCSP answers, and what strangers cannot make of it. */
import { expect, test } from 'vitest'
import type { CertStatus } from '@/lib/pki/ocsp'
import { keptAnswer, keptAnswers } from './kept-answers'

const thisUpdate = new Date('2026-11-23T12:00:00Z')
const nextUpdate = new Date('2026-11-23T12:10:00Z')

function answerOf(status: CertStatus) {
  const single = { certId: new Uint8Array(), status, thisUpdate, nextUpdate }
  const [tbs, signature, certificates] = [new Uint8Array([0x30, 0]), new Uint8Array(64), new Uint8Array([0xa0, 0])]
  return keptAnswer({ id: 'a', slug: 'staff' }, single, { tbs, signature, certificates })
}

test('serials that nobody has are few, and drive out no others', () => {
  const kept = keptAnswers({ known: 3, unknown: 2 })
  for (const certId of ['a', 'b', 'c']) kept.set(certId, answerOf({ status: 'good' }))
  for (let n = 0; n < 100; n += 1) kept.set(`unknown ${n}`, answerOf({ status: 'unknown' }))
  expect(['a', 'b', 'c', 'unknown 97', 'unknown 98', 'unknown 99'].map((each) => kept.get(each)?.unknown)).toEqual([
    false,
    false,
    false,
    undefined,
    true,
    true,
  ])
})

test('what was unknown and is issued is one answer, and is forgotten as one', () => {
  const kept = keptAnswers()
  kept.set('a', answerOf({ status: 'unknown' }))
  kept.set('a', answerOf({ status: 'good' }))
  expect(kept.get('a')?.unknown).toBe(false)
  kept.delete('a')
  expect(kept.get('a')).toBeUndefined()
})
