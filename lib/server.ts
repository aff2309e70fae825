/** Wiring: builds each service from its adapters. The only file that knows both. */
import { hostname } from 'node:os'
import { signerClient } from '@/lib/adapters/keys/signer-client'
import { accessStore } from '@/lib/adapters/store/access'
import { auditStore } from '@/lib/adapters/store/audit'
import { authorityStore, registrationAuthorityStore } from '@/lib/adapters/store/authorities'
import { certificateStore } from '@/lib/adapters/store/certificates'
import { challengeStore, challengeUpkeepStore, redemptionStore } from '@/lib/adapters/store/challenges'
import { openDatabase } from '@/lib/adapters/store/database'
import { groupStore } from '@/lib/adapters/store/groups'
import { issuanceStore } from '@/lib/adapters/store/issuance'
import { jobStore } from '@/lib/adapters/store/jobs'
import { guarded } from '@/lib/adapters/store/outage'
import { pruneStore } from '@/lib/adapters/store/prune'
import { scepEnrolmentStore } from '@/lib/adapters/store/scep-enrolment'
import { sessionStore } from '@/lib/adapters/store/sessions'
import { setupStore } from '@/lib/adapters/store/setup'
import { statusStore } from '@/lib/adapters/store/status'
import { transactionStore } from '@/lib/adapters/store/transactions'
import { type Config, config } from '@/lib/config'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import { prune } from '@/lib/jobs/prune'
import { publishCrls } from '@/lib/jobs/publish-crls'
import { reconcileIssuance } from '@/lib/jobs/reconcile-issuance'
import { renewRegistrationAuthorities } from '@/lib/jobs/renew-registration-authorities'
import { type Job, type RunningJobs, startJobs } from '@/lib/jobs/runner'
import type { AccessService } from '@/lib/services/access'
import { createAccess } from '@/lib/services/access'
import type { AuditService } from '@/lib/services/audit'
import { nameAuditNode } from '@/lib/services/audit-events'
import { createAudit } from '@/lib/services/audit-trail'
import { createAuthorities } from '@/lib/services/authorities'
import { type CertificatesService, createCertificates } from '@/lib/services/certificates'
import { type ChallengesService, createChallenges } from '@/lib/services/challenges'
import { createGroups, type GroupsService } from '@/lib/services/groups'
import type { IntentDeps } from '@/lib/services/intents'
import { createIssuance } from '@/lib/services/issuance'
import { createPasswords } from '@/lib/services/passwords'
import { createPruning } from '@/lib/services/pruning'
import { createRegistrationAuthorities } from '@/lib/services/registration-authorities'
import { createScepEnrolment, type ScepEnrolmentService, type ScepOptions } from '@/lib/services/scep-enrolment'
import { createSetup, type SetupService } from '@/lib/services/setup'
import type { Signer } from '@/lib/services/signer'
import { createStatus, type StatusService } from '@/lib/services/status'
import { createTransactions, type TransactionsService } from '@/lib/services/transactions'
import { createUrls, type Urls } from '@/lib/services/urls'
import packageJson from '@/package.json' with { type: 'json' }

export interface Services {
  urls: Urls
  setup: SetupService
  access: AccessService
  groups: GroupsService
  challenges: ChallengesService
  certificates: CertificatesService
  transactions: TransactionsService
  audit: AuditService
  status: StatusService
  scepEnrolment: ScepEnrolmentService
  signer: Signer
  /** Everything that runs by the clock; started by one process per instance. */
  jobs: Job[]
  startJobs(log: (line: string) => void): RunningJobs
  /** Whether database and signer can be used, for /readyz. */
  ready(): Promise<{ database: boolean; signer: boolean }>
  close(): Promise<void>
}

export interface Wiring {
  databaseUrl: string
  signerSocket: string
  publicUrl: URL
  statusUrl: URL
  clock?: () => Date
  log?(level: 'info' | 'warn' | 'error', event: string, facts: Record<string, string | number | null>): void
  /** Called between the steps of issuance, for the tests that kill the process there. */
  checkpoint?: NonNullable<IntentDeps['checkpoint']>
  scep?: Partial<ScepOptions>
}

