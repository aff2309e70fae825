/** What a person sees while the portal's process starts again: one page without scripts that tries again by itself. */
import type { DeviceResponse } from '@/server/device-paths'

const SENTENCES = {
  405: 'This method is not allowed here.',
  503: 'The portal is starting. This page tries again by itself.',
}

export function unavailablePage(status: 405 | 503): DeviceResponse {
  const body = new TextEncoder().encode(page(SENTENCES[status]))
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'X-Content-Type-Options': 'nosniff',
  }
  return { status, headers: status === 503 ? { ...headers, 'Retry-After': '2', Refresh: '2' } : headers, body }
}

function page(sentence: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Latchkey</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; padding: 0 1rem; text-align: center }</style>
<h1>Latchkey</h1>
<p>${sentence}</p>
`
}
