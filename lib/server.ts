/** Wiring: builds each service from its adapters. The only file that knows both. */
import { availableParallelism, hostname } from 'node:os'
import { docFolder, lockFile } from '@/lib/adapters/docs/doc-folder'
import { signerClient } from '@/lib/adapters/keys/signer-client'
import { intuneClient } from '@/lib/adapters/mdm/intune-client'
import { jamfClient } from '@/lib/adapters/mdm/jamf-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { guardedMail } from '@/lib/adapters/net/guarded-mail'
import { reportPdf } from '@/lib/adapters/reports/pdf'
import { accessStore } from '@/lib/adapters/store/access'
import { activityStore } from '@/lib/adapters/store/activity'
import { approvalStore } from '@/lib/adapters/store/approvals'
import { asOfStore } from '@/lib/adapters/store/as-of'
import { atOnceStore } from '@/lib/adapters/store/at-once'
import { auditStore } from '@/lib/adapters/store/audit'
import { auditObjectStore } from '@/lib/adapters/store/audit-objects'
import { auditReportStore } from '@/lib/adapters/store/audit-report'
import { authorityStore, registrationAuthorityStore } from '@/lib/adapters/store/authorities'
import { authorityImportStore } from '@/lib/adapters/store/authority-imports'
import { breakGlassStore } from '@/lib/adapters/store/break-glass'
import { bulkRevocationStore } from '@/lib/adapters/store/bulk-revocations'
import { certificateStore } from '@/lib/adapters/store/certificates'
import { alarmStore } from '@/lib/adapters/store/challenge-alarms'
import { challengePageStore } from '@/lib/adapters/store/challenge-page'
import { receiverStore, validationStore } from '@/lib/adapters/store/challenge-validation'
import { challengeStore, challengeUpkeepStore, redemptionStore } from '@/lib/adapters/store/challenges'
import { connectorStore } from '@/lib/adapters/store/connectors'
import { crlListStore } from '@/lib/adapters/store/crl-lists'
import { shardStore } from '@/lib/adapters/store/crl-shards'
import { isOnThisMachine, openDatabase } from '@/lib/adapters/store/database'
import { defaultEndpointStore } from '@/lib/adapters/store/default-endpoint'
import { deviceActionStore } from '@/lib/adapters/store/device-actions'
import { deviceBrakeStore } from '@/lib/adapters/store/device-brake'
import { deviceLinkStore } from '@/lib/adapters/store/device-links'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { deviceRuleStore } from '@/lib/adapters/store/device-rules'
import { deviceStore } from '@/lib/adapters/store/devices'
import { diagnosticStore } from '@/lib/adapters/store/diagnostics'
import { eventWebhookStore } from '@/lib/adapters/store/event-webhooks'
import { flightRecordStore } from '@/lib/adapters/store/flight-records'
import { grantStore } from '@/lib/adapters/store/grants'
import { groupRetirementStore } from '@/lib/adapters/store/group-retirement'
import { groupStore } from '@/lib/adapters/store/groups'
import { hookMessageStore } from '@/lib/adapters/store/hook-messages'
import { intuneChallengeStore, intuneReportStore, intuneRevocationStore } from '@/lib/adapters/store/intune'
import { inventoryReadingStore } from '@/lib/adapters/store/inventory-readings'
import { issuanceStore } from '@/lib/adapters/store/issuance'
import { jamfDeviceRows } from '@/lib/adapters/store/jamf-devices'
import { jamfEventQueue } from '@/lib/adapters/store/jamf-events'
import { jobStore } from '@/lib/adapters/store/jobs'
import { mailServerStore } from '@/lib/adapters/store/mail-server'
import {
  connectorCallStore,
  connectorUpkeepStore,
  mdmConnectorRows,
  mdmConnectorStore,
} from '@/lib/adapters/store/mdm-connectors'
import { minterStore, signedStore } from '@/lib/adapters/store/minters'
import { authorisationStore, networkAccessStore, radiusReadinessStore } from '@/lib/adapters/store/network-access'
import { networkDecisionStore } from '@/lib/adapters/store/network-decisions'
import { noticeRaisingStore } from '@/lib/adapters/store/notice-raising'
import { recipientStore } from '@/lib/adapters/store/notice-recipients'
import { noticeStore } from '@/lib/adapters/store/notices'
import { notificationStore } from '@/lib/adapters/store/notifications'
import { ocspStore } from '@/lib/adapters/store/ocsp'
import { ocspResponderStore } from '@/lib/adapters/store/ocsp-responders'
import { guarded } from '@/lib/adapters/store/outage'
import { overdueRenewalStore } from '@/lib/adapters/store/overdue-renewals'
import { overviewStore } from '@/lib/adapters/store/overview'
import { policyVersionStore } from '@/lib/adapters/store/policy-versions'
import { postureStore } from '@/lib/adapters/store/posture'
import { profileSignerStore } from '@/lib/adapters/store/profile-signers'
import { provenanceStore } from '@/lib/adapters/store/provenance'
import { pruneStore } from '@/lib/adapters/store/prune'
import { renewalStore } from '@/lib/adapters/store/renewals'
import { rolloverStore } from '@/lib/adapters/store/rollover'
import { savedViewStore } from '@/lib/adapters/store/saved-views'
import { scepEnrolmentStore } from '@/lib/adapters/store/scep-enrolment'
import { queryStore } from '@/lib/adapters/store/scep-queries'
import { searchStore } from '@/lib/adapters/store/search'
import { sessionStore } from '@/lib/adapters/store/sessions'
import { setupStore } from '@/lib/adapters/store/setup'
import { shareCommitsAmong } from '@/lib/adapters/store/shared-commit'
import { simulationStore } from '@/lib/adapters/store/simulation'
import { staticSecretStore } from '@/lib/adapters/store/static-secrets'
import { statusStore } from '@/lib/adapters/store/status'
import { type StatusFeed, statusFeed } from '@/lib/adapters/store/status-feed'
import { supersessionStore } from '@/lib/adapters/store/supersession'
import { transactionStore } from '@/lib/adapters/store/transactions'
import { trustStore } from '@/lib/adapters/store/trust'
import { validationUpkeepStore } from '@/lib/adapters/store/validation-upkeep'
import { validatorCircuitStore } from '@/lib/adapters/store/validator-calls'
import { fineTime } from '@/lib/adapters/time/fine-time'
import { webhookClient } from '@/lib/adapters/validation/webhook'
import { type Config, config, type OutboundPlace } from '@/lib/config'
import { actOnDevices } from '@/lib/jobs/act-on-devices'
import { closeValidations } from '@/lib/jobs/close-validations'
import { deliverEvents } from '@/lib/jobs/deliver-events'
import { deliverNotices } from '@/lib/jobs/deliver-notices'
import { deliverNotifications } from '@/lib/jobs/deliver-notifications'
import { expireChallenges } from '@/lib/jobs/expire-challenges'
import { findOverdueRenewals } from '@/lib/jobs/find-overdue-renewals'
import { forgetRecords } from '@/lib/jobs/forget-records'
import { keepPosture } from '@/lib/jobs/keep-posture'
import { prune } from '@/lib/jobs/prune'
import { publishCrls } from '@/lib/jobs/publish-crls'
import { pullIntuneRevocations } from '@/lib/jobs/pull-intune-revocations'
import { raiseNotices } from '@/lib/jobs/raise-notices'
import { reconcileIssuance } from '@/lib/jobs/reconcile-issuance'
import { renewOcspResponders } from '@/lib/jobs/renew-ocsp-responders'
import { renewProfileSigner } from '@/lib/jobs/renew-profile-signer'
import { renewRegistrationAuthorities } from '@/lib/jobs/renew-registration-authorities'
import { revokeInBulk } from '@/lib/jobs/revoke-in-bulk'
import { rollOverIssuers } from '@/lib/jobs/roll-over-issuers'
import { type Job, type RunningJobs, startJobs } from '@/lib/jobs/runner'
import { supersedeCertificates } from '@/lib/jobs/supersede-certificates'
import { syncJamf } from '@/lib/jobs/sync-jamf'
import { tendApprovals } from '@/lib/jobs/tend-approvals'
import { tendConnectors } from '@/lib/jobs/tend-connectors'
import { tendCrlShards } from '@/lib/jobs/tend-crl-shards'
import { workJamfEvents } from '@/lib/jobs/work-jamf-events'
import type { AccessService } from '@/lib/services/access'
import { createAccess } from '@/lib/services/access'
import { type ActivityService, createActivity } from '@/lib/services/activity'
import { createApprovalAuthorisation } from '@/lib/services/approval-authorisation'
import type { ApprovalsService } from '@/lib/services/approval-types'
import { createApprovals } from '@/lib/services/approvals'
import { type AsOfService, createAsOf } from '@/lib/services/as-of'
import type { AuditService } from '@/lib/services/audit'
import { nameAuditNode } from '@/lib/services/audit-events'
import { type AuditExportService, createAuditExport } from '@/lib/services/audit-export'
import { type AuditObjectsService, createAuditObjects } from '@/lib/services/audit-objects'
import { type AuditReportService, createAuditReport } from '@/lib/services/audit-report'
import { createAudit } from '@/lib/services/audit-trail'
import { createAuthorities } from '@/lib/services/authorities'
import { createAuthorityImports } from '@/lib/services/authority-import'
import type { AuthorityImports } from '@/lib/services/authority-import-types'
import { type BackupsService, createBackups } from '@/lib/services/backups'
import { type BreakGlassService, createBreakGlass } from '@/lib/services/break-glass'
import { createBulkRevocations } from '@/lib/services/bulk-revocation'
import type { BulkRevocationsService } from '@/lib/services/bulk-revocation-types'
import { type CertificatesService, createCertificates } from '@/lib/services/certificates'
import { type AlarmsService, createAlarms } from '@/lib/services/challenge-alarms'
import { type ChallengePage, createChallengePage } from '@/lib/services/challenge-page'
import { createPageAccounts, type PageAccountsService } from '@/lib/services/challenge-page-accounts'
import { createRedemption } from '@/lib/services/challenge-redemption'
import { type ChallengeValidation, createChallengeValidation } from '@/lib/services/challenge-validation'
import { type ChallengesService, createChallenges } from '@/lib/services/challenges'
import { type ConnectorsService, createConnectors } from '@/lib/services/connectors'
import { type CrlLists, createCrlLists } from '@/lib/services/crl-lists'
import { createShards } from '@/lib/services/crl-shards'
import { createDefaultEndpoint, type DefaultEndpointService } from '@/lib/services/default-endpoint'
import { createDelegation } from '@/lib/services/delegated-enrolment'
import { createDeviceActions } from '@/lib/services/device-actions'
import { createDeviceBrake, type DeviceBrakeService } from '@/lib/services/device-brake'
import { createDeviceLinks } from '@/lib/services/device-links'
import { createDeviceReports } from '@/lib/services/device-reports'
import { createDeviceRules, type DeviceRulesService } from '@/lib/services/device-rules'
import type { DeviceReports } from '@/lib/services/device-types'
import { createDevices, type DevicesService } from '@/lib/services/devices'
import { createDiagnostics, type DiagnosticsService } from '@/lib/services/diagnostics'
import { createEndpoints, type EndpointsService } from '@/lib/services/endpoints'
import { createEnrolAtOnce } from '@/lib/services/enrolment-at-once'
import { createEventDelivery } from '@/lib/services/event-delivery'
import type { EventWebhooksService } from '@/lib/services/event-webhook-types'
import { createEventWebhooks } from '@/lib/services/event-webhooks'
import { createFlightRecorder } from '@/lib/services/flight-recorder'
import { createGroupRetirement, type GroupRetirement } from '@/lib/services/group-retirement'
import { createGroups, type GroupsService } from '@/lib/services/groups'
import { createHelp, type HelpService } from '@/lib/services/help'
import { createHookReception, type HookReception } from '@/lib/services/hook-reception'
import type { IntentDeps } from '@/lib/services/intents'
import { intuneKind } from '@/lib/services/intune'
import { createIntuneCertificates, type IntuneCertificatesService } from '@/lib/services/intune-certificates'
import { createIntuneDelegate } from '@/lib/services/intune-delegate'
import { createIntuneTeller } from '@/lib/services/intune-notices'
import { createIntuneRevocations } from '@/lib/services/intune-revocations'
import { createInventoryReadings, type InventoryReadingsService } from '@/lib/services/inventory-readings'
import { createIssuance } from '@/lib/services/issuance'
import { createJamfEvents } from '@/lib/services/jamf-events'
import { createEntitlingGroups } from '@/lib/services/jamf-groups'
import { createJamfHook } from '@/lib/services/jamf-hook'
import { createJamfKind } from '@/lib/services/jamf-kind'
import { createJamfLookup } from '@/lib/services/jamf-lookup'
import { createJamfMinting } from '@/lib/services/jamf-minting'
import { createJamfSync, type JamfSync } from '@/lib/services/jamf-sync'
import { createLicences, type LicencesService } from '@/lib/services/licences'
import { createListExports, type ListExports } from '@/lib/services/list-exports'
import { createMailServer, type MailServerService } from '@/lib/services/mail-server'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'
import type { MdmKindDefinition } from '@/lib/services/mdm-connector-types'
import { createConnectorUpkeep } from '@/lib/services/mdm-connector-upkeep'
import type { MdmConnectorsService } from '@/lib/services/mdm-connector-views'
import { createMdmConnectors } from '@/lib/services/mdm-connectors'
import { createMdmEvents, EVENTS_KIND } from '@/lib/services/mdm-events'
import type { HookHandler } from '@/lib/services/mdm-hooks'
import { createMdmProfiles, type MdmProfilesService } from '@/lib/services/mdm-profiles'
import { createMinters, type MintersService } from '@/lib/services/minters'
import { createNetworkAccess, type NetworkAccessService } from '@/lib/services/network-access'
import { createNetworkDecisions } from '@/lib/services/network-decisions'
import { createNetworkHistory, type NetworkHistoryService } from '@/lib/services/network-history'
import { createNoticeDelivery } from '@/lib/services/notice-delivery'
import { createNoticeRaising } from '@/lib/services/notice-raising'
import type { NoticesService } from '@/lib/services/notice-types'
import { createNotices } from '@/lib/services/notices'
import { createNotifications } from '@/lib/services/notifications'
import { createOcsp, type OcspService } from '@/lib/services/ocsp'
import { createOcspResponders } from '@/lib/services/ocsp-responders'
import type { Outbound } from '@/lib/services/outbound'
import { createOverdueRenewals, type OverdueRenewals } from '@/lib/services/overdue-renewals'
import { createOverview, type OverviewService } from '@/lib/services/overview'
import { createPace, type Pace } from '@/lib/services/pace'
import { createPasswords } from '@/lib/services/passwords'
import { createPolicyVersions, type PolicyVersionsService } from '@/lib/services/policy-versions'
import { createPosture } from '@/lib/services/posture'
import type { PostureService } from '@/lib/services/posture-types'
import { createProfileSigners } from '@/lib/services/profile-signers'
import { createProvenance, type ProvenanceService } from '@/lib/services/provenance'
import { createPruning } from '@/lib/services/pruning'
import { createRadiusAuthorisation, type RadiusAuthorisation } from '@/lib/services/radius-authorisation'
import { createRadiusCallers, type RadiusCallers } from '@/lib/services/radius-callers'
import { createRadiusConfiguration, type RadiusConfigurationService } from '@/lib/services/radius-configuration'
import { createRadiusReadiness, type RadiusReadinessService } from '@/lib/services/radius-readiness'
import { createReadings, type ReadingsService } from '@/lib/services/readings'
import { createReceivers, type ReceiversService } from '@/lib/services/receivers'
import { createRegistrationAuthorities } from '@/lib/services/registration-authorities'
import { createRetention, type RetentionService } from '@/lib/services/retention'
import { createRollover, type RolloverService } from '@/lib/services/rollover'
import { createSavedViews, type SavedViewsService } from '@/lib/services/saved-views'
import {
  createScepEnrolment,
  SCEP_OPTIONS,
  type ScepEnrolmentService,
  type ScepOptions,
} from '@/lib/services/scep-enrolment'
import { createSearch, type SearchService } from '@/lib/services/search'
import { createSetup, type SetupService } from '@/lib/services/setup'
import { createSignedChallenges } from '@/lib/services/signed-challenges'
import { createSignedInspection } from '@/lib/services/signed-inspection'
import type { Signer } from '@/lib/services/signer'
import { createSimulation } from '@/lib/services/simulation'
import type { SimulationService } from '@/lib/services/simulation-types'
import { createStaticAuthorisation } from '@/lib/services/static-authorisation'
import { createStaticSecrets, STATIC_SECRET_COST, type StaticSecretsService } from '@/lib/services/static-secrets'
import { createStatus, type StatusService } from '@/lib/services/status'
import { createSupersession } from '@/lib/services/supersession'
import { createTransactions, type TransactionsService } from '@/lib/services/transactions'
import { createTrust, type TrustService } from '@/lib/services/trust'
import { createUnderWay } from '@/lib/services/under-way'
import { createUrls, type Urls } from '@/lib/services/urls'
import { parseVerdict } from '@/lib/services/validator-verdict'
import { createValidatorCalls, unnoted } from '@/lib/services/validators'
import packageJson from '@/package.json' with { type: 'json' }

