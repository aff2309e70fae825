/**
 * The challenge page of Microsoft's NDES, as device managements scrape it: its URL, its credentials, its texts byte for
 * byte. What stands between the fixed phrases is ours; the phrases, their spaces and the tags around them are not.
 */

export type PageEncoding = 'utf-16le' | 'utf-8'

/** Whose page a path asks for: an endpoint's by its slug, the default endpoint's (''), or null beside every form. */
export function pageTarget(path: string): string | null {
  const [, slug] = UNDER_CERTSRV.exec(path) ?? UNDER_SCEP.exec(path) ?? []
  if (slug !== undefined) return slug.toLowerCase()
  return STANDARD.test(path) ? '' : null
}

/** Whatever begins like the page: nothing else may answer there, for a scraper reads any page as an answer. */
export function isPagePath(path: string): boolean {
  return /^\/(certsrv\/mscep_admin(\/|$)|scep\/[^/]*\/certsrv\/mscep_admin(\/|$))/i.test(path)
}

/** IIS compares without regard to case, and answers with and without the slash. */
const STANDARD = /^\/certsrv\/mscep_admin\/?$/i
const UNDER_CERTSRV = /^\/certsrv\/mscep_admin\/([a-z0-9-]{1,64})\/?$/i
const UNDER_SCEP = /^\/scep\/([a-z0-9-]{1,64})\/certsrv\/mscep_admin\/?$/i

export interface PageCredentials {
  /** Without a domain, in small letters: Windows does not tell account names apart by case. */
  user: string
  secret: string
}

/** `none`: nothing was presented that could be checked, NTLM and Negotiate among it. */
export function pageCredentials(authorization: string | null): PageCredentials | 'none' | 'malformed' {
  const [, scheme = '', rest = ''] = /^\s*([^\s]{1,32})(?:\s+(.*))?$/.exec(authorization ?? '') ?? []
  if (scheme.toLowerCase() !== 'basic') return 'none'
  const encoded = rest.trim()
  if (encoded.length > LONGEST_BASIC || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'malformed'
  const pair = utf8Of(Buffer.from(encoded, 'base64'))
  const colon = pair?.indexOf(':') ?? -1
  if (pair === null || colon < 0) return 'malformed'
  const user = withoutDomain(pair.slice(0, colon))
  return USER.test(user) ? { user: user.toLowerCase(), secret: pair.slice(colon + 1) } : 'malformed'
}

const LONGEST_BASIC = 1_024
/** What accounts may be called; anything else names none. */
export const USER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** `user`, `DOMAIN\user` and `user@domain` are one account. */
function withoutDomain(name: string): string {
  const account = name.slice(name.lastIndexOf('\\') + 1)
  const at = account.indexOf('@')
  return at < 0 ? account : account.slice(0, at)
}

function utf8Of(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** NDES serves UTF-16 and names no character set, while the page itself says UTF-8. Scrapers rely on both. */
export function pageBytes(html: string, encoding: PageEncoding): { contentType: string; body: Uint8Array } {
  return encoding === 'utf-16le'
    ? { contentType: 'text/html', body: new Uint8Array(Buffer.from(html, 'utf16le')) }
    : { contentType: 'text/html; charset=UTF-8', body: new Uint8Array(Buffer.from(html, 'utf8')) }
}

/**
 * `thumbprint` in hex. It stands before the challenge, and no "challenge password" stands before it: one scraper takes
 * the first hex after those words.
 */
export function challengePage(challenge: string, thumbprint: string, ttlMinutes: number): string {
  const grouped = thumbprint.toUpperCase().match(/.{1,8}/g) ?? []
  return page(
    `${INTRODUCTION}<P> The thumbprint (hash value) for the CA certificate is: <B> ${grouped.join(' ')} </B> ` +
      `<P> The enrollment challenge password is: <B> ${challenge} </B> ` +
      `<P> This password can be used only once and will expire within ${ttlMinutes} minutes. ` +
      '<P> Every enrollment needs its own challenge password. Load this page again to get another one. ',
  )
}

export function cacheFullPage(ttlMinutes: number): string {
  return page(
    `<P> The password cache is full. <P> A password that nobody used is kept for ${ttlMinutes} minutes. Use one that was ` +
      'fetched before, wait until some are used or over, revoke some, or ask an administrator to allow more of them. ',
  )
}

/** Two spaces between the sentences, as NDES writes them. */
export function noPermissionPage(): string {
  return page(
    '<P> You do not have sufficient permission to enroll with SCEP.  Please contact your system administrator. ',
  )
}

/** What a web server says for itself: no page of NDES, so that no scraper takes it for one. */
export function plainPage(title: string): string {
  return `<HTML><Head><Title>${title}</Title></Head><Body>${title}</Body></HTML>`
}

const INTRODUCTION = '<P> A device management fetches here what a device needs to ask for its certificate. '

/** ASCII alone: some scrapers tell the encoding by every other byte being zero. */
function page(content: string): string {
  return (
    '<HTML><Head><Meta HTTP-Equiv="Content-Type" Content="text/html; charset=UTF-8">' +
    '<Title>Network Device Enrollment Service</Title></Head><Body BgColor=#FFFFFF>' +
    `<H1>Network Device Enrollment Service</H1>${content}` +
    '<P> For more information see <A HREF="/">the certificate portal</A>. </P></Body></HTML>'
  )
}
