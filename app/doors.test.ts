/** No page, action or download without a door: what a new file forgets, this notices. */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const APP = import.meta.dirname
const filesNamed = (pattern: string) => globSync(pattern, { cwd: APP }).sort()
const sourceOf = (file: string) => readFileSync(`${APP}/${file}`, 'utf8')

/** Pages for people who are not signed in: before they are, or strangers for good. Each decides by itself what it shows. */
const OPEN_PAGES = ['setup/page.tsx', 'sign-in/page.tsx', 'trust/[group]/page.tsx']
const guarded = filesNamed('**/page.tsx').filter((file) => !OPEN_PAGES.includes(file))

test.each(guarded)('%s asks who is there before anything else', (file) => {
  const [, firstLine] = /export default async function [^;]*?\) \{\n(.*)\n/.exec(sourceOf(file)) ?? []
  expect(firstLine).toMatch(/^ {2}(const actor = )?await require(Actor(InGroups)?\('[a-z-]+:[a-z]+'\)|SignedIn\(\))$/)
})

test.each(filesNamed('**/actions.ts'))('every export of %s goes through the one door', (file) => {
  const exports = sourceOf(file)
    .split(/^export /m)
    .slice(1)
  expect(exports.length).toBeGreaterThan(0)
  for (const code of exports) {
    expect(code).toMatch(/^const \w+ = (strangerAction\(|action\(\s*(null|'[a-z-]+:[a-z]+'),)/)
  }
})

test('only set-up has actions for strangers', () => {
  const open = filesNamed('**/actions.ts').filter((file) => sourceOf(file).includes('strangerAction('))
  expect(open).toEqual(['setup/actions.ts'])
})

test.each(filesNamed('(portal)/**/route.ts'))('%s is a download behind the door', (file) => {
  expect(sourceOf(file)).toMatch(/return download\('[a-z-]+:[a-z]+'/)
})

test.each(filesNamed('**/*.tsx'))('%s writes no raw markup and no inline style', (file) => {
  expect(sourceOf(file)).not.toMatch(/dangerouslySetInnerHTML|\bstyle=/)
})

const inBrowser = filesNamed('**/*.{ts,tsx}').filter(
  (file) => sourceOf(file).startsWith('/**') && /^'use client'$/m.test(sourceOf(file)),
)

test.each(inBrowser)(
  '%s brings no schema into the browser: the parser tries eval, which our own policy reports',
  (file) => {
    expect(sourceOf(file)).not.toMatch(/^import (?!type )[^;]*? from '(zod|[^']*\/schema)'$/m)
  },
)
