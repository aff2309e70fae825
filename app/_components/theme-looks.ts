/** What each theme is called, with its sign. */
import { Monitor, Moon, Sun } from 'lucide-react'

export const THEME_LOOKS = {
  system: ['As the system', Monitor],
  light: ['Light', Sun],
  dark: ['Dark', Moon],
} as const
