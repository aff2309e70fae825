/** JSON within limits: what is refused before it is parsed, and that nothing runs long. */
import { expect, test } from 'vitest'
import { parseJson } from '@/app/api/_body'

test.each([
  ['{}', {}],
  [' {"a" : [1, "b", {"c": null}], "d": true} ', { a: [1, 'b', { c: null }], d: true }],
  ['{"a":{"b":1},"c":{"b":2}}', { a: { b: 1 }, c: { b: 2 } }],
  ['["a","a"]', ['a', 'a']],
  ['{"a":"\\"a\\":","b":"{[,"}', { a: '"a":', b: '{[,' }],
  [`{"a":${'['.repeat(19)}${']'.repeat(19)}}`, { a: JSON.parse(`${'['.repeat(19)}${']'.repeat(19)}`) }],
])('%s is read', (json, value) => {
  expect(parseJson(json)).toEqual(value)
})

test.each([
  ['a repeated name', '{"a":1,"a":2}'],
  ['a repeated name further in', '[{"b":{"a":1,"a":2}}]'],
  ['a repeated name, escaped', '{"a":1,"\\u0061":2}'],
  ['a repeated name with space before the colon', '{"a":1,"a" \n:2}'],
  ['a repeated __proto__', '{"__proto__":1,"__proto__":2}'],
  ['too deep', `${'['.repeat(21)}${']'.repeat(21)}`],
  ['too many fields', `{${Array.from({ length: 2_001 }, (_, n) => `"k${n}":1`).join(',')}}`],
  ['too many items', `[${'1,'.repeat(10_001)}1]`],
  ['a string too long', `{"a":"${'x'.repeat(65 * 1024)}"}`],
  ['an open string', '{"a'],
  ['an open escape', '{"a\\'],
  ['a lone closing brace', '}'],
  ['nothing', ''],
  ['two documents', '{}{}'],
  ['a bad escape in a name', '{"\\x":1}'],
])('%s is refused', (_, json) => {
  expect(() => parseJson(json)).toThrow(expect.objectContaining({ code: 'malformed_request' }))
})

test.each([
  ['openings', '['.repeat(256 * 1024)],
  ['quotes', '"'.repeat(256 * 1024)],
  ['backslashes', `"${'\\'.repeat(256 * 1024 - 1)}`],
  ['spaces after strings', `[${'"",'.repeat(3_000)}${' '.repeat(200_000)}`],
])('256 KiB of %s take no time', (_, json) => {
  const started = performance.now()
  expect(() => parseJson(json)).toThrow()
  expect(performance.now() - started).toBeLessThan(500)
})
