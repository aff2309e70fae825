/**
 * Device managements that fetch a challenge from NDES's page, each with its own way to decode it and to cut it out. Written
 * from what their documentation and their behaviour say, not from their code. Strict: what a product would not find is
 * not found here.
 */

export interface ScrapedPage {
  status: number
  contentType: string
  body: Uint8Array
}

export type Scraped =
  | { found: 'challenge'; challenge: string }
  | { found: 'cache_full' }
  | { found: 'no_permission' }
  | { found: 'wrong_credentials' }
  | { found: 'nothing' }

export interface Scraper {
  name: string
  /** Which encodings it copes with. */
  reads: readonly ('utf-16le' | 'utf-8')[]
  /** Which pages beside the one with the challenge it knows. */
  knows: readonly ('cache_full' | 'no_permission')[]
  scrape(page: ScrapedPage): Scraped
}

const CACHE_FULL = 'The password cache is full.'
const NO_PERMISSION = 'You do not have sufficient permission to enroll with SCEP.'

function decoded(body: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding, { ignoreBOM: false }).decode(body)
}

function charsetOf(contentType: string): string | null {
  return /charset=([\w-]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? null
}

/** A zero in every other place: nine of ten are enough. */
function looksLikeUtf16(body: Uint8Array): boolean {
  if (body[0] === 0xff && body[1] === 0xfe) return true
  if (body[0] === 0x3c && body[1] === 0) return true
  const odd = body.filter((_, at) => at % 2 === 1)
  return odd.length > 0 && odd.filter((byte) => byte === 0).length > odd.length * 0.9
}

function unless401({ status }: ScrapedPage, otherwise: () => Scraped): Scraped {
  return status === 401 ? { found: 'wrong_credentials' } : status === 200 ? otherwise() : { found: 'nothing' }
}

function challengeOr(challenge: string | undefined): Scraped {
  return challenge === undefined || challenge === '' ? { found: 'nothing' } : { found: 'challenge', challenge }
}

/** Sniffs the encoding; knows both pages of errors, and tells three mistakes of an administrator apart. */
export const fleet: Scraper = {
  name: 'Fleet',
  reads: ['utf-16le', 'utf-8'],
  knows: ['cache_full', 'no_permission'],
  scrape: (page) =>
    unless401(page, () => {
      const encoding = looksLikeUtf16(page.body) ? 'utf-16le' : (charsetOf(page.contentType) ?? 'utf-8')
      const html = decoded(page.body, encoding)
      const found = /The enrollment challenge password is: <B> (\S*)/i.exec(html)?.[1]
      if (found !== undefined && found !== '') return { found: 'challenge', challenge: found }
      if (html.includes(CACHE_FULL)) return { found: 'cache_full' }
      return html.includes(NO_PERMISSION) ? { found: 'no_permission' } : { found: 'nothing' }
    }),
}

/** UTF-16 and nothing else, upper-case letters and digits, spaces inside the tags. */
export const zentralNdes: Scraper = {
  name: 'Zentral (Microsoft)',
  reads: ['utf-16le'],
  knows: [],
  scrape: (page) =>
    unless401(page, () =>
      challengeOr(/challenge password is: <B> ([A-Z0-9]{16,32}) <\/B>/.exec(decoded(page.body, 'utf-16le'))?.[1]),
    ),
}

/** An eight-bit page, as Okta's imitation serves it: the same that Jamf accepts. */
export const zentralOkta: Scraper = {
  name: 'Zentral (Okta)',
  reads: ['utf-8'],
  knows: [],
  scrape: (page) =>
    unless401(page, () =>
      challengeOr(/challenge password is: <B> ([A-Za-z0-9_-]+) <\/B>/.exec(decoded(page.body, 'windows-1252'))?.[1]),
    ),
}

/** Tries one encoding after the other, and wants the words before and after the value. */
export const manageEngine: Scraper = {
  name: 'ManageEngine MDM',
  reads: ['utf-16le', 'utf-8'],
  knows: ['cache_full'],
  scrape: (page) =>
    unless401(page, () => {
      const texts = ['utf-16le', 'utf-8', 'windows-1252'].map((encoding) => decoded(page.body, encoding))
      const before = 'The enrollment challenge password is: <B> '
      const html = texts.find((text) => text.includes(before))
      if (html === undefined)
        return texts.some((text) => text.includes(CACHE_FULL)) ? { found: 'cache_full' } : { found: 'nothing' }
      const start = html.indexOf(before) + before.length
      const ends = ['only once', 'multiple times and will not expire.'].map((words) =>
        html.indexOf(` </B> <P> This password can be used ${words}`, start),
      )
      const end = ends.find((at) => at > start)
      return challengeOr(end === undefined ? undefined : html.slice(start, end))
    }),
}

/**
 * Believes the header's character set, and takes UTF-8 where there is none. The thumbprint, hex in the same tags, is a
 * decoy that comes first; without the words it would take whatever hex there is.
 */
export const scepWright: Scraper = {
  name: 'ScepWright',
  reads: ['utf-8'],
  knows: [],
  scrape: (page) =>
    unless401(page, () => {
      const html = decoded(page.body, charsetOf(page.contentType) ?? 'utf-8')
      const after = /challenge password.*?([0-9A-F]{8,64})/is.exec(html)?.[1]
      return challengeOr(after ?? /([0-9A-F]{8,64})/i.exec(html)?.[1])
    }),
}

/** Splits at the ends of tags: each phrase must begin after exactly one character, and end with "<B". */
export const smallPython: Scraper = {
  name: 'A small Python script',
  reads: ['utf-16le'],
  knows: ['cache_full'],
  scrape: (page) =>
    unless401(page, () => {
      const html = decoded(page.body, 'utf-16le')
      if (html.includes('cache is full')) return { found: 'cache_full' }
      const parts = html.split('>')
      const at = parts.findIndex((part) => part.indexOf('The enrollment challenge password is: <B') === 1)
      return challengeOr(at < 0 ? undefined : parts[at + 1]?.replace(/<\/B$/, '').trim())
    }),
}

export const SCRAPERS = [fleet, zentralNdes, zentralOkta, manageEngine, scepWright, smallPython] as const

export interface FetchOptions {
  user: string
  secret: string
  method?: string
  headers?: Record<string, string>
}

/** Credentials at once, without waiting for a 401, and no redirect is followed: some would lose them on the way. */
export async function fetchPage(url: string, { user, secret, method, headers }: FetchOptions): Promise<ScrapedPage> {
  const basic = Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')
  const response = await fetch(url, {
    method: method ?? 'GET',
    redirect: 'manual',
    headers: { authorization: `Basic ${basic}`, ...headers },
  })
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    body: new Uint8Array(await response.arrayBuffer()),
  }
}
