/**
 * next-auth, cut to what we use: the Credentials provider signs in, and its encrypted token carries the token of our
 * own session row and nothing else. Roles and names are read from the database at each request.
 */
import 'server-only'
import type { NextAuthOptions } from 'next-auth'
import { decode } from 'next-auth/jwt'
import CredentialsProvider from 'next-auth/providers/credentials'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { RequestOrigin } from '@/lib/services/access'
import { logFault } from './api/_log'

/** The longest a session can last; the row decides earlier ends. */
const SESSION_SECONDS = 12 * 60 * 60
const PURPOSE = 'session'

/** Names and attributes follow PUBLIC_URL: behind https every cookie is Secure and bound to this host. */
function authCookies() {
  const secure = server().urls.publicUrl.protocol === 'https:'
  const prefix = secure ? '__Host-latchkey' : 'latchkey'
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure }
  return {
    sessionToken: { name: `${prefix}.session`, options },
    csrfToken: { name: `${prefix}.csrf`, options },
    callbackUrl: { name: `${prefix}.callback`, options },
  }
}

/** The browser that asks: the value its long-lived cookie holds, and the one it shall hold from now on. */
export interface Browser {
  presented: string | null
  issued: string | null
}

/** As long as browsers keep a cookie at all. */
const KNOWN_SECONDS = 400 * 24 * 60 * 60

/** Beside next-auth's own: it outlives every session, and lets nobody in. */
export function browserOf(request: { cookies: { get(name: string): { value: string } | undefined } }): Browser {
  return { presented: request.cookies.get(browserCookieName())?.value ?? null, issued: null }
}

export function browserCookie(value: string): string {
  const { secure } = authCookies().sessionToken.options
  return `${browserCookieName()}=${value}; Path=/; Max-Age=${KNOWN_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

function browserCookieName(): string {
  return authCookies().sessionToken.name.replace(/session$/, 'browser')
}

export function sessionCookieName(): string {
  return authCookies().sessionToken.name
}

let secret: Promise<string> | undefined

/** Derived by the signer from the KEK: it is in no file and no variable, and every instance derives the same one. */
function sessionSecret(): Promise<string> {
  secret ??= server()
    .signer.mac('session', new TextEncoder().encode('next-auth'))
    .then((mac) => Buffer.from(mac).toString('base64url'))
    .catch((error: unknown) => {
      secret = undefined
      throw error
    })
  return secret
}

/** The session row's token out of the cookie's value; null for a token that is not ours, not for this, or too old. */
export async function sessionTokenOf(cookie: string | undefined): Promise<string | null> {
  if (!cookie) return null
  const token = await decode({ token: cookie, secret: await sessionSecret() }).catch(() => null)
  return token?.purpose === PURPOSE && typeof token.sid === 'string' ? token.sid : null
}

export async function authOptions(
  origin: RequestOrigin,
  browser: Browser = { presented: null, issued: null },
): Promise<NextAuthOptions> {
  return {
    secret: await sessionSecret(),
    cookies: authCookies(),
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    jwt: { maxAge: SESSION_SECONDS },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    // Its own messages can hold tokens; refusals are in the audit trail and faults in our log.
    logger: { error: () => {}, warn: () => {}, debug: () => {} },
    providers: [
      CredentialsProvider({
        credentials: { email: {}, password: {} },
        authorize: (credentials) => signIn(origin, browser, credentials?.email ?? '', credentials?.password ?? ''),
      }),
    ],
    callbacks: {
      async jwt({ token, user }) {
        if (user) return { sid: user.id, purpose: PURPOSE }
        const known = token.purpose === PURPOSE && typeof token.sid === 'string'
        if (!known || !(await server().access.actorOfSession(origin, token.sid as string)))
          throw new Error('session ended')
        return { sid: token.sid, purpose: PURPOSE }
      },
      async session({ session, token }) {
        const actor = await server().access.actorOfSession(origin, token.sid as string)
        if (!actor) throw new Error('session ended')
        return { expires: session.expires, user: { name: actor.name } }
      },
      redirect: async () => new URL('/', server().urls.publicUrl).href,
    },
    events: {
      async signOut({ token }) {
        if (typeof token?.sid === 'string') await server().access.signOut(origin, token.sid)
      },
    },
  }
}

/**
 * The id handed to next-auth is the session token: the jwt callback above puts it into the encrypted cookie. Errors
 * travel in a URL, so they are reduced to codes that the sign-in form puts into words.
 */
async function signIn(
  origin: RequestOrigin,
  browser: Browser,
  email: string,
  password: string,
): Promise<{ id: string } | null> {
  try {
    const { token, knownBrowser } = await server().access.signIn(origin, email, password, browser.presented)
    browser.issued = knownBrowser
    return { id: token }
  } catch (error) {
    if (isRefusal(error, 'rate_limited')) throw new Error(`rate_limited:${error.retryAfterSeconds ?? 60}`)
    if (isRefusal(error, 'unauthenticated') || isRefusal(error, 'invalid_input')) return null
    if (!isRefusal(error)) logFault('portal.sign-in', origin.requestId, error)
    throw new Error('unavailable')
  }
}
