/**
 * What somebody who helps needs to know of an installation, as one document that its administrators can read before they
 * send it. Every field is named here one by one: whatever a view gains later stays out until somebody adds it.
 */
import type { Actor } from './actor'
import type { AuditService } from './audit'
import type { GroupsService } from './groups'
import type { MdmConnectorsService } from './mdm-connector-views'
import { authorise } from './permissions'
import type { Urls } from './urls'

export interface DatabaseFacts {
  version: string
  migrations: { name: string; finishedAt: Date | null }[]
  /** Rows as the planner estimates them: counting millions would keep the database busy. */
  tables: { name: string; rows: number; bytes: number }[]
  /** Whether the last run failed; what it said may name what belongs to nobody else, so it stays in the log. */
  jobs: { name: string; nextRunAt: Date; lastRunAt: Date | null; failed: boolean }[]
}

export interface DiagnosticStore {
  facts(): Promise<DatabaseFacts>
}

export interface RuntimeFacts {
  version: string
  node: string
  platform: string
  uptimeSeconds: number
  memoryBytes: number
}

export interface DiagnosticsDependencies {
  store: DiagnosticStore
  groups: Pick<GroupsService, 'list' | 'authorities'>
  connectors: Pick<MdmConnectorsService, 'list'>
  audit: Pick<AuditService, 'record'>
  urls: Pick<Urls, 'publicUrl' | 'statusUrl'>
  ready(): Promise<{ database: boolean; signer: boolean }>
  runtime(): RuntimeFacts
  clock: () => Date
}

export interface DiagnosticsService {
  /** Made anew each time, and recorded: who took it is in the trail. */
  collect(actor: Actor): Promise<object>
}

export function createDiagnostics(dependencies: DiagnosticsDependencies): DiagnosticsService {
  const { store, groups, connectors, audit, urls, ready, runtime, clock } = dependencies

  return {
    async collect(actor) {
      authorise(actor, 'diagnostics:read')
      const [answers, database, authorities, all, mdms] = await Promise.all([
        ready(),
        store.facts(),
        groups.authorities(actor),
        groups.list(actor),
        connectors.list(actor),
      ])
      const document = {
        collectedAt: clock(),
        latchkey: runtime(),
        addresses: { portal: urls.publicUrl.origin, status: urls.statusUrl.origin },
        answers,
        database,
        authorities: authorities.map(
          ({ slug, kind, status, keyAlgorithm, notBefore, notAfter, crl, ocspResponder }) => ({
            slug,
            kind,
            status,
            keyAlgorithm,
            notBefore,
            notAfter,
            crl: crl && {
              number: crl.number,
              thisUpdate: crl.thisUpdate,
              nextUpdate: crl.nextUpdate,
              entries: crl.entries,
            },
            ocspResponderUntil: ocspResponder?.notAfter ?? null,
          }),
        ),
        groups: all.map(({ slug, ready: made, counts, endpoints }) => ({
          slug,
          ready: made,
          counts: {
            certificates: counts.certificates,
            valid: counts.valid,
            revoked: counts.revoked,
            pendingChallenges: counts.pendingChallenges,
          },
          endpoints: endpoints.map(({ slug: name, policy, enabled, challengeTtlMinutes, registrationAuthority }) => ({
            slug: name,
            policy,
            enabled,
            challengeTtlMinutes,
            registrationAuthorityUntil: registrationAuthority?.notAfter ?? null,
          })),
        })),
        connectors: mdms.map(({ slug, kind, enabled, light, hasCredential, credentialExpiresAt }) => ({
          slug,
          kind,
          enabled,
          light,
          hasCredential,
          credentialExpiresAt,
        })),
      }
      await audit.record({
        type: 'system.diagnostics_exported',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: 'diagnostics' },
      })
      return document
    },
  }
}
