/** Tells of rows that came since the page was made, and shows them when asked: nothing moves under the reader's hand. */
'use client'

import { ArrowUp } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { buttonClass } from './button'

const EVERY_MS = 15_000
/** Whoever does nothing for so long has gone: then nothing is asked, and the session ends when it should. */
const PATIENCE_MS = 10 * 60_000

export function NewRows({ address }: { address: string }) {
  const router = useRouter()
  const [news, setNews] = useState({ address, count: 0, more: false })
  useEffect(() => {
    let active = Date.now()
    let refused = false
    const stir = () => {
      active = Date.now()
    }
    const ask = async () => {
      if (refused || document.hidden || Date.now() - active > PATIENCE_MS) return
      const answer = await fetch(address, { headers: { accept: 'application/json' } }).catch(() => null)
      // What takes too long to count is not asked for again.
      refused = answer?.status === 503
      if (answer?.ok) setNews({ address, ...((await answer.json()) as { count: number; more: boolean }) })
    }
    const timer = setInterval(() => void ask(), EVERY_MS)
    const returned = () => void ask()
    document.addEventListener('visibilitychange', returned)
    for (const sign of SIGNS) addEventListener(sign, stir, { passive: true })
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', returned)
      for (const sign of SIGNS) removeEventListener(sign, stir)
    }
  }, [address])
  const { count, more } = news.address === address ? news : { count: 0, more: false }
  return (
    <span role="status">
      {count > 0 && (
        <button type="button" className={buttonClass('secondary', 'small')} onClick={() => router.refresh()}>
          <ArrowUp aria-hidden />
          {more ? `More than ${count}` : count} new: show
        </button>
      )}
    </span>
  )
}

const SIGNS = ['pointerdown', 'keydown', 'scroll'] as const
