/** What docs/signed-challenges.md tells others to run, run: against published keys over HTTP, up to a certificate. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { deviceResponse } from './device-paths'
import { withoutHooks } from './testing/without-hooks'
import { withoutRadius } from './testing/without-radius'

const run = promisify(execFile)
const DOCUMENT = readFileSync('docs/signed-challenges.md', 'utf8')
const mdm = generateKeyPairSync('ed25519')

let portal: EnrolmentPortal
let server: Server

beforeAll(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
  // The sample looks at the real clock.
  portal.time.now = new Date()
  await portal.minters.create(actor('admin'), {
    name: 'Fleet MDM',
    issuer: 'https://mdm.example.com',
    jwks: JSON.stringify({ ...mdm.publicKey.export({ format: 'jwk' }), kid: 'mdm-1' }),
    endpoints: [portal.slug],
    subjectTemplate: 'CN=*,O=Example',
    sanTypes: ['dns'],
  })
  const services = {
    ...withoutRadius,
    ...withoutHooks,
    scepEnrolment: portal.scep,
    minters: portal.minters,
    status: portal.status,
    ocsp: portal.ocsp,
    trust: portal.trust,
  }
  server = createServer((request, response) => {
    const asked = {
      path: request.url ?? '/',
      query: '',
      body: new Uint8Array(0),
      ip: null,
      headers: { get: () => null },
    }
    void deviceResponse(services, { ...asked, method: request.method ?? 'GET' }).then(({ status, headers, body }) =>
      response.writeHead(status, headers).end(body),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test.each([
  ['ECDH-ES', '[key]'],
  ['RSA-OAEP-256', '[, key]'],
])('the Node sample mints a challenge that enrols, once, with the key for %s', async (_, choice) => {
  const [, sample = ''] = /```js\n(.*?)```/s.exec(DOCUMENT) ?? []
  const code = sample.replace('[key]', choice)
  expect(code).toContain(`keys: ${choice}`)
  const { port } = server.address() as AddressInfo
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    env: {
      NODE_ENV: 'test',
      LATCHKEY_KEYS: `http://127.0.0.1:${port}/.well-known/latchkey/${portal.slug}/jwks.json`,
      MDM_PRIVATE_JWK: JSON.stringify(mdm.privateKey.export({ format: 'jwk' })),
    },
  })
  const challenge = stdout.trim()
  expect(challenge.split('.')).toHaveLength(5)
  const san = [{ type: 'dns' as const, value: 'tablet-7.example.com' }]
  expect(await (await portal.device({ challenge, san, key: 'ec' })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  expect(await (await portal.device({ challenge, san, key: 'ec' })).enrol()).toMatchObject({ pkiStatus: 'FAILURE' })
  const { items } = await portal.challenges.list(actor('auditor'), {}, {})
  expect(items[0]).toMatchObject({ state: 'consumed', format: 'signed', mintedBy: 'Fleet MDM' })
})
