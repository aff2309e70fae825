/** latchkey backup: telling that there is one, so that its age is seen. */
import { command, given } from './command'
import { moment } from './text'

export const recordBackup = command({
  name: 'backup record',
  summary: 'Record that a backup of the database is complete; the overview shows its age',
  options: {
    note: { value: 'TEXT', description: 'Where it lies or what made it, without secrets' },
  },
  examples: ['backup record', 'backup record --note "pg_dump to the vault"'],
  async run({ options, withServices }) {
    const request = given({ note: options.note })
    const recorded = await withServices((services, actor) => services.backups.record(actor, request))
    return { json: recorded, text: `Recorded a backup of ${moment(recorded.at)}.` }
  },
})

export const showBackup = command({
  name: 'backup show',
  summary: 'Show when a backup was last recorded',
  options: {},
  examples: ['backup show --json'],
  async run({ withServices }) {
    const backup = await withServices((services, actor) => services.backups.latest(actor))
    const text = backup
      ? `${moment(backup.at)}, recorded by ${backup.by}${backup.note === null ? '' : `: ${backup.note}`}`
      : 'No backup was ever recorded.'
    return { json: { backup }, text }
  },
})
