/** docs/endpoints.md shows the catalogue as it is with the settings that endpoints begin with. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CLIENTS } from '@/lib/scep/client-catalogue'
import { compatibility } from '@/lib/scep/client-compatibility'
import { ENDPOINT_DEFAULTS } from './endpoint-settings'

const VERDICTS = { works: 'works', works_with_a_note: 'works, with a note', excluded: 'excluded' } as const

test('the table of clients is the one of the catalogue', () => {
  const rows = compatibility({ ...ENDPOINT_DEFAULTS, policy: 'dynamic' }).map(({ family, verdict, remarks }) => {
    const { name, advice } = CLIENTS[family]
    const why = remarks.map(({ setting, sentence }) => (setting === null ? sentence : `${sentence} (\`${setting}\`)`))
    return `| ${name} | ${VERDICTS[verdict]} | ${[...why, ...(advice ? [advice] : [])].join(' ')} |`.replace(
      /\| {2}\|$/,
      '| |',
    )
  })
  const docs = readFileSync(new URL('../../docs/endpoints.md', import.meta.url), 'utf8')
  const table = docs.split('| client | verdict | why, and what to set |\n| --- | --- | --- |\n')[1]?.split('\n\n')[0]
  expect(table?.split('\n')).toEqual(rows)
})
