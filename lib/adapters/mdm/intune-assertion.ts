/** A client assertion (RFC 7523) for Entra: the signer's key vouches for us, and nothing that could be stolen is sent. */
import { createHash } from 'node:crypto'
import type { IntuneCredential } from '@/lib/services/intune-settings'
import type { Signer } from '@/lib/services/signer'

/** Clocks differ; Entra takes ten minutes at most. */
const LIFE_SECONDS = 300

export async function clientAssertion(
  signer: Pick<Signer, 'signClientAssertion'>,
  { keyId, certificate }: Extract<IntuneCredential, { kind: 'certificate' }>,
  { audience, applicationId, now }: { audience: string; applicationId: string; now: Date },
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1_000)
  const header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(certificate).digest('base64url'),
  }
  const claims = {
    aud: audience,
    iss: applicationId,
    sub: applicationId,
    jti: crypto.randomUUID(),
    iat: seconds,
    nbf: seconds - 30,
    exp: seconds + LIFE_SECONDS,
  }
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part), 'utf8').toString('base64url'))
    .join('.')
  const signature = await signer.signClientAssertion(keyId, Buffer.from(input, 'ascii'))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
