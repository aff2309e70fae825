/** A word of a filter bar that is searched for as it stands, such as an address. */
interface FilterTextProps {
  name: string
  label: string
  value: string | undefined
}

export function FilterText({ name, label, value }: FilterTextProps) {
  return (
    <input
      type="text"
      name={name}
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      autoComplete="off"
      className="h-9 w-full min-w-36 flex-1 rounded-md border border-control bg-surface px-3 text-base hover:border-muted sm:w-44 sm:flex-none"
    />
  )
}
