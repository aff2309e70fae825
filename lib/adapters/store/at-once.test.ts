/** The usual enrolment on Postgres: the contract, two processes at the same instant, and statements that look rows up by key. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { AuditEntry } from '@/lib/services/audit'
import { handleHashes } from '@/lib/services/challenge-handles'
import type { UsualEnrolment } from '@/lib/services/enrolment-at-once'
import { atOnceStoreContract } from '@/lib/services/testing/at-once-contract'
import { type EnrolmentPortal, enrolmentPortal } from '@/lib/services/testing/enrolment'
import { deviceActor } from '@/lib/services/testing/harness'
import { atOnceStore } from './at-once'
import { hotPool, openDatabase } from './database'
import { authorisationStore } from './network-access'
import { ocspStore } from './ocsp'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

atOnceStoreContract('on Postgres', postgresEnrolmentBacking)

describe('the usual enrolment on Postgres', () => {
  let backing: Awaited<ReturnType<typeof postgresEnrolmentBacking>>
  let portal: EnrolmentPortal
  beforeAll(async () => {
    backing = await postgresEnrolmentBacking()
    portal = await enrolmentPortal(backing)
  })
  afterAll(() => backing.close())

  test('sent to two processes at the same instant it is recorded by one, and the challenge is held by the row of that one', {
    timeout: 60_000,
  }, async () => {
    const elsewhere = openDatabase(backing.url, 2)
    const there = atOnceStore(elsewhere)
    const here = backing.enrolment.atOnce
    const outcomes: string[] = []
    // Each of the two draws up its own leaf; neither knows of the other before both are at the database.
    const { enrol } = here
    here.enrol = async (usual) => {
      const { leaf } = usual
      const intent = { ...leaf.intent, id: crypto.randomUUID(), serial: `0${leaf.intent.serial}` }
      const rival = { ...usual, rowId: crypto.randomUUID(), leaf: { ...leaf, intent } }
      const both = await Promise.all([enrol(usual), there.enrol(rival)])
      outcomes.push(both.toSorted().join(' '))
      const { challengeId } = leaf.intent
      const challenge = await backing.database.challenge.findUniqueOrThrow({ where: { id: challengeId ?? '' } })
      const winner = both[0] === 'recorded' ? usual : rival
      expect(challenge).toMatchObject({ state: 'reserved', reservedBy: winner.rowId })
      const rows = await backing.database.enrolmentTransaction.findMany({ where: { challengeId } })
      expect(rows.map(({ id }) => id)).toEqual([winner.rowId])
      const intents = await backing.database.certificate.findMany({ where: { challengeId } })
      expect(intents.map(({ id }) => id)).toEqual([winner.leaf.intent.id])
      return both[0]
    }
    try {
      for (let number = 0; number < 20; number++) {
        const { challenge } = await portal.mint()
        void (await (await portal.device({ challenge })).status())
      }
    } finally {
      here.enrol = enrol
      await elsewhere.$disconnect()
    }
    expect(new Set(outcomes)).toEqual(new Set(['recorded taken']))
    expect(outcomes).toHaveLength(20)
  })

  test('when the same request begins elsewhere between the look at its place and the insertion, nothing is reserved for it', async () => {
    const { challenge, id } = await portal.mint()
    const here = backing.enrolment.atOnce
    const { enrol } = here
    const rival = new pg.Client({ connectionString: backing.url })
    await rival.connect()
    const outcomes: string[] = []
    here.enrol = async (usual) => {
      const { endpointId, transactionId, csrSha256 } = usual.attempt
      await rival.query('begin')
      await rival.query(
        `insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256)
         values ($1, $2, $3, 19, $4, $4, $4)`,
        [crypto.randomUUID(), endpointId, Buffer.from(transactionId), Buffer.from(csrSha256)],
      )
      const outcome = enrol(usual)
      await expect
        .poll(
          async () =>
            (await rival.query(`select from pg_locks where locktype = 'transactionid' and not granted`)).rowCount,
        )
        .toBe(1)
      await rival.query('commit')
      outcomes.push(await outcome, await backing.challengeState(id))
      return 'taken'
    }
    try {
      await (await portal.device({ challenge })).status()
    } finally {
      here.enrol = enrol
      await rival.end()
    }
    expect(outcomes).toEqual(['taken', 'pending'])
  })

  test('requests of the same moment take their challenges and their places in one order, however they come in', async () => {
    const seen = new Map<string, unknown[][]>()
    const spied = vi.spyOn(pg.Client.prototype, 'query')
    const { atOnce, enrolment, redemption } = backing.enrolment
    const { enrol } = atOnce
    try {
      const usual: UsualEnrolment[] = []
      atOnce.enrol = async (each) => {
        usual.push(each)
        throw new Refusal('unavailable', 'Stopped here.')
      }
      const minted = await Promise.all(Array.from({ length: 8 }, () => portal.mint()))
      for (const { challenge } of minted) await (await portal.device({ challenge })).status()
      const endpointId = portal.group.endpoint.id
      const hashes = await Promise.all(
        minted.map(({ challenge }) => handleHashes(portal.signer, endpointId, challenge)),
      )
      const reserved = (): AuditEntry => ({
        type: 'challenge.reserved',
        outcome: 'success',
        actor: deviceActor(),
        object: { type: 'challenge', id: null },
      })
      const request = { endpointId, csrSha256: randomBytes(32), spkiSha256: randomBytes(32) }
      await Promise.all(usual.map(({ attempt }) => enrolment.begin({ ...attempt, transactionId: randomBytes(20) })))
      await Promise.all(
        hashes.map((handles) =>
          redemption.reserve({ ...request, handleHashes: handles, transactionRowId: crypto.randomUUID() }, reserved),
        ),
      )
      await Promise.all(usual.map((each) => enrol(each)))
      for (const [asked] of spied.mock.calls as unknown as [{ name?: string; values?: unknown[][] }][])
        if (asked?.name !== undefined && asked.values?.[0]?.length === 8) seen.set(asked.name, asked.values)
    } finally {
      atOnce.enrol = enrol
      spied.mockRestore()
    }
    const texts = (name: string, column: number) =>
      (seen.get(name)?.[column] ?? []).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value),
      )
    for (const column of [texts('begin-enrolments', 4), texts('reserve-challenges', 0), texts('enrol', 11)]) {
      expect(new Set(column)).toHaveLength(8)
      expect(column).toEqual(column.toSorted())
    }
  })

  test('an enrolment that begins and one that ends at the same moment share a statement, and what stops one does not stop the other', async () => {
    const { atOnce } = backing.enrolment
    const { enrol } = atOnce
    const { recordIssued } = backing.stores.issuance
    const query = vi.spyOn(pg.Client.prototype, 'query')
    try {
      for (const place of ['free', 'taken']) {
        const [first, second] = [await portal.mint(), await portal.mint()]
        const [beginner, sooner] = [
          await portal.device({ challenge: second.challenge }),
          await portal.device({ challenge: first.challenge }),
        ]
        // The first is about to be recorded when the second has its turn.
        const [ready, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
        let answer: ReturnType<typeof beginner.status> | undefined
        backing.stores.issuance.recordIssued = async (recording) => {
          if (answer === undefined) {
            atOnce.enrol = async (usual) => {
              if (place === 'taken') await backing.enrolment.enrolment.begin(usual.attempt)
              ready.resolve()
              await go.promise
              return enrol(usual)
            }
            answer = beginner.status()
            await ready.promise
            go.resolve()
          }
          return recordIssued(recording)
        }
        query.mockClear()
        expect(await sooner.status()).toMatchObject({ status: 200 })
        expect(await answer).toMatchObject({ status: place === 'free' ? 200 : 503 })
        Object.assign(atOnce, { enrol })
        expect(await backing.challengeState(first.id)).toBe('consumed')
        expect(await backing.challengeState(second.id)).toBe(place === 'free' ? 'consumed' : 'pending')
        const asked = (query.mock.calls as unknown as [{ name?: string; text?: string }][]).map(
          ([statement]) => statement,
        )
        const shared = asked.find(({ name }) => name === 'enrol-and-leaf')
        await expectRowsByKey('enrol-and-leaf', shared?.text ?? 'not sent')
      }
    } finally {
      Object.assign(atOnce, { enrol })
      Object.assign(backing.stores.issuance, { recordIssued })
      query.mockRestore()
    }
  })

  test.each([
    [
      'what becomes of a challenge that is right',
      'challenge',
      'handle_hash',
      [
        'state',
        'index_state',
        'reserved_by',
        'reserved_csr_sha256',
        'reserved_spki_sha256',
        'reserved_at',
        'consumed_at',
      ],
    ],
    [
      'what becomes of a request',
      'enrolment_transaction',
      'index_state',
      ['state', 'certificate_id', 'detail', 'finished_at'],
    ],
  ])('%s changes nothing that an index knows', async (_what, table, column, changed) => {
    const rows = await backing.database.$queryRaw<{ column: string }[]>`
      select distinct a.attname::text as "column" from pg_index i
      join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where i.indrelid = ${table}::regclass`
    const known = rows.map(({ column }) => column)
    expect(known).toContain(column)
    expect(known.filter((column) => changed.includes(column))).toEqual([])
  })

  test('every statement of an enrolment and of a status looks up its rows by key, planned while the tables are as good as empty', async () => {
    const seen = new Map<string, string>()
    const query = vi.spyOn(pg.Client.prototype, 'query')
    try {
      const { challenge } = await portal.mint()
      await (await portal.device({ challenge })).enrol()
      // The single steps, too: whoever signs for another goes that way.
      const other = await portal.mint()
      await (await portal.device({ challenge: other.challenge, signer: 1, key: 'ec' })).enrol()
      await portal.recorder.flush()
      // What devices and networks ask without end.
      const authorityId = crypto.randomUUID()
      await ocspStore(backing.database).status(authorityId, '2A')
      await authorisationStore(backing.database).subject([authorityId], '2A')
      for (const [asked] of query.mock.calls as unknown as [{ name?: string; text?: string }][])
        if (asked?.name !== undefined && asked.text !== undefined) seen.set(asked.name, asked.text)
    } finally {
      query.mockRestore()
    }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        ...['offer-challenges', 'enrol', 'leaf', 'begin-enrolments', 'find-presented-challenges'],
        ...['reserve-challenges', 'issuing-endpoints', 'record-leaf-intents', 'add-flight-records'],
        ...['ocsp-statuses', 'network-access-subject'],
      ]),
    )
    for (const [name, text] of seen) await expectRowsByKey(name, text)
  })

  test('no statement is compiled, whatever it seems to cost: a way that is off costs ten billion up to version 17', async () => {
    expect((await hotPool(backing.database).query('show jit')).rows).toEqual([{ jit: 'off' }])
    expect(await backing.database.$queryRaw`show jit`).toEqual([{ jit: 'off' }])
  })

  async function expectRowsByKey(name: string, text: string): Promise<void> {
    const { rows } = await hotPool(backing.database).query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan, name).not.toMatch(
      /Seq Scan|Bitmap|hashed|_state_|certificate_(issued|decided)_|Index (Only )?Scan[^\n]*\n(?!\s*Index Cond)/,
    )
  }
})
