/** What is shipped is named, once for each version; what only tests need is not. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { licencesOf } from './licences'

test('packages are grouped by licence', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/b': { version: '1.0.0', license: 'MIT' },
      'node_modules/a': { version: '2.0.0', license: 'MIT' },
      'node_modules/a/node_modules/@scope/c': { version: '3.0.0', license: 'ISC' },
      'node_modules/d/node_modules/b': { version: '1.0.0', license: 'MIT' },
      'node_modules/tool': { version: '9.0.0', license: 'MIT', dev: true },
      'node_modules/silent': { version: '1.0.0' },
    },
  }
  expect(licencesOf(JSON.stringify(lock))).toEqual([
    {
      licence: 'MIT',
      packages: [
        { name: 'a', version: '2.0.0' },
        { name: 'b', version: '1.0.0' },
      ],
    },
    { licence: 'ISC', packages: [{ name: '@scope/c', version: '3.0.0' }] },
    { licence: 'Not stated', packages: [{ name: 'silent', version: '1.0.0' }] },
  ])
})

test('our own list names what pages are rendered with', () => {
  const groups = licencesOf(readFileSync('package-lock.json', 'utf8'))
  const names = groups.flatMap(({ packages }) => packages.map(({ name }) => name))
  expect(names).toEqual(expect.arrayContaining(['next', 'react', 'pkijs']))
  expect(names).not.toContain('vitest')
})
