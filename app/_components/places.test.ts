/** What the palette finds by itself. */
import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { permissionsOf } from '@/lib/services/permissions'
import { matchingPlaces, placesFor } from './places'
import { SECTIONS } from './shell-links'

const admin = placesFor(permissionsOf({ role: 'admin' }))
const texts = (typed: string, places = admin) => matchingPlaces(places, typed).map(({ text }) => text)

test('words may be in any order and unfinished, and names come before other words', () => {
  expect(texts('chal a mint')).toEqual(['Mint a challenge'])
  expect(texts('dark')).toEqual(['Appearance'])
  expect(texts('con')).toEqual(['Connectors', 'Connect an MDM'])
  expect(texts('nothing like it')).toEqual([])
})

test('nobody is offered what their role does not include', () => {
  const operator = placesFor(permissionsOf({ role: 'operator' }))
  expect(texts('audit', operator)).toEqual([])
  expect(texts('create group', operator)).toEqual([])
  expect(texts('mint', operator)).toContain('Mint a challenge')
  const auditor = placesFor(permissionsOf({ role: 'auditor' }))
  expect(texts('mint', auditor)).not.toContain('Mint a challenge')
  expect(texts('audit', auditor)).toContain('Audit')
})

test.each(admin)('$href is a page', ({ href }) => {
  const pages = globSync('**/page.tsx', { cwd: `${process.cwd()}/app/(portal)` })
  expect(pages).toContain(`${href.slice(1)}/page.tsx`.replace(/^\//, ''))
})

test('each section has a key of its own', () => {
  const keys = SECTIONS.flatMap(({ links }) => links.map(({ key }) => key))
  expect(new Set(keys).size).toBe(keys.length)
})
