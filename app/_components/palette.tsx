/** The command palette: pages and actions at once, things of the installation as the server finds them. */
'use client'

import { Dialog } from '@base-ui/react/dialog'
import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Permission } from '@/lib/services/permissions'
import { cx } from './cx'
import { SCRIM } from './panel-looks'
import { matchingPlaces, placesFor } from './places'
import { useHits } from './use-hits'
import { VisibleText } from './visible-text'

interface PaletteProps {
  open: boolean
  onOpenChange(open: boolean): void
  permissions: readonly Permission[]
}

interface Option {
  href: string
  text: string
  detail: string
}

export default function Palette({ open, onOpenChange, permissions }: PaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={SCRIM} />
        <Dialog.Viewport className="fixed inset-0 z-40 flex items-start justify-center p-3 sm:pt-[12dvh]">
          <Dialog.Popup className="w-full max-w-xl overflow-clip rounded-xl border border-line bg-raised shadow-popup outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0">
            <Dialog.Title className="sr-only">Find anything</Dialog.Title>
            <Finder permissions={permissions} onLeave={() => onOpenChange(false)} />
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Finder({ permissions, onLeave }: { permissions: readonly Permission[]; onLeave(): void }) {
  const router = useRouter()
  const id = useId()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const { hits, state } = useHits(typed)
  const places: Option[] = matchingPlaces(placesFor(permissions), typed)
    .slice(0, typed.trim() === '' ? 40 : 6)
    .map(({ href, text, action }) => ({ href, text, detail: action ? 'Action' : 'Page' }))
  const options = [...hits, ...places]
  const chosen = Math.min(at, options.length - 1)
  const go = (option: Option | undefined) => {
    if (!option) return
    onLeave()
    router.push(option.href)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && options.length > 0) {
      event.preventDefault()
      setAt((chosen + step + options.length) % options.length)
    }
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      go(options[chosen])
    }
  }
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search className="size-4.5 shrink-0 text-muted" aria-hidden />
        <input
          // The dialog gives the focus to the first control in it, which this is.
          type="text"
          role="combobox"
          aria-label="Find anything"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={options.length > 0 ? `${id}-${chosen}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder="Name, serial, fingerprint, id, page or action"
          className="h-12 w-full min-w-0 bg-transparent text-lg outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Results"
        className="max-h-[min(26rem,60dvh)] overflow-y-auto p-1.5"
      >
        {options.map((option, index) => (
          <Row
            key={`${option.detail} ${option.href}`}
            id={`${id}-${index}`}
            option={option}
            chosen={index === chosen}
            onPoint={() => setAt(index)}
            onChoose={() => go(option)}
          />
        ))}
      </div>
      <p role="status" className="border-t border-line px-4 py-2 text-xs text-muted">
        {statusText(state, options.length, typed)}
      </p>
    </>
  )
}

interface RowProps {
  id: string
  option: Option
  chosen: boolean
  onPoint(): void
  onChoose(): void
}

/** Never focused itself: the field keeps the focus and names the chosen one, as a combobox does. */
function Row({ id, option: { text, detail }, chosen, onPoint, onChoose }: RowProps) {
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's.
    // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus.
    <div
      ref={row}
      id={id}
      role="option"
      aria-selected={chosen}
      onPointerMove={onPoint}
      onClick={onChoose}
      className={cx(
        'flex cursor-pointer items-baseline justify-between gap-4 rounded-md px-3 py-2',
        chosen && 'bg-accent-soft text-accent',
      )}
    >
      <span className="min-w-0 truncate font-medium">
        <VisibleText>{text}</VisibleText>
      </span>
      <span className={cx('shrink-0 text-xs', chosen ? 'text-accent' : 'text-muted')}>{detail}</span>
    </div>
  )
}

function statusText(state: ReturnType<typeof useHits>['state'], count: number, typed: string): string {
  if (state === 'searching') return 'Searching …'
  if (state === 'failed') return 'The search does not answer. Pages and actions are still here; try again in a moment.'
  if (count === 0) return 'Nothing found. A serial, fingerprint or id must be whole or begin as it does.'
  if (typed.trim().length < 3)
    return 'From three letters on, certificates, devices, challenges and enrolments are searched.'
  return count === 1 ? 'One result.' : `${count} results.`
}
