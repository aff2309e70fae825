/** latchkey posture and kek: the checks, accepted risks, and the copy of the KEK. */
import { loadKek } from '@/lib/adapters/keys/kek'
import { StartupFault } from '@/lib/adapters/keys/startup-fault'
import { POSTURE_CHECKS } from '@/lib/services/posture-types'
import { CommandFault, command, timeOf, UsageFault } from './command'
import { table } from './text'

export const showPosture = command({
  name: 'posture show',
  summary: 'Check this installation against what keeps a network safe',
  details: 'Exit code 1 while a check is open that nobody accepted.',
  options: {},
  examples: ['posture show --json'],
  async run({ withServices }) {
    const posture = await withServices((services, actor) => services.posture.get(actor))
    const rows = posture.checks.map(({ id, verdict, accepted, finding, evidence }) => [
      id,
      accepted === null ? verdict : `${verdict}, accepted`,
      finding,
      evidence.map(({ text }) => text).join('; '),
    ])
    const open = posture.checks.some(({ verdict, accepted }) => verdict === 'open' && accepted === null)
    return {
      json: posture,
      text: `Score: ${posture.score} of 100\n\n${table(['CHECK', 'VERDICT', 'FINDING', 'EVIDENCE'], rows, '')}`,
      exitCode: open ? 1 : 0,
    }
  },
})

export const acceptPostureRisk = command({
  name: 'posture accept',
  summary: 'Accept the risk of a check for a while',
  argument: 'CHECK',
  options: {
    reason: { value: 'TEXT', description: 'Why it is acceptable', required: true },
    until: { value: 'TIME', description: 'A year ahead at most, such as 2027-02-23', required: true },
  },
  examples: ['posture accept second-factor --until 2027-02-23 --reason "Reached through the VPN alone"'],
  async run({ argument, options: { reason, until: day }, withServices }) {
    const until = timeOf('until', day)
    if (until === undefined) throw new UsageFault('--until wants a day.')
    const risk = await withServices((services, actor) => services.posture.accept(actor, argument, { reason, until }))
    return { json: risk, text: `Accepted until ${risk.until.toISOString().slice(0, 10)}.` }
  },
})

export const withdrawPostureRisk = command({
  name: 'posture withdraw',
  summary: 'Accept the risk of a check no longer',
  details: `CHECK is one of ${POSTURE_CHECKS.join(', ')}.`,
  argument: 'CHECK',
  options: {},
  examples: ['posture withdraw second-factor'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.posture.withdraw(actor, argument))
    return { json: { check: argument, accepted: null }, text: 'It is not accepted any more.' }
  },
})

const PLACE = { value: 'TEXT', description: 'Where it lies', required: true } as const

export const checkKek = command({
  name: 'kek check',
  summary: 'Prove that a file is a copy of the key-encryption key in use',
  details:
    'Reads the file (32 bytes in base64, mode 0600), compares its id with the one of the keys, and records the proof.',
  argument: 'FILE',
  options: { place: PLACE },
  examples: ['kek check /mnt/safe/kek --place "safe in the head office"'],
  async run({ argument, options: { place }, withServices }) {
    const kekId = kekIdOf(argument)
    await withServices((services, actor) => services.posture.proveKek(actor, { kekId, place }))
    return { json: { kekId, place }, text: 'It is the key-encryption key in use. The proof is recorded.' }
  },
})

function kekIdOf(path: string): string {
  try {
    return loadKek({ from: 'file', path, create: false }, true).kek.id
  } catch (error) {
    if (error instanceof StartupFault) throw new CommandFault('file', error.message)
    throw error
  }
}
