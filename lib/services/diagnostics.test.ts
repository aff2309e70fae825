/** The diagnostics hold what is named in them and nothing else, and taking them leaves a trace. */
import { beforeEach, expect, test } from 'vitest'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { createDiagnostics, type DiagnosticsDependencies } from './diagnostics'

const noon = new Date('2026-03-01T12:00:00Z')
const actor = (role: Actor['role']) => ({ type: 'user', id: 'ada', name: 'Ada', role, via: 'ui' }) as unknown as Actor
const SECRET = 'wombat'

let events: AuditEntry[]
let dependencies: DiagnosticsDependencies

beforeEach(() => {
  events = []
  dependencies = {
    store: {
      facts: async () => ({
        version: 'PostgreSQL 18.4',
        migrations: [{ name: '20261123000000_init', finishedAt: noon }],
        tables: [{ name: 'certificate', rows: 3, bytes: 8192 }],
        jobs: [{ name: 'publish-crls', nextRunAt: noon, lastRunAt: noon, failed: false }],
      }),
    },
    groups: {
      authorities: async () => [
        { slug: 'root', kind: 'root', status: 'active', crl: null, ocspResponder: null, certificatePem: SECRET },
      ],
      list: async () => [
        {
          slug: 'staff',
          name: SECRET,
          ready: true,
          counts: { certificates: 3, valid: 2, revoked: 1, pendingChallenges: 0 },
          endpoints: [{ slug: 'staff', policy: 'dynamic', enabled: true, registrationAuthority: null, hint: SECRET }],
        },
      ],
    },
    connectors: {
      list: async () => [
        {
          slug: 'jamf',
          kind: 'jamf',
          enabled: true,
          light: 'green',
          hasCredential: true,
          credentialExpiresAt: null,
          settings: { url: `https://${SECRET}.example.com`, clientId: SECRET },
          hookUrl: `https://latchkey.example.com/hooks/${SECRET}`,
          health: { lastError: SECRET },
          createdBy: SECRET,
        },
      ],
    },
    audit: { record: async (entry: AuditEntry) => void events.push(entry) },
    urls: {
      publicUrl: new URL('https://pki.example.com/?token=wombat'),
      statusUrl: new URL('http://pki.example.com/'),
    },
    ready: async () => ({ database: true, signer: true }),
    runtime: () => ({
      version: '1.0.0',
      node: 'v24.21.0',
      platform: 'linux x64',
      uptimeSeconds: 60,
      memoryBytes: 1024,
    }),
    clock: () => noon,
  } as unknown as DiagnosticsDependencies
})

test('it says how the installation is, and nothing that a view holds besides', async () => {
  const document = await createDiagnostics(dependencies).collect(actor('admin'))
  expect(document).toMatchObject({
    latchkey: { version: '1.0.0' },
    addresses: { portal: 'https://pki.example.com' },
    groups: [{ slug: 'staff', endpoints: [{ slug: 'staff', policy: 'dynamic' }] }],
    connectors: [{ slug: 'jamf', hasCredential: true }],
  })
  expect(JSON.stringify(document)).not.toContain(SECRET)
})

test('taking it is recorded', async () => {
  await createDiagnostics(dependencies).collect(actor('auditor'))
  expect(events).toMatchObject([{ type: 'system.diagnostics_exported', outcome: 'success', actor: { id: 'ada' } }])
})

test('without its record nothing is handed out', async () => {
  dependencies.audit.record = async () => {
    throw new Error('the trail is full')
  }
  await expect(createDiagnostics(dependencies).collect(actor('admin'))).rejects.toThrow('full')
})

test('an operator does not get it', async () => {
  await expect(createDiagnostics(dependencies).collect(actor('operator'))).rejects.toMatchObject({ code: 'forbidden' })
  expect(events).toEqual([])
})
