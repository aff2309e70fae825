/** latchkey notice, notice-recipient: what people are told before something ends or when much fails, and who is told. */
import {
  EXPIRY_TOPICS,
  type ExpiryTopic,
  NOTICE_TOPICS,
  type NoticeSettings,
  type NoticeTopic,
} from '@/lib/services/notice-types'
import { command, moreHint, PAGE_OPTIONS, pageFrom, UsageFault, wholeNumber } from './command'
import { facts, moment, table } from './text'

export const listNotices = command({
  name: 'notice list',
  summary: 'List notices, the newest first',
  options: { standing: { description: 'Those alone that still stand' }, ...PAGE_OPTIONS },
  examples: ['notice list --standing --json'],
  async run({ options, withServices }) {
    const { standing } = options
    const page = await withServices((services, actor) =>
      services.notices.list(actor, standing ? { standing } : {}, pageFrom(options)),
    )
    const rows = page.items.map(({ createdAt, severity, summary, resolvedAt, delivered, waiting, givenUp }) => [
      moment(createdAt),
      severity,
      resolvedAt === null ? 'stands' : 'over',
      `${delivered}/${delivered + waiting + givenUp}`,
      summary,
    ])
    const text = table(['RAISED', 'SEVERITY', 'STATE', 'MAILED', 'NOTICE'], rows, 'There are none.')
    return { json: page, text: text + moreHint(page.nextCursor) }
  },
})

export const listNoticeDeliveries = command({
  name: 'notice deliveries',
  summary: 'List e-mails with notices, the newest hundred',
  options: {},
  examples: ['notice deliveries'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.notices.deliveries(actor))
    const rows = items.map(({ createdAt, address, attempts, deliveredAt, givenUpAt, summary, lastError }) => [
      moment(createdAt),
      address,
      deliveredAt !== null ? 'delivered' : givenUpAt !== null ? 'given up' : 'waiting',
      String(attempts),
      lastError ?? summary ?? 'Test',
    ])
    return { json: { items }, text: table(['WHEN', 'TO', 'STATE', 'ATTEMPTS', 'WHAT'], rows, 'There are none yet.') }
  },
})

export const showNoticeSettings = command({
  name: 'notice settings',
  summary: 'Show when something is worth a notice',
  options: {},
  examples: ['notice settings --json'],
  async run({ withServices }) {
    const settings = await withServices((services, actor) => services.notices.settings(actor))
    return { json: settings, text: settingsText(settings) }
  },
})

export const setNoticeSettings = command({
  name: 'notice set',
  summary: 'Change when something is worth a notice',
  details: `KIND is one of ${EXPIRY_TOPICS.join(', ')}. What is not named stays.`,
  options: {
    days: { value: 'KIND=DAYS', description: 'Days before the end, separated by commas; none: never', repeats: true },
    'enrolment-failures': { value: 'N', description: 'Refused and failed enrolments of one endpoint; 0: never' },
    minutes: { value: 'N', description: 'Within how many minutes, 5 to 1440' },
    'connector-failures': { value: 'N', description: 'Failed calls to one connector in a row; 0: never' },
  },
  examples: ['notice set --days api-key-expiry=30,7 --enrolment-failures 50 --minutes 30'],
  async run({ options, withServices }) {
    const thresholds = Object.fromEntries(options.days.map(thresholdsOf))
    const settings = await withServices(async (services, actor) => {
      const before = await services.notices.settings(actor)
      return services.notices.changeSettings(actor, {
        thresholds,
        enrolmentFailures: {
          count:
            wholeNumber('enrolment-failures', options['enrolment-failures'], 0, 100_000) ??
            before.enrolmentFailures.count,
          minutes: wholeNumber('minutes', options.minutes, 5, 1_440) ?? before.enrolmentFailures.minutes,
        },
        connectorFailures: {
          count:
            wholeNumber('connector-failures', options['connector-failures'], 0, 100_000) ??
            before.connectorFailures.count,
        },
      })
    })
    return { json: settings, text: settingsText(settings) }
  },
})

export const addNoticeRecipient = command({
  name: 'notice-recipient add',
  summary: 'Tell somebody by e-mail',
  details: `KIND is one of ${NOTICE_TOPICS.join(', ')}. Without any: all of them.`,
  options: {
    name: { value: 'NAME', description: 'Who it is', required: true },
    address: { value: 'ADDRESS', description: 'One e-mail address', required: true },
    kind: { value: 'KIND', description: 'What they are told', repeats: true },
    group: { value: 'GROUP', description: 'Of this group alone', repeats: true },
  },
  examples: ['notice-recipient add --name "PKI team" --address pki@example.org --kind authority-expiry --json'],
  async run({ options: { name, address, kind, group: groups }, withServices }) {
    const topics = kind.length === 0 ? [...NOTICE_TOPICS] : kind.map(topicOf)
    const recipient = await withServices((services, actor) =>
      services.notices.addRecipient(actor, { name, address, topics, groups }),
    )
    return { json: recipient, text: `Added ${recipient.id}.` }
  },
})

export const listNoticeRecipients = command({
  name: 'notice-recipient list',
  summary: 'List who is told by e-mail',
  options: {},
  examples: ['notice-recipient list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.notices.recipients(actor))
    const rows = items.map(({ id, name, address, pausedAt, waiting, lastDeliveredAt }) => [
      id,
      name,
      address,
      pausedAt === null ? 'told' : 'paused',
      String(waiting),
      moment(lastDeliveredAt),
    ])
    const heads = ['ID', 'NAME', 'ADDRESS', 'STATE', 'WAITING', 'LAST DELIVERED']
    return { json: { items }, text: table(heads, rows, 'Nobody is told by e-mail yet.') }
  },
})

export const removeNoticeRecipient = command({
  name: 'notice-recipient remove',
  summary: 'Tell somebody nothing any more',
  argument: 'ID',
  options: {},
  examples: ['notice-recipient remove 0198d2f0-54ff-7aa1-9b0c-1d2e3f4a5b6c'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.notices.removeRecipient(actor, argument))
    return { json: { removed: true }, text: 'Removed.' }
  },
})

function thresholdsOf(text: string): [ExpiryTopic, number[]] {
  const [kind = '', days = ''] = text.split('=', 2)
  const topic = EXPIRY_TOPICS.find((known) => known === kind)
  if (topic === undefined) throw new UsageFault(`--days takes one of ${EXPIRY_TOPICS.join(', ')}, not ${kind}.`)
  const parts = days.split(',').filter((part) => part !== '')
  return [topic, parts.map((part) => wholeNumber('days', part, 1, 1_825) ?? 0)]
}

function topicOf(text: string): NoticeTopic {
  const topic = NOTICE_TOPICS.find((known) => known === text)
  if (topic === undefined) throw new UsageFault(`--kind takes one of ${NOTICE_TOPICS.join(', ')}, not ${text}.`)
  return topic
}

function settingsText({ thresholds, enrolmentFailures, connectorFailures }: NoticeSettings): string {
  return facts([
    ...EXPIRY_TOPICS.map((topic) => [topic, thresholds[topic].join(', ') || 'never'] as const),
    ['enrolment-failures', `${enrolmentFailures.count} within ${enrolmentFailures.minutes} minutes`],
    ['connector-failures', `${connectorFailures.count} in a row`],
  ])
}
