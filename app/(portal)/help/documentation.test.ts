/** Every way into the documentation leads somewhere: links of documents, and the help of pages. */
import { globSync, readFileSync } from 'node:fs'
import { marked, type Token } from 'marked'
import { expect, test } from 'vitest'
import { docFolder } from '@/lib/adapters/docs/doc-folder'
import { createHelp, parsePage } from '@/lib/services/help'
import { linkTarget } from './link-target'

const APP = `${process.cwd()}/app`
const pages = await createHelp({ folder: docFolder(process.cwd()) }).pages()
const addresses = new Set(
  pages.flatMap(({ name, sections }) => [`/help/${name}`, ...sections.map(({ id }) => `/help/${name}#${id}`)]),
)

test('the order is that of the table of contents, and each of its lines says what the page is for', () => {
  const names = pages.map(({ name }) => name)
  expect(names.slice(0, 2)).toEqual(['how-an-enrolment-works', 'challenge-policies'])
  expect(names).toContain('mdm/intune')
  expect(pages.find(({ name }) => name === 'crl')).toMatchObject({
    title: 'Revocation lists',
    summary: 'When there is a new one, what is on it, and shards.',
  })
})

test.each(pages)('each link of $name leads to a page and a heading that exist', ({ name, tokens }) => {
  const hrefs: string[] = []
  marked.walkTokens(tokens as Token[], (token) => {
    if (token.type === 'link') hrefs.push(token.href)
  })
  const inside = hrefs
    .map((href) => linkTarget(href, name))
    .filter((target) => target !== null && !target.startsWith('http'))
    .map((target) => (target?.startsWith('#') ? `/help/${name}${target}` : target))
  expect(inside.filter((target) => !addresses.has(target ?? ''))).toEqual([])
})

const helps = globSync('**/*.tsx', { cwd: APP }).flatMap((file) =>
  Array.from(readFileSync(`${APP}/${file}`, 'utf8').matchAll(/\bhelp(?:=|: )["']([^"']+)["']/g), ([, help]) => ({
    file,
    address: `/help/${help}`,
  })),
)

test.each(helps)('$file: the help at $address exists', ({ address }) => {
  expect(addresses).toContain(address)
})

test.each([
  ['crl.md#shards', 'ocsp', '/help/crl#shards'],
  ['../endpoints.md', 'mdm/jamf', '/help/endpoints'],
  ['intune.md', 'mdm/other', '/help/mdm/intune'],
  ['#codes', 'mdm/intune', '#codes'],
  ['https://datatracker.ietf.org/doc/html/rfc8894', 'crl', 'https://datatracker.ietf.org/doc/html/rfc8894'],
  ['../lib/scep/README.md', 'crl', null],
  ['javascript:alert(1)', 'crl', null],
  ['//elsewhere.example/docs/crl.md', 'crl', null],
  ['../../settings/people', 'crl', null],
])('the link %s of %s leads to %s', (href, doc, target) => {
  expect(linkTarget(href, doc)).toBe(target)
})

test('headings get the anchors that GitHub gives them, and twins a number', () => {
  const page = parsePage('x', '# A `title`\n\n## Who may enrol?\n\n## Set-up: two steps\n\n## Who may enrol?\n', '')
  expect(page.title).toBe('A title')
  expect(page.sections.map(({ id }) => id)).toEqual(['a-title', 'who-may-enrol', 'set-up-two-steps', 'who-may-enrol-1'])
})
