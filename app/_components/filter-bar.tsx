/** The filters above a list. Each change goes into the URL at once; without scripts the form sends itself. */
'use client'

import { LoaderCircle, Search, X } from 'lucide-react'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { type ReactNode, useEffect, useRef, useTransition } from 'react'
import { buttonClass } from './button'
import { withParameters } from './search-parameters'

const TYPING_PAUSE_MS = 300
/** What filters leave as it is: the order and the columns. */
const KEPT = ['sort', 'columns']

export function FilterBar({ label, children }: { label: string; children: ReactNode }) {
  const router = useRouter()
  const path = usePathname()
  const current = useSearchParams()
  const form = useRef<HTMLFormElement>(null)
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  const listening = useRef(false)
  const [pending, startTransition] = useTransition()
  const filtered = [...current.keys()].some((name) => name !== 'cursor' && !KEPT.includes(name))
  const kept = () => Object.fromEntries(KEPT.map((name) => [name, current.get(name) ?? undefined]))

  const go = (target: string) => startTransition(() => router.replace(target, { scroll: false }))
  const apply = () => {
    clearTimeout(pause.current)
    if (!form.current) return
    const values = [...new FormData(form.current)].map(([name, value]) => [name, String(value).trim()])
    go(withParameters(path, { ...Object.fromEntries(values), ...kept() }))
  }
  const clear = () => {
    for (const control of form.current?.elements ?? []) {
      if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) control.value = ''
    }
    go(withParameters(path, kept()))
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the URL decides when the controls follow it.
  useEffect(() => {
    if (!form.current) return
    const controls = [...form.current.elements].filter(
      (control) => control instanceof HTMLInputElement || control instanceof HTMLSelectElement,
    )
    // Whoever chose before the page's script had loaded was heard by nobody: their choice is applied now.
    const missed = !listening.current && controls.some(({ name, value }) => value !== (current.get(name) ?? ''))
    listening.current = true
    if (missed) return apply()
    // Going back, or a link that sets filters: the controls follow the URL, unless somebody is typing in them.
    if (form.current.contains(document.activeElement)) return
    for (const control of controls) control.value = current.get(control.name) ?? ''
  }, [current])
  useEffect(() => () => clearTimeout(pause.current), [])

  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not yet known to every screen reader.
    <form
      ref={form}
      role="search"
      aria-label={label}
      action={path}
      className="mb-4 flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
      onChange={(event) => {
        clearTimeout(pause.current)
        if (event.target instanceof HTMLSelectElement) apply()
        else pause.current = setTimeout(apply, TYPING_PAUSE_MS)
      }}
    >
      {children}
      {filtered && (
        <button type="button" onClick={clear} className={buttonClass('quiet')}>
          <X aria-hidden />
          Clear
        </button>
      )}
      {pending && <LoaderCircle className="size-4 animate-spin text-muted" role="status" aria-label="Loading" />}
    </form>
  )
}

export function SearchField({
  label,
  placeholder,
  value,
}: {
  label: string
  placeholder: string
  value: string | undefined
}) {
  return (
    <div className="relative w-full sm:w-72">
      <Search className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" aria-hidden />
      <input
        type="search"
        name="search"
        aria-label={label}
        placeholder={placeholder}
        defaultValue={value}
        autoComplete="off"
        className="h-9 w-full rounded-md border border-control bg-surface pr-3 pl-8.5 text-base hover:border-muted"
      />
    </div>
  )
}

/** A day, in UTC. Its label stands inside, for an empty one says nothing by itself. A link may bring a moment instead. */
export function DateField({ name, label, value }: { name: string; label: string; value: string | undefined }) {
  if (value?.includes('T'))
    return (
      <span className="flex h-9 items-center gap-2 rounded-md border border-control bg-surface px-3 text-sm text-muted">
        {label} <span className="text-ink">{value.replace('T', ' ').replace('Z', ' UTC')}</span>
        <input type="hidden" name={name} defaultValue={value} />
      </span>
    )
  return (
    <label className="flex h-9 min-w-48 flex-1 items-center gap-2 rounded-md border border-control bg-surface px-3 text-muted hover:border-muted sm:flex-none">
      <span className="text-sm">{label}</span>
      <input
        type="date"
        name={name}
        defaultValue={value}
        className="min-w-0 flex-1 bg-transparent text-base text-ink"
      />
    </label>
  )
}
