/** What the server finds for what is being typed: asked when the typing pauses, and only the latest answer counts. */
'use client'

import { useEffect, useState } from 'react'

export interface Hit {
  href: string
  text: string
  detail: string
}

/** Shorter than anybody waits for, longer than between two keys. */
const PAUSE_MS = 160
const LEAST_CHARACTERS = 2

export function useHits(typed: string): { hits: Hit[]; state: 'idle' | 'searching' | 'failed' } {
  const query = typed.trim()
  const [answer, setAnswer] = useState<{ query: string; hits: Hit[] | null }>({ query: '', hits: [] })
  useEffect(() => {
    if (query.length < LEAST_CHARACTERS) return
    const stop = new AbortController()
    const timer = setTimeout(async () => {
      const hits = await ask(query, stop.signal)
      if (!stop.signal.aborted) setAnswer({ query, hits })
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [query])
  if (query.length < LEAST_CHARACTERS) return { hits: [], state: 'idle' }
  if (answer.query !== query) return { hits: [], state: 'searching' }
  return answer.hits === null ? { hits: [], state: 'failed' } : { hits: answer.hits, state: 'idle' }
}

async function ask(query: string, signal: AbortSignal): Promise<Hit[] | null> {
  try {
    const response = await fetch(`/search?q=${encodeURIComponent(query)}`, { signal })
    if (!response.ok) return null
    const { hits } = (await response.json()) as { hits: Hit[] }
    return hits
  } catch {
    return null
  }
}
