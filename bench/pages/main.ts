/** The run: every list as people use it, one request at a time, timed to its first byte and to its last. */
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import pg from 'pg'
import { withProduct } from '@/bench/scep/product'
import { counts, FOLDER, PASSWORD_FILE } from './folder'
import { signIn } from './session'

const USAGE = 'npm run bench -- pages [--times=40]'
const WARM_UP = 5
/** A session may ask 600 times a minute: so many take turns. */
const SESSIONS = 4
const AIM = { firstByte: 100, page: 150 }

interface Timing {
  firstByte: number
  whole: number
  bytes: number
}

export async function runBench(args: string[]): Promise<void> {
  const { times = 40 } = counts(args, { times: 40 }, USAGE)
  if (!existsSync(join(FOLDER, PASSWORD_FILE)))
    throw new Error(`There is no installation in ${FOLDER}: make it by npm run bench -- seed.`)
  await withProduct(async ({ port, ownerUrl }) => {
    const origin = `http://localhost:${port}`
    console.log(await conditions(ownerUrl))
    const cookies: string[] = []
    while (cookies.length < SESSIONS) cookies.push(await signIn(origin))
    console.log(
      `${'page'.padEnd(58)}${'first byte p50'.padStart(16)}${'p95'.padStart(8)}${'whole p50'.padStart(12)}${'p95'.padStart(8)}${'kB'.padStart(8)}`,
    )
    let met = 0
    const paths = await pathsOf(origin, cookies[0] ?? '')
    for (const path of paths) {
      const timings: Timing[] = []
      for (let n = 0; n < WARM_UP + times; n++) {
        const timing = await ask(port, path, cookies[n % SESSIONS] ?? '')
        if (n >= WARM_UP) timings.push(timing)
      }
      const [first50, first95] = percentiles(timings.map(({ firstByte }) => firstByte))
      const [whole50, whole95] = percentiles(timings.map(({ whole }) => whole))
      if (first95 <= AIM.firstByte && whole95 <= AIM.page) met += 1
      const kilobytes = Math.round((timings[0]?.bytes ?? 0) / 1_000)
      const numbers = `${ms(first50).padStart(16)}${ms(first95).padStart(8)}${ms(whole50).padStart(12)}${ms(whole95).padStart(8)}`
      console.log(`${path.slice(0, 57).padEnd(58)}${numbers}${String(kilobytes).padStart(8)}`)
    }
    console.log(
      `\n${met} of ${paths.length} within ${AIM.firstByte} ms to the first byte and ${AIM.page} ms to the last (p95 of ${times}).`,
    )
  }, FOLDER)
}

async function conditions(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ certificates: string; audit: string; size: string }>(
      `select (select count(*) from certificate) as certificates, (select max(seq) from audit_event) as audit,
        pg_size_pretty(pg_database_size(current_database())) as size`,
    )
    const [{ certificates, audit, size } = { certificates: '0', audit: '0', size: '' }] = rows
    const count = (text: string) => Number(text).toLocaleString('en-GB')
    return `${count(certificates)} certificates, ${count(audit)} audit events, ${size} in all. Built for production, embedded Postgres, one request at a time.`
  } finally {
    await client.end()
  }
}

/** What people do with lists: open them, filter, search, sort, page on, and open the overview. */
const PATHS: readonly string[] = [
  '/settings/about',
  '/',
  '/certificates',
  '/certificates?status=valid',
  '/certificates?status=revoked',
  '/certificates?status=expiring',
  '/certificates?group=bench-2',
  '/certificates?group=bench-2&status=revoked',
  '/certificates?search=laptop-0900',
  '/certificates?search=999',
  '/certificates?search=nothing-like-it',
  '/certificates?sort=notAfter',
  '/certificates?sort=subject',
  '/devices',
  '/devices?search=C0200000042',
  '/devices?state=removed',
  '/devices?sort=seen',
  '/devices?sort=ends',
  '/devices/overdue',
  '/enrolments',
  '/enrolments?state=refused',
  '/enrolments?search=laptop-0900',
  '/enrolments?endpoint=bench-3',
  '/challenges',
  '/challenges?state=consumed',
  '/audit',
  '/audit?outcome=denied',
  '/audit?kind=certificates',
  '/audit?sort=-happened',
  '/audit?search=laptop-0900',
  '/revocations',
  '/approvals',
  '/groups',
  '/groups/bench-2',
  '/authorities',
  '/posture',
]

/** Those above, and the second page of the long ones. */
async function pathsOf(origin: string, cookie: string): Promise<string[]> {
  const further: string[] = []
  for (const path of ['/certificates', '/enrolments', '/audit']) {
    const page = await (await fetch(`${origin}${path}`, { headers: { cookie } })).text()
    const next = /href="([^"]*cursor=[^"]*)"/.exec(page)?.[1]
    if (next !== undefined) further.push(next.replaceAll('&amp;', '&'))
  }
  return [...PATHS, ...further]
}

function ask(port: number, path: string, cookie: string): Promise<Timing> {
  const answer = Promise.withResolvers<Timing>()
  const began = performance.now()
  const asked = request({ host: 'localhost', port, path, headers: { cookie, accept: 'text/html' } }, (response) => {
    let firstByte = 0
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      firstByte ||= performance.now() - began
      bytes += chunk.length
    })
    response.on('end', () => {
      if (response.statusCode !== 200) answer.reject(new Error(`${path}: ${response.statusCode}`))
      answer.resolve({ firstByte, whole: performance.now() - began, bytes })
    })
    response.on('error', answer.reject)
  })
  asked.on('error', answer.reject)
  asked.end()
  return answer.promise
}

function percentiles(values: number[]): [p50: number, p95: number] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return [at(0.5), at(0.95)]
}

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)
