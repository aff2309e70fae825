/** Theme, times and keys: each choice holds as soon as it is made. */
'use client'

import type { ReactNode } from 'react'
import { useSingleKeysChoice, useTheme, useTimes } from '@/app/_components/reader'
import { THEMES, TIMES } from '@/app/_components/reader-choices'
import { THEME_LOOKS } from '@/app/_components/theme-looks'

const TIME_TEXTS = {
  local: ["In this browser's time zone", 'The exact UTC is in the tooltip of each time.'],
  utc: ['In UTC', 'To compare with the logs of servers, whoever reads them.'],
} as const

export function AppearanceChoices() {
  const { theme, setTheme } = useTheme()
  const { times, setTimes } = useTimes()
  const { singleKeys, setSingleKeys } = useSingleKeysChoice()
  return (
    <div className="grid gap-6">
      <Choices legend="Colours">
        {THEMES.map((value) => (
          <Choice
            key={value}
            name="theme"
            text={THEME_LOOKS[value][0]}
            checked={theme === value}
            onChoose={() => setTheme(value)}
          />
        ))}
      </Choices>
      <Choices legend="Times">
        {TIMES.map((value) => (
          <Choice
            key={value}
            name="times"
            text={TIME_TEXTS[value][0]}
            hint={TIME_TEXTS[value][1]}
            checked={times === value}
            onChoose={() => setTimes(value)}
          />
        ))}
      </Choices>
      <Choices legend="Keyboard">
        <label className="flex w-fit items-start gap-2.5">
          <input
            type="checkbox"
            className="mt-1 accent-accent"
            checked={singleKeys}
            onChange={(event) => setSingleKeys(event.target.checked)}
          />
          <span>
            Keys without Ctrl
            <span className="block text-sm text-muted">
              Such as / for the search and ? for the list of keys. Switch them off if you speak to your computer: words
              would press them. Ctrl-K works always.
            </span>
          </span>
        </label>
      </Choices>
    </div>
  )
}

function Choices({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-2 text-sm font-medium">{legend}</legend>
      {children}
    </fieldset>
  )
}

interface ChoiceProps {
  name: string
  text: string
  hint?: string
  checked: boolean
  onChoose(): void
}

function Choice({ name, text, hint, checked, onChoose }: ChoiceProps) {
  return (
    <label className="flex w-fit items-start gap-2.5">
      <input type="radio" name={name} className="mt-1 accent-accent" checked={checked} onChange={onChoose} />
      <span>
        {text}
        {hint && <span className="block text-sm text-muted">{hint}</span>}
      </span>
    </label>
  )
}
