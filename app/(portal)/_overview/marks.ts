/** Pieces of drawings that several charts share. */
import type { Mark } from './drawing'

export const mark = (tag: Mark['tag'], is: Mark['is'], holds?: Mark['holds']): Mark => ({
  tag,
  is,
  ...(holds !== undefined && { holds }),
})

interface Counted {
  count: number
  /** Where the ones it counts are listed; null for what is not there yet. */
  href: string | null
}

/** For the pointer. Whoever goes from link to link meets those of the table, not hundreds of bars. */
export function linked(counted: Counted | undefined, holds: Mark[]): Mark[] {
  if (counted === undefined || counted.href === null) return holds
  return [mark('a', { href: counted.href, tabIndex: -1, 'data-count': counted.count }, holds)]
}

export type Look = 'solid' | 'failed' | 'done' | 'supposed'

const CLASSES: Record<Look, string> = {
  solid: 'fill-accent',
  failed: 'stroke-bad',
  done: 'stroke-muted',
  supposed: 'fill-brass stroke-ink',
}
const HATCHED: Record<Look, boolean> = { solid: false, failed: true, done: true, supposed: false }

/** Each look differs by more than its colour. */
export function lookOf(look: Look, id: string): Mark['is'] {
  return { className: CLASSES[look], ...(HATCHED[look] && { fill: `url(#${id}-${look})` }) }
}

/** Lines to the right for what failed, dots for what is done already. */
export function hatches(id: string): Mark {
  const size = { width: 5, height: 5 }
  const pattern = { ...size, patternUnits: 'userSpaceOnUse' }
  return mark('defs', {}, [
    mark('pattern', { ...pattern, id: `${id}-failed`, patternTransform: 'rotate(45)' }, [
      mark('rect', { ...size, className: 'fill-bad-soft' }),
      mark('rect', { ...size, width: 2.5, className: 'fill-bad' }),
    ]),
    mark('pattern', { ...pattern, id: `${id}-done` }, [
      mark('rect', { ...size, className: 'fill-sunken' }),
      mark('circle', { cx: 2.5, cy: 2.5, r: 1.1, className: 'fill-muted' }),
    ]),
  ])
}
