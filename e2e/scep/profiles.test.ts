/** The script that an endpoint's profile for strongSwan is: run as it stands, it ends with a certificate. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Organisation, startOrganisation } from '@/e2e/fixtures/organisation'
import { needs } from '@/e2e/fixtures/real-clients'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'

const run = promisify(execFile)
const missing = needs('pki')

let portal: Organisation
let folder: string
beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'latchkey-e2e-'))
  portal = await startOrganisation()
  await portal.createGroup('Staff', 'p256')
}, 240_000)
afterAll(async () => {
  await portal?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

test.skipIf(missing)(
  'strongSwan enrols by the script, with the place of the challenge filled in',
  async () => {
    const subject = "CN=o'brien & co,O=Example"
    const asked = ['--kind', 'strongswan', '--subject', subject]
    const { content } = await portal.json<{ content: string }>('endpoint', 'profile', 'staff', ...asked)
    const { challenge } = await portal.mint('staff', subject)
    const script = content.replaceAll('/etc/latchkey/staff', folder).replace('PUT-THE-CHALLENGE-HERE', challenge)
    const { stdout } = await run('sh', ['-c', script])
    expect(stdout).toContain('client.pem: OK')
    const [der] = fromPem(await readFile(join(folder, 'client.pem'), 'utf8'))
    const { subject: names } = parseCertificate(der ?? new Uint8Array())
    expect(names.map(({ value }) => value)).toEqual(["o'brien & co", 'Example'])
  },
  120_000,
)
