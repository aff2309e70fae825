/** What the portal remembers about its reader in two plain cookies: colour theme and time zone. Nothing secret. */

export const THEME_COOKIE = 'latchkey-theme'
export const ZONE_COOKIE = 'latchkey-zone'

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
