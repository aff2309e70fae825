/** The same list by pkijs, which is what Latchkey would otherwise build it with. */
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { measured } from './probe'

const count = Number(process.env.COUNT)
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
const serials = Array.from({ length: count }, () => {
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  return serial
})

const cost = await measured(async () => {
  const crl = new pkijs.CertificateRevocationList()
  crl.version = 1
  crl.issuer.typesAndValues.push(
    new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value: 'Bench' }) }),
  )
  crl.thisUpdate = new pkijs.Time({ value: new Date() })
  crl.nextUpdate = new pkijs.Time({ value: new Date() })
  crl.revokedCertificates = serials.map((serial) => {
    const reason = new asn1js.Enumerated({ value: 1 }).toBER()
    return new pkijs.RevokedCertificate({
      userCertificate: new asn1js.Integer({ valueHex: Uint8Array.from(serial).buffer }),
      revocationDate: new pkijs.Time({ value: new Date() }),
      crlEntryExtensions: new pkijs.Extensions({
        extensions: [new pkijs.Extension({ extnID: '2.5.29.21', extnValue: reason })],
      }),
    })
  })
  await crl.sign(key as CryptoKey, 'SHA-256')
  crl.toSchema(true).toBER()
})
process.send?.(cost, () => process.exit(0))
