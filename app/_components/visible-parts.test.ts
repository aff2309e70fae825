/** Text of strangers: nothing in it may hide or reorder other text. */
import { expect, test } from 'vitest'
import { visibleParts } from './visible-parts'

test.each([
  ['a right-to-left override', 'evil\u202eadmin', 'U+202E'],
  ['a zero-width space', 'evil\u200badmin', 'U+200B'],
  ['a soft hyphen', 'evil\u00adadmin', 'U+00AD'],
  ['a line break', 'evil\nadmin', 'U+000A'],
  ['an escape sequence', 'evil\u001badmin', 'U+001B'],
  ['a tag character', 'evil\u{e0041}admin', 'U+E0041'],
])('%s is shown by its code', (_what, text, code) => {
  expect(visibleParts(text)).toEqual([
    { text: 'evil', hidden: false },
    { text: code, hidden: true },
    { text: 'admin', hidden: false },
  ])
})

test('ordinary text of any script stays whole', () => {
  expect(visibleParts('Zo\u00eb \u5f20\u4f1f \u05e9\u05dc\u05d5\u05dd')).toHaveLength(1)
  expect(visibleParts('')).toEqual([])
})
