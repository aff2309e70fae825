/** Lists as Jamf Pro pages, sorts and filters them; what it does not know of a query is refused, never guessed. */
import { failure } from './jamf-answers'
import { type Fields, parseRsql, RsqlFault } from './jamf-rsql'
import type { DeviceKind, JamfDevice, JamfState } from './jamf-state'

const MOST_PER_PAGE = 2_000

export function paged(
  state: JamfState,
  url: URL,
  of: { kind: DeviceKind },
  fields: Fields<JamfDevice>,
  sorting: string,
  share: number,
  record: (device: JamfDevice) => unknown,
  filterable = true,
): object {
  const number = whole(url, 'page', 0, 0, Number.MAX_SAFE_INTEGER)
  const size = whole(url, 'page-size', 100, 1, MOST_PER_PAGE)
  let found = sorted(state.of(of.kind), url.searchParams.getAll('sort').join(',') || sorting, fields)
  const filter = filterable ? url.searchParams.get('filter') : null
  if (filter !== null && filter !== '') found = found.filter(understood(() => parseRsql(filter, fields)))
  if (share < 1) found = found.slice(0, Math.floor(found.length * share))
  return { totalCount: found.length, results: found.slice(number * size, (number + 1) * size).map(record) }
}

/** In the order of the id they are kept already, whoever has come and gone. */
function sorted(kept: Map<number, JamfDevice>, sort: string, fields: Fields<JamfDevice>): JamfDevice[] {
  const devices = [...kept.values()]
  const criteria = sort.split(',').map((each) => {
    const [name = '', direction = 'asc'] = each.split(':')
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined || !/^(asc|desc)$/.test(direction)) throw failure(400, 'INVALID_FIELD', `sort ${each}`)
    return { name, field, sign: direction === 'asc' ? 1 : -1 }
  })
  const [first] = criteria
  if ((first?.name === 'id' || first?.name === 'mobileDeviceId') && first.sign === 1) return devices
  return devices.toSorted((a, b) => {
    for (const { field, sign } of criteria) {
      const [left, right] = [field(a), field(b)]
      if (left !== right && left !== null && right !== null) return left < right ? -sign : sign
    }
    return a.id - b.id
  })
}

export function sectionsOf(url: URL, known: readonly string[]): readonly string[] {
  const asked = url.searchParams.getAll('section').flatMap((each) => each.split(','))
  for (const each of asked) if (!known.includes(each)) throw failure(400, 'INVALID_FIELD', `section ${each}`)
  return asked.length === 0 ? ['GENERAL'] : asked
}

function whole(url: URL, name: string, absent: number, least: number, most: number): number {
  const text = url.searchParams.get(name)
  if (text === null) return absent
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw failure(400, 'INVALID_FIELD', `${name} ${text}`)
}

function understood<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RsqlFault) throw failure(400, 'INVALID_FIELD', error.message)
    throw error
  }
}
