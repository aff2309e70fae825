/** A terminal that remembers, for the tests of the command line. */
import type { Services } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'
import { run, type Terminal } from '@/server/cli/program'

/** The parts of the services that a test needs; anything else fails when it is called. */
export type Fakes = { [Name in keyof Services]?: Partial<Services[Name]> }

export interface Ran {
  code: number
  out: string
  error: string
  /** Standard output as one JSON document; undefined when it is none. */
  json: Record<string, unknown> & { error?: { code: string; message: string } }
}

export async function latchkey(
  args: readonly string[],
  world: { stdin?: string; services?: Fakes } = {},
): Promise<Ran> {
  const out: Uint8Array[] = []
  let error = ''
  const terminal: Terminal = {
    out: (text) => void out.push(Buffer.from(text as string)),
    error: (text) => {
      error += text
    },
    stdin: async () => world.stdin ?? '',
    withServices: async (work) => {
      if (world.services === undefined) throw new Error('this command needs no installation')
      return work(world.services as unknown as Services, systemActor('cli', 'tester'))
    },
  }
  const code = await run(args, terminal)
  const text = Buffer.concat(out).toString()
  return { code, out: text, error, json: parsed(text) as Ran['json'] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
