/** What goes wrong with calls to Jamf Pro's API: planned per hop, and then performed on the wire. */
import type { ServerResponse } from 'node:http'

/** Every kind of call there is; `any` is whichever comes next. */
export const HOPS = ['token', 'computers', 'computer', 'mobiles', 'mobile', 'classic', 'groups', 'group'] as const
export type Hop = (typeof HOPS)[number]

export type JamfFault =
  /** The token is refused and forgotten; a new one works. */
  | 'unauthorised'
  | 'forbidden'
  | 'throttled'
  | 'server error'
  | 'unavailable'
  | 'maintenance page'
  /** The same page, said to be a success. */
  | 'maintenance page as success'
  | 'redirect'
  | 'no content'
  | 'empty body'
  | 'malformed JSON'
  | 'another JSON'
  | 'cut off'
  | 'reset'
  | 'hang'
  | 'drip'
  | 'endless body'
  /** The call works, and lists this part of what there is. */
  | { share: number }
  /** The call works, after this long. */
  | { slowMs: number }

export const FAULTS = [
  ...['unauthorised', 'forbidden', 'throttled', 'server error', 'unavailable', 'maintenance page'],
  ...['maintenance page as success', 'redirect', 'no content', 'empty body', 'malformed JSON', 'another JSON'],
  ...['cut off', 'reset', 'hang', 'drip', 'endless body'],
] as JamfFault[]

interface Planned {
  hop: Hop | 'any'
  fault: JamfFault
  after: number
  times: number
}

export class FaultPlan {
  private planned: Planned[] = []

  /** `after` so many calls that work, `times` in a row; Infinity until heal(). */
  plan(hop: Hop | 'any', fault: JamfFault, { after = 0, times = 1 }: { after?: number; times?: number } = {}): void {
    this.planned.push({ hop, fault, after, times })
  }

  heal(): void {
    this.planned = []
  }

  /** Whether something planned has not happened yet. */
  pending(): boolean {
    return this.planned.some(({ times }) => times !== Number.POSITIVE_INFINITY)
  }

  take(hop: Hop): JamfFault | null {
    const found = this.planned.find((each) => each.hop === hop || each.hop === 'any')
    if (found === undefined) return null
    if (found.after > 0) {
      found.after -= 1
      return null
    }
    found.times -= 1
    if (found.times <= 0) this.planned.splice(this.planned.indexOf(found), 1)
    return found.fault
  }
}

export const RETRY_AFTER_SECONDS = 2

const MAINTENANCE =
  '<!DOCTYPE html><html><head><title>Jamf Pro</title></head><body><h1>Jamf Pro is starting up</h1>' +
  '<p>{"totalCount":0,"results":[]} will be back soon.</p></body></html>'

/** Answers as the fault says; returns the status on the wire, 0 for none. */
export function perform(fault: Exclude<JamfFault, object>, response: ServerResponse): number {
  const end = (status: number, headers: Record<string, string | number>, body = ''): number => {
    response.writeHead(status, headers).end(body)
    return status
  }
  const json = (status: number, body: string, headers = {}) =>
    end(status, { 'content-type': 'application/json', ...headers }, body)
  switch (fault) {
    case 'unauthorised':
      return json(401, errorBody(401, 'INVALID_TOKEN', 'Unauthorized'))
    case 'forbidden':
      return json(403, errorBody(403, 'INVALID_PRIVILEGE', 'Forbidden'))
    case 'throttled':
      return json(429, errorBody(429, 'TOO_MANY_REQUESTS', 'Slow down'), { 'retry-after': RETRY_AFTER_SECONDS })
    case 'server error':
      return json(500, errorBody(500, 'INTERNAL', 'An unexpected error'))
    case 'unavailable':
      return json(503, errorBody(503, 'UNAVAILABLE', 'Try again'), { 'retry-after': RETRY_AFTER_SECONDS })
    case 'maintenance page':
      return end(503, { 'content-type': 'text/html' }, MAINTENANCE)
    case 'maintenance page as success':
      return end(200, { 'content-type': 'text/html' }, MAINTENANCE)
    case 'redirect':
      return end(302, { location: 'http://169.254.169.254/latest/meta-data/' })
    case 'no content':
      return end(204, {})
    case 'empty body':
      return json(200, '')
    case 'malformed JSON':
      return json(200, '{"totalCount":0,"results":[')
    case 'another JSON':
      return json(200, '{"message":"OK"}')
    case 'cut off':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 4_096 })
      response.write('{"totalCount":0,', () => response.destroy())
      return 200
    case 'reset':
      response.socket?.resetAndDestroy()
      return 0
    case 'hang':
      return 0
    case 'drip':
      return stream(response, ' ', 20)
    case 'endless body':
      return stream(response, ' '.repeat(1_048_576), 1)
  }
}

export function errorBody(httpStatus: number, code: string, description: string, id = '0'): string {
  return JSON.stringify({ httpStatus, errors: [{ code, description, id, field: null }] })
}

function stream(response: ServerResponse, chunk: string, everyMs: number): number {
  response.writeHead(200, { 'content-type': 'application/json' })
  const writing = setInterval(() => {
    if (response.writableLength < 4_194_304) response.write(chunk)
  }, everyMs)
  response.on('error', () => {})
  response.on('close', () => clearInterval(writing))
  return 200
}
