/** The command line: how it is called, what it prints, and that --json is one document whatever happens. */
import { describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { COMMANDS } from './commands'
import { type Fakes, latchkey } from './testing/terminal'

const refusing = (error: unknown): Fakes => ({ groups: { list: () => Promise.reject(error) } })

describe('help', () => {
  test.each([[[]], [['--help']], [['help']], [['-h']]])('%j lists every command', async (args) => {
    const { code, out } = await latchkey(args)
    expect(code).toBe(0)
    for (const { name, summary } of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
  })

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    '%s explains itself',
    async (name, command) => {
      const { code, out } = await latchkey([...name.split(' '), '--help'])
      expect(code).toBe(0)
      expect(out).toContain(command.summary)
      for (const option of [...Object.keys(command.options), 'json', 'help']) expect(out).toContain(`--${option}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const example of command.examples) expect(example.startsWith(name)).toBe(true)
    },
  )

  test('a family lists its commands, and asks for no installation', async () => {
    const { code, out } = await latchkey(['challenge', '--help'])
    expect([code, out.includes('challenge mint'), out.includes('group create')]).toEqual([0, true, false])
  })
})

describe('a wrong call is exit code 2 and a sentence', () => {
  test.each([
    [['gruop', 'create'], 'Did you mean "group create"?'],
    [['challenge', 'mnit'], 'Did you mean "challenge mint"?'],
    [['challenge', 'frobnicate'], 'There are: challenge mint, challenge list, challenge revoke, challenge reissue.'],
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['group', 'create'], '--name NAME is missing.'],
    [['group', 'create', '--nmae', 'Staff'], 'Did you mean --name?'],
    [['group', 'create', '--name'], '--name needs a value'],
    [['group', 'create', '--name', '--issuer-key', 'p256'], '--name needs a value'],
    [['group', 'create', '--name', 'a', '--name', 'b'], '--name may be given once only.'],
    [['group', 'create', '--name', 'a', '--issuer-key', 'rsa1024'], '--issuer-key is one of'],
    [['group', 'list', 'extra'], 'does not know what to do with "extra"'],
    [['group', 'show'], 'SLUG is missing.'],
    [['group', 'show', 'a', 'b'], 'takes one SLUG only'],
    [['audit', 'verify', '--json=yes'], '--json takes no value.'],
    [
      ['challenge', 'mint', '--endpoint', 'a', '--subject', 'CN=a', '--ttl', '0'],
      '--ttl takes a whole number from 1 to 1440.',
    ],
    [['challenge', 'mint', '--endpoint', 'a', '--subject', 'CN=a', '--san', 'a.example'], '--san takes TYPE:VALUE'],
    [['certificate', 'revoke', 'AB', '--reason', 'keycompromise'], 'Did you mean keyCompromise?'],
    [['certificate', 'list', '--limit', '201'], '--limit takes a whole number from 1 to 200.'],
    [['audit', 'list', '--from', 'yesterday'], '--from takes a time'],
    [['setup', '--organisation', 'a', '--name', 'b', '--email', 'c'], '--password-stdin'],
    [
      ['setup', '--organisation', 'a', '--name', 'b', '--email', 'c', '--password-stdin'],
      'no password on standard input',
    ],
  ])('%j', async (args, sentence) => {
    const { code, out, error } = await latchkey(args, { services: {} })
    expect([code, out]).toEqual([2, ''])
    expect(error).toContain(sentence)
  })

  test('with --json it is a document too', async () => {
    const { code, json, error } = await latchkey(['group', 'creat', '--json'])
    expect([code, json.error?.code]).toEqual([2, 'usage'])
    expect(error).not.toBe('')
  })

  test('a value that begins with hyphens comes after an equals sign', async () => {
    const groups: Fakes['groups'] = { get: async (_, slug) => Promise.reject(new Refusal('not_found', `no ${slug}`)) }
    expect(
      (await latchkey(['challenge', 'mint', '--endpoint=--odd', '--subject=CN=a'], { services: { groups } })).code,
    ).toBe(1)
  })
})

describe('what goes wrong', () => {
  test('a refusal is its code and sentence on standard output, the sentence on standard error, exit code 1', async () => {
    const refusal = new Refusal('conflict', 'The name is taken.', { detail: 'row 7', fields: { name: 'Taken.' } })
    const { code, json, error } = await latchkey(['group', 'list', '--json'], { services: refusing(refusal) })
    expect([code, json]).toEqual([1, { error: { code: 'conflict', message: 'The name is taken.' } }])
    expect(error).toBe('The name is taken.\n  name: Taken.\n')
  })

  test('without --json standard output stays empty', async () => {
    const { code, out, error } = await latchkey(['group', 'list'], { services: refusing(new Error('no database')) })
    expect([code, out, error]).toEqual([1, '', 'no database\n'])
  })

  test('a database error does not show its statement', async () => {
    const fault = Object.assign(new Error('Invalid create() { passwordHash: "canary" }'), {
      name: 'PrismaClientKnownRequestError',
      code: 'P2002',
    })
    const { out, error } = await latchkey(['group', 'list', '--json'], { services: refusing(fault) })
    expect(out + error).not.toContain('canary')
    expect(error).toContain('P2002')
  })
})
