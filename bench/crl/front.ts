/** The front process's part, by its own services: builds and stores one whole list, then serves it over HTTP. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signerClient } from '@/lib/adapters/keys/signer-client'
import { openDatabase } from '@/lib/adapters/store/database'
import { statusStore } from '@/lib/adapters/store/status'
import { createStatus, type StatusStore } from '@/lib/services/status'
import { crlHttpResponse } from '@/server/device-paths'
import { send } from '@/server/front/response'
import { measured } from './probe'

const { DATABASE = '', SOCKET = '' } = process.env
const database = openDatabase(DATABASE)
const signer = signerClient(SOCKET)
const clock = () => new Date()
const store = statusStore(database)
const status = createStatus({ store, signer, clock })

/** The whole list of one issuer: what is due beside it waits. */
function only(slug: string): StatusStore {
  let taken = false
  return {
    ...store,
    async claimDue(request) {
      if (taken) return null
      taken = true
      for (let due = await store.claimDue(request); due !== null; due = await store.claimDue(request))
        if (due.authority.slug === slug && due.shard === null) return due
      return null
    },
  }
}

const http = createServer(async (request, response) => {
  const headers = { get: (name: string) => String(request.headers[name] ?? '') || null }
  const asked = { method: 'GET', path: request.url ?? '', query: '', headers, body: new Uint8Array(), ip: null }
  send(request, response, await crlHttpResponse({ status }, asked))
})
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
const { port } = http.address() as AddressInfo

process.on('message', async ({ slug }: { slug: string }) => {
  const publisher = createStatus({ store: only(slug), signer, clock })
  const published = await measured(async () => {
    if ((await publisher.publishDueCrls()) !== 1) throw new Error('The list was not due.')
  })
  globalThis.gc?.()
  const served = await measured(async () => {
    const url = `http://127.0.0.1:${port}/crl/${slug}.crl`
    for await (const _chunk of (await fetch(url)).body ?? []);
  })
  process.send?.({ published, served })
})
process.once('disconnect', async () => {
  http.close()
  signer.close()
  await database.$disconnect()
  process.exit(0)
})
process.send?.('ready')
