/** The keys of the portal, explained. */
'use client'

import Link from 'next/link'
import type { Permission } from '@/lib/services/permissions'
import { DialogPanel } from './dialog'
import { useSingleKeys } from './reader'
import { sectionsFor } from './shell-links'
import { SHORTCUTS, type Shortcut } from './shortcuts'

interface ShortcutSheetProps {
  open: boolean
  onOpenChange(open: boolean): void
  permissions: readonly Permission[]
}

export default function ShortcutSheet({ open, onOpenChange, permissions }: ShortcutSheetProps) {
  const singleKeys = useSingleKeys()
  const links = sectionsFor(permissions).flatMap(({ links }) => links)
  const ways = links.flatMap(({ key, text }) => (key ? [{ keys: ['G', key.toUpperCase()], text }] : []))
  return (
    <DialogPanel
      open={open}
      onOpenChange={onOpenChange}
      title="Keyboard"
      description={
        <>
          {singleKeys ? 'Keys without Ctrl can be switched off under ' : 'Keys without Ctrl are switched off under '}
          <Link
            href="/settings/appearance"
            prefetch={false}
            className="rounded text-accent underline"
            onClick={() => onOpenChange(false)}
          >
            Appearance
          </Link>
          .
        </>
      }
    >
      <div className="grid max-h-[60dvh] gap-5 overflow-y-auto sm:grid-cols-2">
        <Keys title="Everywhere" shortcuts={SHORTCUTS} />
        <Keys title="Go to" shortcuts={ways} />
      </div>
    </DialogPanel>
  )
}

function Keys({ title, shortcuts }: { title: string; shortcuts: Shortcut[] }) {
  return (
    <section>
      <h3 className="mb-1.5 text-xs font-medium text-faint">{title}</h3>
      <dl className="grid gap-1.5 text-sm">
        {shortcuts.map(({ keys, text }) => (
          <div key={text} className="flex items-center justify-between gap-3">
            <dt>{text}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-5 rounded border border-edge bg-sunken px-1 text-center font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
