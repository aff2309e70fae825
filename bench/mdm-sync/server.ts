/** A Jamf Pro with so many computers and mobile devices, in a process of its own: answers as fast as it can. */
import { createServer } from 'node:http'

const [devices = 50_000, missing = 0] = process.argv.slice(2).map(Number)
const TOKEN = JSON.stringify({ access_token: 'bench', token_type: 'Bearer', expires_in: 1_199 })
/** What real records have beside what is read, in size. */
const FILLER = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`member${at}`, `value of member ${at}`]))

const kinds = { computer: Math.floor(devices * 0.7), mobile: devices - Math.floor(devices * 0.7) }

createServer((request, response) => {
  request.resume()
  const url = new URL(request.url ?? '', 'http://127.0.0.1')
  response.setHeader('content-type', 'application/json')
  if (url.pathname === '/api/oauth/token') return response.end(TOKEN)
  const kind = url.pathname.startsWith('/api/v1/computers-inventory') ? 'computer' : 'mobile'
  const total = kinds[kind] - Math.floor((kinds[kind] * missing) / 100)
  const [page, size] = ['page', 'page-size'].map((name) => Number(url.searchParams.get(name)))
  const first = (page ?? 0) * (size ?? 0)
  const count = Math.max(Math.min(size ?? 0, total - first), 0)
  const results = Array.from({ length: count }, (_, at) => record(kind, first + at + 1))
  return response.end(JSON.stringify({ totalCount: total, results }))
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  process.stdout.write(`${(this.address() as { port: number }).port}\n`)
})

function record(kind: keyof typeof kinds, id: number) {
  const serialNumber = `${kind === 'computer' ? 'C02' : 'DMP'}${String(id).padStart(9, '0')}`
  const udid = `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`
  const user = { username: `user${id % 9_000}`, realname: `User ${id}`, email: `user${id % 9_000}@example.com` }
  const seen = '2026-11-27T08:00:00Z'
  return kind === 'computer'
    ? {
        id: String(id),
        udid,
        general: { name: `MB-${id}`, remoteManagement: { managed: true }, lastContactTime: seen, ...FILLER },
        hardware: { serialNumber, model: 'MacBook Air', ...FILLER },
        operatingSystem: { version: '26.1', ...FILLER },
        userAndLocation: user,
      }
    : {
        mobileDeviceId: String(id),
        general: { udid, displayName: `iPad ${id}`, managed: true, lastInventoryUpdateDate: seen, ...FILLER },
        hardware: { serialNumber, model: 'iPad Air', ...FILLER },
        userAndLocation: user,
      }
}
