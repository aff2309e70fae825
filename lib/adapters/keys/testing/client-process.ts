/** A process that only calls the signer, as web and front do; the test searches its memory for what must not be there. */
import { signerClient } from '@/lib/adapters/keys/signer-client'

const [socketPath = '', raKeyId = '', certificateId = '', envelope = '', mode = ''] = process.argv.slice(2)
const sentinel = Buffer.from(`sentinel ${process.pid} `.repeat(4))
const signer = signerClient(socketPath)
const owner = crypto.randomUUID()
const { keyId } = await signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: owner })
await signer.publicKey(raKeyId)
await signer.signCertificate(certificateId)
await signer.decryptScep(raKeyId, Buffer.from(envelope, 'hex'))
await signer.mac('session', sentinel)
await signer.status()
process.stdout.write(`${JSON.stringify({ keyId })}\n`)
// Without anything to wait for, an idle client lets its process end.
if (mode === 'stay') setInterval(() => sentinel.length, 1_000)
