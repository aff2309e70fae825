/** A request to show or to keep: the same DER with the challenge in it blackened. Its signature holds no more. */
import type { Csr } from './csr'
import { constructedContext, parseDer, TAG, UNTRUSTED } from './der'
import { oidOf } from './der-values'
import { OID } from './oid'

const ASTERISK = 0x2a

export function maskChallenge(csr: Pick<Csr, 'der'>): Uint8Array {
  const masked = new Uint8Array(csr.der)
  const info = parseDer(masked, { ...UNTRUSTED, maxBytes: 65_536 })
    .open()
    .next(TAG.sequence)
    .open()
  for (const tag of [TAG.integer, TAG.sequence, TAG.sequence]) info.next(tag)
  for (const attribute of info.optional(constructedContext(0))?.children(50) ?? []) {
    const reader = attribute.open()
    if (oidOf(reader.next(TAG.oid).content) !== OID.challengePassword) continue
    for (const value of reader.next(TAG.set).children(50)) value.content.fill(ASTERISK)
  }
  return masked
}
