/** The reader's theme, time zone, keys and present moment, the same on the server and at hydration. */
'use client'

import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { KEYS_COOKIE, THEME_COOKIE, type Theme, TIMES_COOKIE, type Times, ZONE_COOKIE } from './reader-choices'

interface ReaderValue {
  theme: Theme
  setTheme(theme: Theme): void
  times: Times
  setTimes(times: Times): void
  singleKeys: boolean
  setSingleKeys(on: boolean): void
  /** As the server knew them when it rendered. */
  zone: string
  now: number
}

const ReaderContext = createContext<ReaderValue>({
  theme: 'system',
  setTheme: () => {},
  times: 'local',
  setTimes: () => {},
  singleKeys: true,
  setSingleKeys: () => {},
  zone: 'UTC',
  now: 0,
})

interface ReaderProps {
  theme: Theme
  times: Times
  singleKeys: boolean
  zone: string
  now: number
  children: ReactNode
}

export function Reader({ zone, now, children, ...initial }: ReaderProps) {
  const [theme, remember] = useState(initial.theme)
  const [times, rememberTimes] = useState(initial.times)
  const [singleKeys, rememberKeys] = useState(initial.singleKeys)
  const setTheme = (next: Theme) => {
    remember(next)
    keep(THEME_COOKIE, next)
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
  }
  const setTimes = (next: Times) => {
    rememberTimes(next)
    keep(TIMES_COOKIE, next)
  }
  const setSingleKeys = (on: boolean) => {
    rememberKeys(on)
    keep(KEYS_COOKIE, on ? 'on' : 'off')
  }
  useEffect(() => {
    if (browserZone() !== zone) keep(ZONE_COOKIE, encodeURIComponent(browserZone()))
  }, [zone])
  return (
    <ReaderContext value={{ theme, setTheme, times, setTimes, singleKeys, setSingleKeys, zone, now }}>
      {children}
    </ReaderContext>
  )
}

export function useTheme() {
  const { theme, setTheme } = useContext(ReaderContext)
  return { theme, setTheme }
}

export function useTimes() {
  const { times, setTimes } = useContext(ReaderContext)
  return { times, setTimes }
}

export function useSingleKeys(): boolean {
  return useContext(ReaderContext).singleKeys
}

export function useSingleKeysChoice() {
  const { singleKeys, setSingleKeys } = useContext(ReaderContext)
  return { singleKeys, setSingleKeys }
}

/** UTC for those who chose it, or the browser's zone; while hydrating the one the server rendered with, so both agree. */
export function useZone(): string {
  const { zone, times } = useContext(ReaderContext)
  const local = useSyncExternalStore(never, browserZone, () => zone)
  return times === 'utc' ? 'UTC' : local
}

/** The present moment, ticking for all who look at it with one timer. */
export function useNow(): number {
  const { now } = useContext(ReaderContext)
  return useSyncExternalStore(everyHalfMinute, presentMoment, () => now)
}

const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
const never = () => () => {}

const TICK_MS = 30_000
/** Rounded, so that it holds still between ticks; upwards, so that the past stays past. */
const presentMoment = () => Math.ceil(Date.now() / TICK_MS) * TICK_MS

const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function everyHalfMinute(watcher: () => void) {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    for (const tell of watchers) tell()
  }, TICK_MS)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const YEAR_SECONDS = 365 * 24 * 60 * 60

function keep(name: string, value: string) {
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing from Safari and plain-http pages.
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`
}
