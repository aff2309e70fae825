/** What a part of the simulator answers, before a fault may spoil it. */
import { randomUUID } from 'node:crypto'

export interface Answer {
  status: number
  headers?: Record<string, string>
  body: string
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** Errors of Graph and of Intune's services look alike. */
export function serviceError(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message, innerError: { 'request-id': randomUUID() } } })
}

export function html(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h2>${title}</h2></body></html>`,
  }
}

/** A fresh GUID for every call: by it Microsoft's support finds a call in its logs. */
export function wrongActivityId(seen: Set<string>, id: string | undefined): string | null {
  if (id === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    return 'The header client-request-id must be a GUID.'
  if (seen.has(id.toLowerCase())) return 'The header client-request-id was used before.'
  seen.add(id.toLowerCase())
  return null
}
