/** Counts beside the links of the sidebar: the frame is rendered once, and a page that has read one since then says so. */
'use client'

import { useEffect, useSyncExternalStore } from 'react'
import type { CountReading, ShellCounts } from './shell-links'

type CountName = keyof ShellCounts

/** What the frame was rendered with, or what a page has read later. */
export function useCount(name: CountName, ofFrame: CountReading): number {
  const ofPage = useSyncExternalStore(
    watch,
    () => readings.get(name),
    () => undefined,
  )
  return ofPage !== undefined && ofPage.at >= ofFrame.at ? ofPage.count : ofFrame.count
}

/** Shows nothing itself. */
export function FreshCount({ name, reading: { count, at } }: { name: CountName; reading: CountReading }) {
  useEffect(() => {
    readings.set(name, { count, at })
    for (const tell of watchers) tell()
  }, [name, count, at])
  return null
}

const readings = new Map<CountName, CountReading>()
const watchers = new Set<() => void>()

function watch(watcher: () => void) {
  watchers.add(watcher)
  return () => {
    watchers.delete(watcher)
  }
}
