/** Proof that somebody signed in to an account in this browser before: no table, only a keyed hash that we can check. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Signer } from './signer'

/** User id, 32 random bytes, and the keyed hash of both. */
const TOKEN = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

export async function newKnownBrowser(signer: Pick<Signer, 'mac'>, userId: string): Promise<string> {
  const random = randomBytes(32).toString('base64url')
  return `${userId}.${random}.${await macOf(signer, userId, random)}`
}

/** A name for the browser that a sound token for this user stands for; null for any other token. */
export async function knownBrowserOf(
  signer: Pick<Signer, 'mac'>,
  token: string | null | undefined,
  userId: string | undefined,
): Promise<string | null> {
  const [, id, random = '', mac = ''] = TOKEN.exec(token ?? '') ?? []
  if (id === undefined || id !== userId) return null
  const expected = await macOf(signer, id, random)
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) return null
  return createHash('sha256').update(random).digest('hex').slice(0, 32)
}

async function macOf(signer: Pick<Signer, 'mac'>, userId: string, random: string): Promise<string> {
  // Under the key of sessions nothing is hashed that a stranger chose, so that nothing else can pass for this.
  const mac = await signer.mac('session', Buffer.from(`known-browser\0${userId}\0${random}`, 'utf8'))
  return Buffer.from(mac).toString('base64url')
}
