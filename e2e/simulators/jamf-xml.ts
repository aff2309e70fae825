/** Values as XML, as Jamf Pro writes them: members become elements, lists repeat one, null is left out. */

export function xmlOf(value: object, declaration = '<?xml version="1.0" encoding="UTF-8"?>'): string {
  return `${declaration}${members(value)}`
}

function members(value: object): string {
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .map(([name, member]) => `<${name}>${content(member, singular(name))}</${name}>`)
    .join('')
}

function content(value: unknown, one: string): string {
  if (Array.isArray(value)) return value.map((each) => `<${one}>${content(each, one)}</${one}>`).join('')
  return typeof value === 'object' && value !== null ? members(value) : escaped(String(value))
}

/** payloadTypes holds payloadType elements. */
const singular = (name: string) => (name.endsWith('s') ? name.slice(0, -1) : 'item')

const ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITY[character] ?? '')
