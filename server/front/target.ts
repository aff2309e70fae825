/** The request target, checked before anything is routed by it. */
import { devicePath } from '@/server/device-paths'

export interface Target {
  /** Undecoded, without empty segments: some clients join a host and a path with two slashes. */
  path: string
  /** Raw, without the question mark. */
  query: string
}

/** RFC 8894 §4.1 lets a whole PKCS #10 travel in a GET; everything else is short. */
const LONGEST = { device: 64 * 1024, other: 8 * 1024 }

/** The target, or the status to answer with: 400 for what no honest client sends, 414 for what is too long. */
export function parseTarget(url: string): Target | 400 | 414 {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (!path.startsWith('/') || !isPlain(path)) return 400
  const collapsed = path.replace(/\/{2,}/g, '/')
  if (url.length > (devicePath(collapsed) === 'scep' ? LONGEST.device : LONGEST.other)) return 414
  return { path: collapsed, query: mark < 0 ? '' : target.slice(mark + 1) }
}

/** No dot segments, encoded slashes, NUL or backslashes, however they are written. */
function isPlain(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  if (/[\\\x00-\x20\x7f]|%(2f|5c|00)/i.test(path)) return false
  try {
    return path.split('/').every((segment) => !/^\.{1,2}$/.test(decodeURIComponent(segment)))
  } catch {
    return false
  }
}