export interface Services {
  urls: Urls
  setup: SetupService
  access: AccessService
  pace: Pace
  groups: GroupsService
  authorityImports: AuthorityImports
  endpoints: EndpointsService
  challenges: ChallengesService
  challengePage: ChallengePage
  challengePageAccounts: PageAccountsService
  staticSecrets: StaticSecretsService
  approvals: ApprovalsService
  alarms: AlarmsService
  minters: MintersService
  certificates: CertificatesService
  bulkRevocations: BulkRevocationsService
  breakGlass: BreakGlassService
  transactions: TransactionsService
  connectors: ConnectorsService
  mdmConnectors: MdmConnectorsService
  intuneCertificates: IntuneCertificatesService
  help: HelpService
  hooks: HookReception
  diagnostics: DiagnosticsService
  licences: LicencesService
  validation: Pick<ChallengeValidation, 'validate'>
  receivers: ReceiversService
  deviceBrake: DeviceBrakeService
  deviceReports: DeviceReports
  inventoryReadings: InventoryReadingsService
  deviceRules: DeviceRulesService
  devices: DevicesService
  eventWebhooks: EventWebhooksService
  mailServer: MailServerService
  notices: NoticesService
  listExports: ListExports
  savedViews: SavedViewsService
  overdueRenewals: Pick<OverdueRenewals, 'list' | 'matching' | 'count'>
  overview: OverviewService
  backups: BackupsService
  /** "Sync now": the whole inventory of this Jamf Pro is read within seconds. */
  jamfSync: JamfSync['want']
  search: SearchService
  simulation: SimulationService
  retention: RetentionService
  posture: PostureService
  groupRetirement: GroupRetirement
  defaultEndpoint: DefaultEndpointService
  audit: AuditService
  activity: ActivityService
  asOf: AsOfService
  policyVersions: PolicyVersionsService
  provenance: ProvenanceService
  auditExport: AuditExportService
  auditObjects: AuditObjectsService
  auditReport: AuditReportService
  readings: ReadingsService
  status: StatusService
  ocsp: Pick<OcspService, 'answer'>
  crlLists: CrlLists
  trust: TrustService
  rollover: RolloverService
  networkAccess: NetworkAccessService
  networkHistory: NetworkHistoryService
  radiusAuthorisation: RadiusAuthorisation
  radiusCallers: RadiusCallers
  mdmProfiles: MdmProfilesService
  radiusConfiguration: RadiusConfigurationService
  radiusReadiness: RadiusReadinessService
  scepEnrolment: ScepEnrolmentService
  signer: Signer
  /** Everything that runs by the clock; started by one process per instance. */
  jobs: Job[]
  startJobs(log: (line: string) => void): RunningJobs
  /** From now on OCSP keeps answers in memory, and hears what changes; for the process that answers. */
  followStatus(log: (line: string) => void): void
  /** Whether database and signer can be used, for /readyz. */
  ready(): Promise<{ database: boolean; signer: boolean }>
  close(): Promise<void>
}

