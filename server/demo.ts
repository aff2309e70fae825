/**
 * Fills an empty installation with a year of a believable organisation. Everything is issued, refused and revoked by the
 * real services, through real SCEP messages; only the clock is moved: the services get one, and the database gets a
 * schema in front of pg_catalog whose now() and clock_timestamp() lie by the same shift. It takes the tables' owner to
 * put it there; the services work as they always do.
 */
import { createHash, createPrivateKey, generateKeyPair, type KeyObject, randomBytes, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import pg from 'pg'
import { parseCertificate } from '@/lib/pki/certificate'
import { buildCsr } from '@/lib/pki/csr'
import { buildPkcsReq, MESSAGE_TYPE, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import { buildServices, type Services } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { RevocationReason } from '@/lib/services/certificates'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { GroupView } from '@/lib/services/groups'
import { type Installation, withInstallation } from './bootstrap'
import { manageWithIntune, type SimulatedIntune } from './demo-intune'
import { manageWithJamf, type SimulatedJamf } from './demo-jamf'
import { DEMO_GROUPS, DEMO_ORGANISATION, type DemoGroup } from './demo-organisation'

const DAY = 86_400_000
const ADMIN = { name: 'Ada Moss', email: 'ada@northwind.example' }

interface Device {
  group: GroupView
  plan: DemoGroup
  n: number
  key: KeyObject
  /** For the next certificate, where the device renews. */
  nextKey: KeyObject
  /** What it holds; null before it enrolled and after a revocation. */
  certificate: { serial: string; der: Uint8Array } | null
}

/** A random password, so that no demo in the world shares one. */
const password = () => `demo-${randomBytes(12).toString('base64url')}`

await withInstallation(async (installation) => {
  const clock = await movableClock(installation)
  const services = buildServices({
    databaseUrl: clock.databaseUrl,
    signerSocket: installation.signerSocket,
    publicUrl: installation.publicUrl,
    statusUrl: installation.statusUrl,
    outboundAllow: installation.outboundAllow,
    clock: clock.now,
    log: () => {},
  })
  try {
    const secret = password()
    const actor = demoActor()
    if (await services.setup.isDone()) {
      const admin = (await services.access.users(actor)).find((user) => user.email === ADMIN.email)
      if (admin !== undefined) await services.access.setPassword(actor, admin.id, secret)
    } else {
      await liveAYear(services, clock, secret)
    }
    await withMdms(services, clock)
    console.log(`Sign in as ${ADMIN.email} with the password ${secret} (a new one at each start of the demo).`)
  } finally {
    await services.close()
    await clock.stop()
  }
})

async function liveAYear(services: Services, clock: MovableClock, secret: string): Promise<void> {
  const keys = await keyPool(24)
  await clock.set(-366 * DAY)
  const actor = demoActor()
  await services.setup.complete(actor, null, { organisation: DEMO_ORGANISATION, ...ADMIN, password: secret })
  await services.access.createUser(actor, {
    name: 'Grace Finch',
    email: 'grace@northwind.example',
    role: 'operator',
    password: password(),
  })
  await services.access.createUser(actor, {
    name: 'Alan Weber',
    email: 'alan@northwind.example',
    role: 'auditor',
    password: password(),
  })
  const groups: GroupView[] = []
  for (const plan of DEMO_GROUPS)
    groups.push(await services.groups.create(actor, { name: plan.name, issuerKey: plan.issuerKey }))
  await services.status.publishDueCrls()

  const calendar = plannedYear(groups, keys)
  let told = 0
  for (const [index, { at, run }] of calendar.entries()) {
    await clock.set(at)
    await run(services)
    await services.status.publishDueCrls()
    const percent = Math.floor((index / calendar.length) * 100)
    if (percent >= told + 20) {
      told = percent
      console.log(`A year at ${DEMO_ORGANISATION}: ${percent} % lived.`)
    }
  }
  await clock.set(0)
  for (const job of services.jobs) await job.run(new Date())
}

/** scripts/demo.mjs names the simulators here; without them, nothing is managed by anything. */
async function withMdms(services: Services, clock: MovableClock): Promise<void> {
  const { DEMO_INTUNE: intune, DEMO_JAMF: jamf } = process.env
  const actor = demoActor()
  const group = (await services.groups.list(actor)).find(({ name }) => name === DEMO_GROUPS[0]?.name)
  if (group === undefined) return
  const part = { services, actor, group, makeKeys: () => keyPool(4), setClock: clock.set }
  if (intune !== undefined) await manageWithIntune(part, JSON.parse(intune) as SimulatedIntune)
  if (jamf !== undefined) await manageWithJamf(part, JSON.parse(jamf) as SimulatedJamf)
}

interface Happening {
  /** Milliseconds before now, negative. */
  at: number
  run(services: Services): Promise<void>
}

/** Every enrolment, renewal, refusal and revocation of the year, in order. */
function plannedYear(groups: GroupView[], keys: KeyObject[]): Happening[] {
  const happenings: Happening[] = []
  for (const [index, plan] of DEMO_GROUPS.entries()) {
    const group = groups[index] as GroupView
    for (let n = 0; n < plan.devices; n++) {
      const key = (at: number) => keys[(n * 7 + index + at) % keys.length] as KeyObject
      const device: Device = { group, plan, n, key: key(0), nextKey: key(1), certificate: null }
      const first = -Math.floor(Math.random() ** 0.8 * 364 * DAY) - 3 * 3_600_000
      happenings.push({ at: workingHour(first), run: (services) => enrol(services, device) })
      const renewal = first + 336 * DAY + randomInt(20) * DAY
      if (renewal < 0) happenings.push({ at: workingHour(renewal), run: (services) => renew(services, device) })
      if (n % 17 === 3)
        happenings.push({
          at: workingHour(first + randomInt(5, 60) * DAY),
          run: (services) => revoke(services, device, n),
        })
      if (n % 11 === 5)
        happenings.push({ at: workingHour(first - DAY), run: (services) => wrongSubject(services, device) })
      if (n % 19 === 7) {
        happenings.push({ at: workingHour(first + 2 * DAY), run: (services) => replay(services, device) })
        happenings.push({ at: workingHour(first + 9 * DAY), run: (services) => dismissAlarm(services, device) })
      }
    }
    for (let n = 0; n < 5; n++) {
      happenings.push({
        at: -randomInt(50) * 60_000 - 60_000,
        run: (services) => mintOnly(services, group, plan, plan.devices + n),
      })
    }
  }
  return happenings.filter(({ at }) => at < 0).sort((a, b) => a.at - b.at)
}

/** Most devices are set up between eight and six. */
function workingHour(at: number): number {
  const moved = new Date(Date.now() + at)
  moved.setUTCHours(8 + randomInt(10), randomInt(60), randomInt(60))
  return Math.min(moved.getTime() - Date.now(), -60_000)
}

async function enrol(services: Services, device: Device): Promise<void> {
  const { commonName, unit, san } = device.plan.device(device.n)
  const minted = await mint(services, device.group, commonName, unit, san)
  device.certificate =
    (await request(services, device, { commonName, unit, san, challenge: minted })) ?? device.certificate
}

/** Signed by the certificate that is about to end, without a challenge, for a new key: as its software does it. */
async function renew(services: Services, device: Device): Promise<void> {
  const { certificate, plan, key, nextKey } = device
  if (certificate === null || plan.renewal === null) return enrol(services, device)
  const names = { ...plan.device(device.n), challenge: null }
  const signer = { key, der: certificate.der, messageType: plan.renewal }
  const renewed = await request(services, { ...device, key: nextKey }, names, signer)
  if (renewed !== null) Object.assign(device, { certificate: renewed, key: nextKey })
}

async function mintOnly(services: Services, group: GroupView, plan: DemoGroup, n: number): Promise<void> {
  const { commonName, unit, san } = plan.device(n)
  await mint(services, group, commonName, unit, san)
}

async function wrongSubject(services: Services, device: Device): Promise<void> {
  const { commonName, unit, san } = device.plan.device(device.n)
  const minted = await mint(services, device.group, commonName, unit, san)
  await request(services, device, { commonName: `${commonName}-old`, unit, san: [], challenge: minted })
}

async function replay(services: Services, device: Device): Promise<void> {
  const { commonName, unit, san } = device.plan.device(device.n)
  const minted = await mint(services, device.group, commonName, unit, san)
  await request(services, device, { commonName, unit, san, challenge: minted })
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  await request(services, { ...device, key: privateKey }, { commonName, unit, san, challenge: minted })
}

/** A week later somebody has looked into it: it was the same device, set up twice. */
async function dismissAlarm(services: Services, device: Device): Promise<void> {
  const actor = demoActor('Grace Finch')
  const { commonName } = device.plan.device(device.n)
  const open = await services.alarms.open(actor)
  const challenges = open
    .filter(({ subject }) => subject.startsWith(`CN=${commonName},`))
    .map((each) => each.challengeId)
  for (const challengeId of new Set(challenges)) await services.alarms.dismiss(actor, challengeId)
}

async function revoke(services: Services, device: Device, n: number): Promise<void> {
  if (device.certificate === null) return
  const reasons: RevocationReason[] = ['keyCompromise', 'cessationOfOperation', 'superseded', 'affiliationChanged']
  const reason = reasons[n % reasons.length] as RevocationReason
  const comment = {
    keyCompromise: 'Reported lost',
    cessationOfOperation: 'Returned to stock',
    superseded: 'Replaced by a new device',
    affiliationChanged: 'Moved to another team',
  }
  await services.certificates
    .revoke(demoActor('Grace Finch'), device.certificate.serial, {
      reason,
      comment: comment[reason as keyof typeof comment],
    })
    .catch(() => undefined)
  device.certificate = null
}

async function mint(
  services: Services,
  group: GroupView,
  commonName: string,
  unit: string,
  san: SubjectAlternativeName[],
): Promise<string> {
  const endpoint = group.endpoints[0]?.slug ?? group.slug
  const subject = [
    { type: 'CN', value: commonName },
    { type: 'OU', value: unit },
    { type: 'O', value: DEMO_ORGANISATION },
  ]
  const minted = await services.challenges.mint(demoActor('Grace Finch'), {
    endpoint,
    subject,
    san,
    deviceName: commonName,
  })
  return minted.challenge
}

async function request(
  services: Services,
  device: Device,
  names: { commonName: string; unit: string; san: SubjectAlternativeName[]; challenge: string | null },
  signer: { key: KeyObject; der: Uint8Array; messageType: number } | null = null,
): Promise<Device['certificate']> {
  const endpoint = device.group.endpoints[0]
  if (endpoint?.registrationAuthority == null) return null
  const raDer = Buffer.from(endpoint.registrationAuthority.certificatePem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const csr = buildCsr({
    subject: [
      { type: 'CN', value: names.commonName },
      { type: 'OU', value: names.unit },
      { type: 'O', value: DEMO_ORGANISATION },
    ],
    san: names.san,
    ...(names.challenge === null ? {} : { challengePassword: names.challenge }),
    privateKey: device.key,
  })
  const senderNonce = randomBytes(16)
  const body = buildPkcsReq({
    csr,
    signerKey: signer?.key ?? device.key,
    signerCertificateDer:
      signer?.der ?? selfSignedCertificate({ subject: [{ type: 'CN', value: 'SCEP SIGNER' }], privateKey: device.key }),
    messageType: signer?.messageType ?? MESSAGE_TYPE.pkcsReq,
    recipientDer: raDer,
    transactionId: createHash('sha1').update(csr).digest('hex'),
    senderNonce,
  })
  const ip = `10.${20 + DEMO_GROUPS.indexOf(device.plan)}.${device.n % 8}.${(device.n % 240) + 10}`
  const answer = await services.scepEnrolment.handle({
    endpoint: endpoint.slug,
    method: 'POST',
    query: 'operation=PKIOperation',
    body,
    contentEncoding: null,
    ip,
    userAgent: device.plan.userAgent,
  })
  if (answer.status !== 200) return null
  const reply = parseCertRep(answer.body, { raDer, privateKey: signer?.key ?? device.key, senderNonce })
  if (reply.pkiStatus !== 'SUCCESS') return null
  const der = reply.certificates[0] as Uint8Array
  return { serial: parseCertificate(der).serial, der }
}

/** A pool is enough: making hundreds of RSA keys would be most of the demo's start. */
async function keyPool(size: number): Promise<KeyObject[]> {
  console.log('Making device keys …')
  const make = promisify(generateKeyPair)
  const keys: KeyObject[] = []
  for (let n = 0; n < size; n++)
    keys.push(
      createPrivateKey(
        (await make('rsa', { modulusLength: 2048 })).privateKey.export({ type: 'pkcs8', format: 'pem' }),
      ),
    )
  return keys
}

function demoActor(name = ADMIN.name): Actor {
  return {
    type: 'system',
    id: null,
    name,
    role: 'admin',
    via: 'cli',
    ip: null,
    userAgent: null,
    requestId: crypto.randomUUID(),
  }
}

interface MovableClock {
  databaseUrl: string
  now(): Date
  set(shiftMilliseconds: number): Promise<void>
  stop(): Promise<void>
}

async function movableClock({ databaseUrl, ownerUrl }: Installation): Promise<MovableClock> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query(`
    create schema if not exists demo_time;
    create table if not exists demo_time.shift (id int primary key default 1 check (id = 1), by interval not null);
    insert into demo_time.shift values (1, interval '0') on conflict (id) do update set by = interval '0';
    create or replace function demo_time.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + (select by from demo_time.shift)';
    create or replace function demo_time.now() returns timestamptz language sql stable as
      'select pg_catalog.now() + (select by from demo_time.shift)';
    grant usage on schema demo_time to public;
    grant select on demo_time.shift to public;
    alter function public.audit_append_all(text[], text[]) set search_path = demo_time, pg_catalog, public, pg_temp;
  `)
  // CURRENT_TIMESTAMP is a keyword that no schema can stand in front of, so the columns' defaults lie for a while too.
  const { rows: columns } = await client.query<{ table_name: string; column_name: string }>(
    "select table_name, column_name from information_schema.columns where table_schema = 'public' and column_default in ('CURRENT_TIMESTAMP', 'demo_time.now()')",
  )
  const everyDefault = (value: string) =>
    client.query(
      columns
        .map(
          ({ table_name, column_name }) =>
            `alter table public."${table_name}" alter column "${column_name}" set default ${value};`,
        )
        .join('\n'),
    )
  await everyDefault('demo_time.now()')
  let shift = 0
  const options = encodeURIComponent('-c search_path=demo_time,public,pg_catalog')
  return {
    databaseUrl: `${databaseUrl}${databaseUrl.includes('?') ? '&' : '?'}options=${options}`,
    now: () => new Date(Date.now() + shift),
    async set(milliseconds) {
      shift = milliseconds
      await client.query('update demo_time.shift set by = make_interval(secs => $1)', [milliseconds / 1000])
    },
    async stop() {
      await everyDefault('CURRENT_TIMESTAMP')
      await client.query(`
        alter function public.audit_append_all(text[], text[]) set search_path = pg_catalog, public, pg_temp;
        drop schema demo_time cascade;
      `)
      await client.end()
    },
  }
}
