/** Signed in as a browser is: the cookie of a session, by the portal's own sign-in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN } from '@/bench/scep/product'
import { FOLDER, PASSWORD_FILE } from './folder'

export async function signIn(origin: string): Promise<string> {
  const cookies = new Map<string, string>()
  const keep = (response: Response) => {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
  }
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const first = await fetch(`${origin}/api/auth/csrf`)
  keep(first)
  const { csrfToken } = (await first.json()) as { csrfToken: string }
  const password = readFileSync(join(FOLDER, PASSWORD_FILE), 'utf8')
  const answer = await fetch(`${origin}/api/auth/callback/credentials`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin, cookie: header(), 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email: ADMIN.email, password, csrfToken, json: 'true', callbackUrl: '/' }),
  })
  keep(answer)
  if (!cookies.has('latchkey.session')) throw new Error(`Nobody could sign in: ${answer.status} ${await answer.text()}`)
  return header()
}