export interface Wiring {
  databaseUrl: string
  signerSocket: string
  publicUrl: URL
  statusUrl: URL
  /** Whether new certificates name a shard of their issuer's CRL; unless told otherwise they do. */
  crlShards?: boolean
  outboundAllow?: OutboundPlace[]
  clock?: () => Date
  log?(level: 'info' | 'warn' | 'error', event: string, facts: Record<string, string | number | null>): void
  /** Called between the steps of issuance, for the tests that kill the process there. */
  checkpoint?: NonNullable<IntentDeps['checkpoint']>
  scep?: Partial<ScepOptions>
}

/** What the flight recorder gathered is written this often, many exchanges in one statement. */
const RECORDS_EVERY_MS = 500
/** What the network decided is written this often. */
const DECISIONS_EVERY_MS = 1_000
const MOST_INVENTORY_BYTES = 16 * 1024 * 1024

const { version: VERSION } = packageJson

function runtimeFacts() {
  return {
    version: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    uptimeSeconds: Math.round(process.uptime()),
    memoryBytes: process.memoryUsage.rss(),
  }
}

let services: Services | undefined

/** The services of this process, built at first use. */
export function server(): Services {
  services ??= buildServices(wiringOf(config()))
  return services
}

function wiringOf({ databaseUrl, signerSocket, publicUrl, statusUrl, crlShards, outboundAllow }: Config): Wiring {
  return { databaseUrl, signerSocket, publicUrl, statusUrl, crlShards, outboundAllow }
}

