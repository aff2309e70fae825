/** Diagrams of the documentation are read, not shown as source. */
import { expect, test } from 'vitest'
import { docFolder } from '@/lib/adapters/docs/doc-folder'
import { createHelp } from '@/lib/services/help'
import { readSequence } from './sequence'

test('messages, own work and notes become steps under the names of who is meant', () => {
  const source = `sequenceDiagram
    autonumber
    participant D as Device
    participant F as front
    D->>F: asks
    Note over D: thinks,<br/>and waits
    F->>F: checks
    F-->>D: answers`
  expect(readSequence(source)).toEqual([
    { from: 'Device', to: 'front', text: 'asks' },
    { from: 'Device', to: null, text: 'thinks, and waits' },
    { from: 'front', to: 'front', text: 'checks' },
    { from: 'front', to: 'Device', text: 'answers' },
  ])
})

test('what is not understood is left as it is', () => {
  expect(readSequence('flowchart TD\n A --> B')).toBeNull()
  expect(readSequence('sequenceDiagram\n loop Every minute')).toBeNull()
})

test('every diagram of ours is understood', async () => {
  const pages = await createHelp({ folder: docFolder(process.cwd()) }).pages()
  const diagrams = pages.flatMap(({ tokens }) =>
    tokens.flatMap((token) => (token.type === 'code' && token.lang === 'mermaid' ? [token.text as string] : [])),
  )
  expect(diagrams.length).toBeGreaterThan(0)
  for (const diagram of diagrams) expect(readSequence(diagram)).not.toBeNull()
})
