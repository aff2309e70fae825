/**
 * Notices on their way by e-mail: at least once, all that wait for somebody in one message, tried again for three days. One
 * that was sent while we broke down is sent again under the same Message-ID, so that a mailbox can drop it.
 */
import type { AuditEntry } from './audit'
import { latchkey } from './counters'
import type { Mailer, MailOutcome } from './mail'
import { type MailServerRow, openedServer } from './mail-server'
import { type MailedNotice, messageId, noticeMail } from './notice-mail'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface ClaimedMail {
  recipient: { id: string; name: string; address: string }
  /** The oldest first. `attempts`: before this one. */
  deliveries: { id: string; attempts: number; notice: MailedNotice }[]
}

export interface NoticeDeliveryStore {
  mailServer(): Promise<MailServerRow | null>
  /** What is due for one recipient, claimed so that no other instance takes it meanwhile; null when nothing is. */
  claimMail(at: Date, limit: number, claimSeconds: number): Promise<ClaimedMail | null>
  delivered(ids: readonly string[], at: Date): Promise<void>
  /** To be tried again at that time, or never when there is none. */
  failed(
    deliveries: readonly { id: string; retryAt: Date | null }[],
    failure: { error: string; at: Date },
    events: AuditEntry[],
  ): Promise<void>
}

export interface NoticeDelivery {
  /** As a job. */
  advance(): Promise<void>
}

/** 30 s … 24 h; after the last one it is given up, three days after the first. */
const RETRY_AFTER_SECONDS = [30, 120, 600, 3_600, 14_400, 43_200, 86_400, 86_400]
/** Longer than an attempt takes. */
const CLAIM_SECONDS = 60
const MOST_IN_A_MAIL = 50
const MOST_MAILS = 50

export function createNoticeDelivery({
  store,
  mailer,
  signer,
  urls,
  clock,
}: {
  store: NoticeDeliveryStore
  mailer: Mailer
  signer: Pick<Signer, 'open'>
  urls: Pick<Urls, 'publicUrl'>
  clock: () => Date
}): NoticeDelivery {
  return {
    async advance() {
      const row = await store.mailServer()
      if (row === null) return
      const server = await openedServer(row, signer)
      for (let mail = 0; mail < MOST_MAILS; mail += 1) {
        const claimed = await store.claimMail(clock(), MOST_IN_A_MAIL, CLAIM_SECONDS)
        if (claimed === null) return
        const { recipient, deliveries } = claimed
        const outcome = await mailer.send(server, {
          messageId: messageId(deliveries[0]?.id ?? recipient.id, urls.publicUrl),
          from: { name: row.fromName, address: row.fromAddress },
          to: recipient,
          ...noticeMail(
            deliveries.map(({ notice }) => notice),
            urls.publicUrl,
          ),
        })
        if (outcome.sent) {
          const ids = deliveries.map(({ id }) => id)
          await store.delivered(ids, clock())
          continue
        }
        await postponed(claimed, outcome)
        // It is the server that does not work: the next recipient would only wait for it again.
        if (outcome.fault !== 'recipient_refused') return
      }
    },
  }

  async function postponed({ recipient, deliveries }: ClaimedMail, outcome: MailOutcome & { sent: false }) {
    const at = clock()
    const settled = deliveries.map(({ id, attempts }) => {
      const seconds = outcome.final ? undefined : RETRY_AFTER_SECONDS[attempts]
      return { id, retryAt: seconds === undefined ? null : new Date(at.getTime() + seconds * 1_000) }
    })
    const lost = settled.filter(({ retryAt }) => retryAt === null).length
    const events: AuditEntry[] =
      lost === 0
        ? []
        : [
            {
              type: 'notice.failed',
              outcome: 'failure',
              reason: outcome.fault,
              actor: latchkey('deliver-notices'),
              object: { type: 'notice-recipient', id: recipient.id, name: recipient.name },
              data: { notices: lost, detail: outcome.detail.slice(0, 300) },
            },
          ]
    await store.failed(settled, { error: outcome.detail, at }, events)
  }
}
