/** How fast the network access of a certificate is decided: 32 connections, 100,000 certificates, each asked about in turn. */
import { availableParallelism } from 'node:os'
import { CONNECTIONS, canPin, hasWrk, type Load, loadFor, loadOnce } from '@/bench/ocsp/load'
import { seededSerials } from '@/bench/ocsp/requests'
import { withProduct } from '@/bench/scep/product'
import { seedCertificates } from '@/bench/scep/seed'
import { parseCertificate } from '@/lib/pki/certificate'
import { keyIdentifier } from '@/lib/pki/key'
import { oneLineName } from '@/lib/pki/openssl-name'

const SEEDED = 100_000
const SECONDS = { usual: 10, quick: 3 }
const USAGE = 'npm run bench -- radius [--quick]'
/** The aim. */
const P99_MS = 20

export async function runBench(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => arg !== '--quick')
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not known. ${USAGE}`)
  const seconds = args.includes('--quick') ? SECONDS.quick : SECONDS.usual
  console.log(`${availableParallelism()} cores, ${CONNECTIONS} connections, ${SEEDED.toLocaleString('en-GB')} certificates.
Load by ${hasWrk() ? `wrk${canPin() ? ', on core 1' : ''}` : 'a client of our own'}. The product as npm start runs it.
`)
  await withProduct(async (product) => {
    const [slug = ''] = await product.createGroups('p256')
    const key = await product.letIn(slug)
    await seedCertificates(product.ownerUrl, [slug], SEEDED)
    const der = new Uint8Array(await (await fetch(`http://127.0.0.1:${product.port}/ca/${slug}.cer`)).arrayBuffer())
    const { subjectDer, spki } = parseCertificate(der)
    const issuer = {
      name: oneLineName(subjectDer),
      keyId: Buffer.from(keyIdentifier(spki))
        .toString('hex')
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:'),
    }
    const requests = seededSerials(SEEDED).map((serial) => request(serial, issuer, key))
    const accepted = (body: Buffer) => body.includes('Tunnel-Private-Group-Id') || body.includes('certificate_expired')
    print('each certificate once', await loadOnce(product.port, requests.slice(0, 20_000), accepted))
    print('sustained', await loadFor(product.port, requests, seconds))
  })
}

/** What FreeRADIUS sends after a handshake, as much of it as matters. */
function request(serial: string, issuer: { name: string; keyId: string }, key: string): Buffer {
  const attributes = {
    'User-Name': 'host/tablet',
    'NAS-IP-Address': '192.0.2.12',
    'Called-Station-Id': '00-10-A4-23-19-C0:Bench',
    'Calling-Station-Id': '02-00-00-00-00-01',
    'NAS-Identifier': 'ap-12',
    'TLS-Client-Cert-Serial': serial.toLowerCase(),
    'TLS-Client-Cert-Issuer': issuer.name,
    'TLS-Client-Cert-X509v3-Authority-Key-Identifier': issuer.keyId,
  }
  const body = JSON.stringify(
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, { type: 'string', value: [value] }])),
  )
  const head = [
    'POST /api/v1/radius/authorize HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Basic ${Buffer.from(`latchkey:${key}`).toString('base64')}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function print(name: string, { perSecond, p50, p99, failed }: Load): void {
  const verdict = p99 <= P99_MS ? `within ${P99_MS} ms` : `over ${P99_MS} ms`
  console.log(
    `${name.padEnd(24)}${perSecond.toFixed(0).padStart(8)}/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms (${verdict})   not 200: ${failed}`,
  )
}
