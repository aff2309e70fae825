/** Whether a form says something else than when it came; until it is saved, leaving the page asks. */
'use client'

import { useCallback, useEffect, useRef, useState } from 'react'

const QUESTION = 'What you changed here is not saved. Leave it all the same?'

/** `guarded` only where the form leads on by itself: elsewhere a form may be left as it is. */
export function useChanged(guarded: boolean) {
  const [changed, setChanged] = useState(false)
  const before = useRef('')
  const form = useCallback((element: HTMLFormElement | null) => {
    if (element) before.current = saidBy(element)
  }, [])
  const onChange = (event: { currentTarget: HTMLFormElement }) =>
    setChanged(saidBy(event.currentTarget) !== before.current)
  useEffect(() => {
    if (!changed || !guarded) return
    // Before the router hears of the click.
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null
      if (link === null || window.confirm(QUESTION)) return
      event.preventDefault()
      event.stopPropagation()
    }
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault()
    document.addEventListener('click', onClick, true)
    window.addEventListener('beforeunload', onUnload)
    return () => {
      document.removeEventListener('click', onClick, true)
      window.removeEventListener('beforeunload', onUnload)
    }
  }, [changed, guarded])
  return { form, changed, onChange, saved: () => setChanged(false) }
}

function saidBy(form: HTMLFormElement): string {
  return JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === 'string'))
}
