/** One choice of a filter bar; the first option means no filter. */
import { ChevronDown } from 'lucide-react'

interface FilterSelectProps {
  name: string
  label: string
  all: string
  value: string | undefined
  options: (readonly [value: string, text: string])[]
}

export function FilterSelect({ name, label, all, value, options }: FilterSelectProps) {
  return (
    <span className="relative min-w-42 flex-1 sm:max-w-64 sm:flex-none">
      <select
        name={name}
        aria-label={label}
        defaultValue={value ?? ''}
        className="h-9 w-full appearance-none truncate rounded-md border border-control bg-surface pr-8 pl-3 text-base hover:border-muted"
      >
        <option value="">{all}</option>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      <ChevronDown className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-muted" aria-hidden />
    </span>
  )
}
