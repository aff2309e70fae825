/** How large something is, in the unit that people read most easily. */

const UNITS = ['bytes', 'KB', 'MB', 'GB'] as const

export function bytesOf(size: number): string {
  let value = size
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}
