/** Opens the replies of servers that encrypt with single DES whatever they were asked with, as the peer does. */
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto'
import { toDer } from '@/lib/pki/ber'
import { TAG } from '@/lib/pki/der'
import { OID } from '@/lib/pki/oid'
import { contentOf, parseSignedData } from '@/lib/scep/signed-data'

/** The first certificate, or null. Signature and nonce were checked by whoever found that the cipher is DES. */
export function openSingleDesReply(reply: Uint8Array, privateKey: KeyObject): Uint8Array | null {
  const { content } = parseSignedData(toDer(reply))
  if (content === null) return null
  const enveloped = contentOf(toDer(content), OID.envelopedData).open()
  enveloped.next(TAG.integer)
  const [recipient] = enveloped.next(TAG.set).children(1)
  const encrypted = enveloped.next(TAG.sequence).open()
  if (recipient === undefined) return null
  const fields = recipient.open()
  for (let skip = 0; skip < 3; skip++) fields.next()
  const encryptedKey = fields.next(TAG.octetString).content
  encrypted.next(TAG.oid)
  const algorithm = encrypted.next(TAG.sequence).open()
  algorithm.next(TAG.oid)
  const iv = algorithm.next(TAG.octetString).content
  const field = encrypted.next()
  const ciphertext = field.constructed
    ? Buffer.concat(field.children(4_000).map((piece) => piece.content))
    : field.content
  const key = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, encryptedKey)
  // OpenSSL 3 keeps single DES in its legacy provider; triple DES with one key three times is the same cipher.
  const decipher = createDecipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
  const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  return parseSignedData(toDer(plaintext)).certificates[0]?.bytes ?? null
}