const { version: VERSION } = packageJson

let services: Services | undefined

/** The services of this process, built at first use. */
export function server(): Services {
  services ??= buildServices(wiringOf(config()))
  return services
}

function wiringOf({ databaseUrl, signerSocket, publicUrl, statusUrl }: Config): Wiring {
  return { databaseUrl, signerSocket, publicUrl, statusUrl }
}

export function buildServices(wiring: Wiring): Services {
  const { clock = () => new Date(), log = logLine } = wiring
  nameAuditNode({ id: hostname(), version: VERSION })
  const database = openDatabase(wiring.databaseUrl)
  const signer = signerClient(wiring.signerSocket)
  const urls = createUrls(wiring)

  const audit = createAudit({ store: guarded(auditStore(database)), clock })
  const passwords = createPasswords({ signer })
  const access = createAccess({ store: guarded(accessStore(database)), signer, passwords, audit, clock })

  const issuance = createIssuance({
    store: guarded(issuanceStore(database)),
    signer,
    urls,
    clock,
    ...(wiring.checkpoint === undefined ? {} : { checkpoint: wiring.checkpoint }),
  })
  const authorities = createAuthorities({ store: guarded(authorityStore(database)), signer, issuance, urls, clock })
  const registrationAuthorities = createRegistrationAuthorities({
    store: guarded(registrationAuthorityStore(database)),
    signer,
    issuance,
    urls,
    clock,
  })
  const scepEnrolment = createScepEnrolment({
    store: scepEnrolmentStore(database),
    challenges: redemptionStore(database),
    issuance,
    signer,
    audit,
    limit: access.limit,
    clock,
    log,
    ...(wiring.scep === undefined ? {} : { options: wiring.scep }),
  })
  // Refusals that were only counted reach the trail within a minute; each process counts its own.
  const flushing = setInterval(() => void scepEnrolment.flush().catch(() => {}), 60_000).unref()
  const status = createStatus({ store: guarded(statusStore(database)), signer, clock })

  const jobs = [
    publishCrls(status),
    reconcileIssuance(issuance),
    expireChallenges(challengeUpkeepStore(database)),
    renewRegistrationAuthorities(registrationAuthorities),
    prune(createPruning({ store: guarded({ ...pruneStore(database), ...sessionStore(database) }) })),
  ]
  return {
    urls,
    audit,
    access,
    signer,
    status,
    jobs,
    setup: createSetup({ store: guarded(setupStore(database)), passwords, createRoot: authorities.createRoot, clock }),
    groups: createGroups({ store: guarded(groupStore(database)), signer, issuance, urls, clock }),
    challenges: createChallenges({ store: challengeStore(database), signer, urls, audit }),
    certificates: createCertificates({ store: guarded(certificateStore(database)), clock }),
    transactions: createTransactions({ store: transactionStore(database) }),
    scepEnrolment,
    startJobs: (jobLog) => startJobs(jobs, jobStore(database), clock, { log: jobLog }),
    async ready() {
      const [databaseAnswers, signerAnswers] = await Promise.allSettled([database.$queryRaw`select 1`, signer.status()])
      return {
        database: databaseAnswers.status === 'fulfilled',
        signer: signerAnswers.status === 'fulfilled' && signerAnswers.value.ready,
      }
    },
    async close() {
      clearInterval(flushing)
      await scepEnrolment.flush().catch(() => {})
      signer.close()
      await database.$disconnect()
    },
  }
}

/**
 * One JSON line per event, beside standard output, which belongs to answers. The facts hold no secret. Lines of requests
 * leave ten times a second; whatever is amiss leaves at once, after those before it.
 */
function logLine(level: 'info' | 'warn' | 'error', event: string, facts: Record<string, string | number | null>): void {
  unwritten.push(`${JSON.stringify({ level, event, ...facts })}\n`)
  if (level !== 'info') return writeLines()
  if (unwritten.length === 1) setTimeout(writeLines, 100).unref()
}

const unwritten: string[] = []

function writeLines(): void {
  if (unwritten.length > 0) process.stderr.write(unwritten.splice(0).join(''))
}

process.once('exit', writeLines)
