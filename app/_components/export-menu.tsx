/** Saves the whole result of a list as a file, and shows how far it is while it comes. */
'use client'

import { Download } from 'lucide-react'
import { lazy, useRef, useState } from 'react'
import type { ExportFormat } from '@/app/_lists/rows-as-text'
import { Button, buttonClass } from './button'
import { LazyMenu } from './lazy-menu'
import { toast } from './toasts'

const load = () => import('./export-menu-popup')
const ExportMenuPopup = lazy(load)

const FACE = (
  <>
    <Download aria-hidden />
    Export
  </>
)

interface ExportMenuProps {
  name: string
  addresses: Readonly<Record<ExportFormat, string>>
  /** Those that the browser writes to the disk as they come, and tells of itself. */
  unbounded: readonly ExportFormat[]
}

interface Progress {
  rows: number
  /** Null where nobody counted to the end. */
  of: number | null
}

export function ExportMenu({ name, addresses, unbounded }: ExportMenuProps) {
  const [progress, setProgress] = useState<Progress | null>(null)
  const running = useRef<AbortController>(null)
  const save = async (format: ExportFormat) => {
    if (unbounded.includes(format)) return follow(addresses[format], `${name}.${format}`)
    const controller = new AbortController()
    running.current = controller
    setProgress({ rows: 0, of: null })
    try {
      const file = await fetched(addresses[format], controller.signal, setProgress)
      hand(file, `${name}.${format}`)
      toast(`Saved ${name}.${format}.`)
    } catch (error) {
      if (!controller.signal.aborted) toast(error instanceof Refused ? error.message : BROKEN)
    } finally {
      setProgress(null)
    }
  }
  if (progress !== null)
    return (
      <span className="inline-flex items-center gap-2 text-sm" role="status">
        <progress
          className="h-1.5 w-24 rounded-full"
          aria-label="Exporting"
          max={progress.of ?? undefined}
          value={progress.of === null ? undefined : Math.min(progress.rows, progress.of)}
        />
        {progress.rows.toLocaleString('en-GB')} rows
        <Button size="small" variant="quiet" onClick={() => running.current?.abort()}>
          Cancel
        </Button>
      </span>
    )
  return (
    <LazyMenu load={load} className={buttonClass('quiet', 'small')} face={FACE}>
      <ExportMenuPopup face={FACE} onChoice={(format) => void save(format)} />
    </LazyMenu>
  )
}

class Refused extends Error {}

const BROKEN = 'The export broke off, and nothing was saved. Try again.'
const NEW_LINE = 10

/** Every format has a line for each row. */
async function fetched(address: string, signal: AbortSignal, tell: (progress: Progress) => void): Promise<Blob> {
  const answer = await fetch(address, { signal })
  if (!answer.ok || answer.body === null) throw new Refused((await answer.text()).trim() || BROKEN)
  const counted = answer.headers.get('x-rows')
  const of = counted === null ? null : Number(counted)
  const parts: Uint8Array<ArrayBuffer>[] = []
  let rows = 0
  const reader = answer.body.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    parts.push(piece.value)
    for (const byte of piece.value) if (byte === NEW_LINE) rows += 1
    tell({ rows, of })
  }
  return new Blob(parts, { type: answer.headers.get('content-type') ?? 'application/octet-stream' })
}

function hand(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  follow(address, name)
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

function follow(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}
