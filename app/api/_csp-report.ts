/** What a browser says it kept a page from doing, cut to what helps: no query, no sample of a script, nothing that is not plain. */

export interface CspViolation {
  directive: string
  /** An origin, or a word such as "inline". */
  blocked: string
  /** Of ours: the path alone. */
  page: string
  /** Where in it: origin and path of the script, and its line. */
  source: string | null
  disposition: string
}

/** A page with more faults than that is known well enough. */
const MOST_VIOLATIONS = 10
const LONGEST = 200

/** Both forms that browsers send: `report-uri` one object, `report-to` a list of them. Null for what is neither. */
export function cspViolations(body: Uint8Array): CspViolation[] | null {
  const document = parsed(body)
  if (Array.isArray(document)) {
    const reports = document.filter((report) => isRecord(report) && report.type === 'csp-violation')
    return reports.slice(0, MOST_VIOLATIONS).flatMap((report) => violation(report.body))
  }
  if (!isRecord(document)) return null
  const found = violation(document['csp-report'])
  return found.length > 0 ? found : null
}

function violation(report: unknown): CspViolation[] {
  if (!isRecord(report)) return []
  const said = (...names: string[]) =>
    names.map((name) => report[name]).find((value) => typeof value === 'string') ?? ''
  const line = report.lineNumber ?? report['line-number']
  const source = address(said('sourceFile', 'source-file'))
  return [
    {
      directive: word(said('effectiveDirective', 'effective-directive', 'violated-directive')),
      blocked: originOf(said('blockedURL', 'blocked-uri')),
      page: address(said('documentURL', 'document-uri'), false) ?? 'unknown',
      source: source === null ? null : Number.isSafeInteger(line) ? `${source}:${line}` : source,
      disposition: word(said('disposition')),
    },
  ]
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function word(text: unknown): string {
  return typeof text === 'string' && /^[a-z-]{1,40}$/.test(text) ? text : 'unknown'
}

function originOf(text: unknown): string {
  if (typeof text !== 'string') return 'unknown'
  if (!URL.canParse(text)) return word(text)
  const { protocol, origin } = new URL(text)
  return origin === 'null' ? word(protocol.slice(0, -1)) : origin.slice(0, LONGEST)
}

/** A parsed address is plain ASCII: what is not, it writes in percent. */
function address(text: unknown, withOrigin = true): string | null {
  if (typeof text !== 'string' || !URL.canParse(text)) return null
  const { protocol, origin, pathname } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return word(protocol.slice(0, -1))
  return `${withOrigin ? origin : ''}${pathname}`.slice(0, LONGEST)
}
