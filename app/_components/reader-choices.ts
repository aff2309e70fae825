/** What the portal remembers about its reader in plain cookies: colour theme, time zone, keys. Nothing secret. */

export const THEME_COOKIE = 'latchkey-theme'
export const ZONE_COOKIE = 'latchkey-zone'
export const TIMES_COOKIE = 'latchkey-times'
export const KEYS_COOKIE = 'latchkey-keys'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function readTheme(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? 'system'
}

/** A zone the formatter knows, or UTC: the value comes from a cookie that anybody can edit. */
export function readZone(value: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: decodeURIComponent(value ?? 'UTC') }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}

/** In the browser's zone, or in UTC for those who compare with the logs of servers. */
export const TIMES = ['local', 'utc'] as const
export type Times = (typeof TIMES)[number]

export function readTimes(value: string | undefined): Times {
  return TIMES.find((times) => times === value) ?? 'local'
}

/** Whether keys without Ctrl do anything: WCAG 2.1.4 wants a way to switch them off. */
export function readSingleKeys(value: string | undefined): boolean {
  return value !== 'off'
}