/**
 * Where front, signer and Postgres take the same two cores from each other, enrolments are written when half of those are
 * there that are under way: what is done once for many of them is what costs most (docs/performance.md). With more cores,
 * each has its own.
 */
const CORES_SHARED = 2

export function buildServices(wiring: Wiring): Services {
  const { clock = () => new Date(), log = logLine } = wiring
  nameAuditNode({ id: hostname(), version: VERSION })
  const database = openDatabase(wiring.databaseUrl)
  const enrolments = createUnderWay()
  if (availableParallelism() <= CORES_SHARED && isOnThisMachine(wiring.databaseUrl))
    shareCommitsAmong(database, enrolments)
  const signer = signerClient(wiring.signerSocket)
  const urls = createUrls(wiring)

  const trail = guarded(auditStore(database))
  const audit = createAudit({ store: trail, clock })
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
  const rollover = createRollover({ store: guarded(rolloverStore(database)), signer, issuance, urls, clock })
  const breakGlass = createBreakGlass({ store: guarded(breakGlassStore(database)), audit, rollover, clock })
  const turns = scepEnrolmentStore(database)
  const redemption = redemptionStore(database)
  const grants = grantStore(database)
  const renewalRows = renewalStore(database)
  const approvalRows = approvalStore(database)
  const approvals = createApprovals({ store: approvalRows, grants, challenges: redemption, issuance })
  const secrets = staticSecretStore(database)
  // A queue of its own: devices never keep people from signing in.
  const secretHashes = createPasswords({ signer, parameters: STATIC_SECRET_COST })
  const validators = validatorCircuitStore(database)
  const outbound = guardedFetch({ rules: wiring.outboundAllow ?? [] })
  const calling = { client: webhookClient({ outbound }), signer, clock, parse: parseVerdict }
  const calls = createValidatorCalls({ ...calling, store: validators })
  const connectorRows = mdmConnectorRows(database)
  const connectorCalls = createConnectorCalls({ store: connectorCallStore(database), log })
  const caller = `Latchkey/${VERSION}`
  // A list of a hundred requests to revoke is larger than what a validator answers.
  const mdmOutbound = guardedFetch({ rules: wiring.outboundAllow ?? [], mostBytes: 1024 * 1024 })
  const intune = intuneClient({
    outbound: mdmOutbound,
    calls: connectorCalls,
    rows: connectorRows,
    signer,
    caller,
    clock,
  })
  const aboutIntune = { client: intune, rows: connectorRows, signer, caller }
  const notifications = createNotifications({
    store: notificationStore(database),
    calls,
    intune: createIntuneTeller({ ...aboutIntune, reports: intuneReportStore(database) }),
    clock,
  })
  const delegated = createDelegation({
    validators,
    calls,
    intune: createIntuneDelegate({ ...aboutIntune, challenges: intuneChallengeStore(database) }),
    notifications,
    grants,
    redemption,
    transactions: turns,
    clock,
  })
  const judging = { store: signedStore(database), signer, urls, clock }
  const signed = createSignedChallenges({ ...judging, limit: access.limit })
  const validation = createChallengeValidation({
    store: validationStore(database),
    turns,
    authoriser: createRedemption({
      store: redemption,
      signed,
      signer,
      clock,
      pause: async () => {},
      // Whoever asks by webhook waits two seconds at most: a rival's reservation is a no for now.
      rules: { patienceMilliseconds: 0, replayWindowSeconds: SCEP_OPTIONS.replayWindowSeconds },
    }),
    signer,
    clock,
  })
  const profileSigners = createProfileSigners({ store: profileSignerStore(database), signer, issuance, urls, clock })
  const groups = createGroups({ store: guarded(groupStore(database)), signer, issuance, urls, clock })
  const networkAccess = createNetworkAccess({ store: networkAccessStore(database) })
  const flights = flightRecordStore(database)
  const elapsed = () => performance.now()
  // A page of an inventory is longer than any answer that a device waits for.
  const inventories = guardedFetch({ rules: wiring.outboundAllow ?? [], mostBytes: MOST_INVENTORY_BYTES })
  const jamfApi = jamfClient({ outbound: inventories, calls: connectorCalls, signer })
  const jamfDevices = jamfDeviceRows(database)
  const recorder = createFlightRecorder({ store: flights, clock, log })
  const scepEnrolment = createScepEnrolment({
    store: turns,
    challenges: redemption,
    enrolAtOnce: createEnrolAtOnce({ store: atOnceStore(database), signer, issuance }),
    underWay: enrolments,
    renewals: renewalRows,
    queries: queryStore(database),
    signed,
    issuance,
    signer,
    audit,
    deviceCheck: createJamfLookup({ rows: connectorRows, devices: jamfDevices, api: jamfApi }),
    authorisers: {
      delegated,
      static: createStaticAuthorisation({ store: secrets, challenges: redemption, signer, passwords: secretHashes }),
      approval: createApprovalAuthorisation({ store: approvalRows, grants, challenges: redemption }),
    },
    recorder,
    limit: access.limit,
    clock,
    fine: fineTime,
    log,
    ...(wiring.scep === undefined ? {} : { options: wiring.scep }),
  })
  // Refusals that were only counted reach the trail within a minute; each process counts its own.
  const flushing = setInterval(() => void scepEnrolment.flush().catch(() => {}), 60_000).unref()
  const recording = setInterval(() => void recorder.flush(), RECORDS_EVERY_MS).unref()
  const ocsp = createOcsp({ store: ocspStore(database), signer, clock, elapsed })
  let feed: StatusFeed | null = null
  const radiusRows = radiusReadinessStore(database)
  const decisionRows = networkDecisionStore(database)
  const decisions = createNetworkDecisions({ store: decisionRows, clock, log })
  const deciding = setInterval(() => void decisions.flush(), DECISIONS_EVERY_MS).unref()
  const status = createStatus({ store: guarded(statusStore(database)), signer, clock })

  const trust = createTrust({ store: guarded(trustStore(database)), urls, clock })

  const challenges = createChallenges({ store: challengeStore(database), signer, urls, audit, limit: access.limit })
  const pages = challengePageStore(database)
  const certificates = createCertificates({ store: guarded(certificateStore(database)), clock })
  const bulkRevocations = createBulkRevocations({ store: guarded(bulkRevocationStore(database)), clock })
  const transactions = createTransactions({ store: transactionStore(database) })

  const mailRows = mailServerStore(database)
  const mailing = {
    store: mailRows,
    mailer: guardedMail({ name: urls.publicUrl.hostname, rules: wiring.outboundAllow ?? [] }),
    signer,
    urls,
    clock,
  }
  const devices = createDevices({ store: deviceStore(database), certificates, challenges, transactions, clock })
  const help = createHelp({ folder: docFolder(process.cwd()) })

  const eventWebhookRows = eventWebhookStore(database)
  const overdueRenewals = createOverdueRenewals({ store: overdueRenewalStore(database), clock })
  const deviceReports = createDeviceReports({ store: deviceReportStore(database), clock })
  const jamfQueue = jamfEventQueue(database)
  const jamfGroups = createEntitlingGroups({ api: jamfApi, calls: connectorCalls, monotonic: elapsed })
  const jamf = {
    rows: connectorRows,
    queue: jamfQueue,
    devices: jamfDevices,
    api: jamfApi,
    groups: jamfGroups,
    reports: deviceReports,
    calls: connectorCalls,
    monotonic: elapsed,
    clock,
  }
  const jamfSync = createJamfSync(jamf)
  const ready = async () => {
    const [databaseAnswers, signerAnswers] = await Promise.allSettled([database.$queryRaw`select 1`, signer.status()])
    return {
      database: databaseAnswers.status === 'fulfilled',
      signer: signerAnswers.status === 'fulfilled' && signerAnswers.value.ready,
    }
  }
  const mdmKinds: MdmKindDefinition[] = [
    EVENTS_KIND,
    intuneKind(intune),
    createJamfKind({ api: jamfApi, devices: jamfDevices, urls, clock }),
  ]
  const hookHandlers: HookHandler[] = [
    createMdmEvents({ messages: hookMessageStore(database), reports: deviceReports, clock }),
    createJamfHook({
      minting: createJamfMinting({ challenges, reports: deviceReports, devices: jamfDevices, api: jamfApi, urls }),
      queue: jamfQueue,
    }),
  ]

  const backups = createBackups({ store: guarded(auditStore(database)), audit, clock })
  const posture = createPosture({ store: postureStore(database), backups, urls, clock })
  const mdmConnectors = createMdmConnectors({
    store: mdmConnectorStore(database),
    kinds: mdmKinds,
    hookKinds: hookHandlers.map(({ kind }) => kind),
    signer,
    urls,
    clock,
  })

  const jobs = [
    publishCrls(status),
    tendConnectors(createConnectorUpkeep({ store: connectorUpkeepStore(database) })),
    tendCrlShards(createShards({ store: guarded(shardStore(database)), urls, clock })),
    reconcileIssuance(issuance),
    expireChallenges(challengeUpkeepStore(database), flights),
    forgetRecords(flights),
    tendApprovals(approvals),
    closeValidations(validationUpkeepStore(database)),
    deliverNotifications(notifications),
    pullIntuneRevocations(createIntuneRevocations({ ...aboutIntune, store: intuneRevocationStore(database), clock })),
    deliverEvents(createEventDelivery({ store: eventWebhookRows, outbound, signer, clock })),
    raiseNotices(createNoticeRaising({ store: noticeRaisingStore(database) })),
    deliverNotices(createNoticeDelivery(mailing)),
    renewRegistrationAuthorities(registrationAuthorities),
    renewOcspResponders(createOcspResponders({ store: ocspResponderStore(database), signer, issuance, clock })),
    renewProfileSigner(profileSigners),
    rollOverIssuers(rollover),
    revokeInBulk(bulkRevocations),
    actOnDevices(
      createDeviceLinks({ store: deviceLinkStore(database) }),
      createDeviceActions({ store: deviceActionStore(database) }),
    ),
    syncJamf(jamfSync),
    workJamfEvents(createJamfEvents(jamf)),
    findOverdueRenewals(overdueRenewals),
    keepPosture(posture),
    supersedeCertificates(createSupersession({ store: supersessionStore(database) })),
    prune(createPruning({ store: guarded({ ...pruneStore(database), ...sessionStore(database) }) })),
  ]
  return {
    urls,
    audit,
    activity: createActivity({ store: activityStore(database), clock }),
    asOf: createAsOf({ store: asOfStore(database), clock }),
    policyVersions: createPolicyVersions({ store: policyVersionStore(database) }),
    provenance: createProvenance({ store: provenanceStore(database) }),
    auditExport: createAuditExport({ store: trail, audit }),
    auditObjects: createAuditObjects({ store: guarded(auditObjectStore(database)) }),
    auditReport: createAuditReport({
      store: guarded({ ...auditStore(database), ...auditReportStore(database) }),
      audit,
      pdf: reportPdf,
      clock,
    }),
    readings: createReadings({ store: trail, audit, clock }),
    access,
    pace: createPace({ audit, clock }),
    signer,
    status,
    ocsp,
    crlLists: createCrlLists({ store: guarded(crlListStore(database)), urls, clock }),
    trust,
    jobs,
    setup: createSetup({ store: guarded(setupStore(database)), passwords, createRoot: authorities.createRoot, clock }),
    groups,
    authorityImports: createAuthorityImports({ store: guarded(authorityImportStore(database)), signer, urls, clock }),
    endpoints: createEndpoints({ store: guarded(groupStore(database)), signer, issuance, urls, clock }),
    challenges,
    challengePage: createChallengePage({
      store: pages,
      challenges,
      limit: access.limit,
      isLimitReached: access.isLimitReached,
      recordDenied: access.recordDenied,
      urls,
    }),
    challengePageAccounts: createPageAccounts({ store: pages, urls }),
    alarms: createAlarms({ store: alarmStore(database) }),
    minters: createMinters({ store: minterStore(database), signer, outbound, urls }),
    certificates,
    bulkRevocations,
    breakGlass,
    transactions,
    staticSecrets: createStaticSecrets({ store: secrets, signer, passwords: secretHashes }),
    approvals,
    rollover,
    networkAccess,
    mdmProfiles: createMdmProfiles({ groups, networkAccess, challenges, signers: profileSigners }),
    networkHistory: createNetworkHistory({ store: decisionRows }),
    radiusAuthorisation: createRadiusAuthorisation({ store: authorisationStore(database), decisions, clock }),
    radiusCallers: createRadiusCallers({ access, clock }),
    radiusConfiguration: createRadiusConfiguration({ store: radiusRows, status, urls, clock }),
    radiusReadiness: createRadiusReadiness({ store: radiusRows, outbound: ownStatus(urls), urls, clock }),
    connectors: createConnectors({ store: connectorStore(database), validators, calls, signer, urls, clock }),
    intuneCertificates: createIntuneCertificates({ store: mdmConnectorStore(database), signer, clock }),
    mdmConnectors,
    diagnostics: createDiagnostics({
      store: diagnosticStore(database),
      groups,
      connectors: mdmConnectors,
      audit,
      urls,
      ready,
      runtime: runtimeFacts,
      clock,
    }),
    licences: createLicences({ lockFile: lockFile(process.cwd()) }),
    help,
    hooks: createHookReception({
      rows: connectorRows,
      handlers: hookHandlers,
      calls: connectorCalls,
      signer,
      limit: access.limit,
      isLimitReached: access.isLimitReached,
      clock,
      elapsed,
    }),
    validation,
    receivers: createReceivers({ store: receiverStore(database), validation, signer, limit: access.limit, clock }),
    deviceBrake: createDeviceBrake({ store: deviceBrakeStore(database), clock }),
    deviceReports,
    inventoryReadings: createInventoryReadings({ store: inventoryReadingStore(database), rows: connectorRows }),
    deviceRules: createDeviceRules({ store: deviceRuleStore(database), clock }),
    jamfSync: jamfSync.want,
    eventWebhooks: createEventWebhooks({ store: eventWebhookRows, signer, outbound, limit: access.limit, clock }),
    mailServer: createMailServer({ ...mailing, limit: access.limit }),
    notices: createNotices({ store: { ...noticeStore(database), ...recipientStore(database) }, clock }),
    listExports: createListExports({ audit, limit: access.limit }),
    savedViews: createSavedViews({ store: savedViewStore(database) }),
    overdueRenewals,
    backups,
    overview: createOverview({ store: overviewStore(database), clock }),
    devices,
    search: createSearch({
      store: searchStore(database),
      certificates,
      challenges,
      devices,
      groups,
      transactions,
      help,
    }),
    simulation: createSimulation({
      store: simulationStore(database),
      secrets,
      approvals: approvalRows,
      renewals: renewalRows,
      validators,
      calls: createValidatorCalls({ ...calling, store: unnoted(validators) }),
      signed: createSignedInspection({ ...judging, isLimitReached: access.isLimitReached }),
      passwords: secretHashes,
      signer,
      transactions,
      limit: access.limit,
      clock,
    }),
    retention: createRetention({ store: flights }),
    posture,
    groupRetirement: createGroupRetirement({ store: groupRetirementStore(database), clock }),
    defaultEndpoint: createDefaultEndpoint({ store: defaultEndpointStore(database), urls }),
    scepEnrolment,
    startJobs: (jobLog) => startJobs(jobs, jobStore(database), clock, { log: jobLog }),
    followStatus(feedLog) {
      feed ??= statusFeed(database, { connectionString: wiring.databaseUrl, elapsed, log: feedLog })
      feed.start(ocsp.changed)
    },
    ready,
    async close() {
      clearInterval(flushing)
      clearInterval(recording)
      clearInterval(deciding)
      await scepEnrolment.flush().catch(() => {})
      await recorder.flush()
      await feed?.stop()
      await decisions.flush()
      // An exchange may have ended since.
      await recorder.flush()
      signer.close()
      await database.$disconnect()
    },
  }
}

/** The way to our own status URL, which the deployment has set, wherever it leads; a CRL can be large. */
function ownStatus({ statusUrl }: Urls): Outbound {
  const host = statusUrl.hostname.replace(/^\[(.*)\]$/, '$1')
  const rules = [{ host, port: Number(statusUrl.port) || 80, prefix: null, plain: true }]
  return guardedFetch({ rules, mostBytes: 64 * 1024 * 1024 })
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
