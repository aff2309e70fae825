/** A validator as others write them: a web server that is asked by webhook, follows a script and remembers everything. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  /** As it came over the wire. */
  body: Buffer
  json: {
    timestamp: string
    provisionerName?: string
    scepChallenge?: string
    scepTransactionID?: string
    scepErrorDescription?: string
    x509CertificateRequest?: { [key: string]: unknown }
    x509Certificate?: { raw: string; [key: string]: unknown }
  }
}

/** One act of the script (webhooks.md §7). */
export type Act =
  | 'allow'
  | 'deny'
  | 'deny with error'
  | 'allow missing'
  | 'not JSON'
  | 'no content'
  | 'redirect'
  | 'bad request'
  | 'unauthorised'
  | 'server error'
  | 'hang'
  | 'hang up'
  | 'drip'
  | 'ten megabytes'
  | { allow: true; data: unknown }
  | { json: unknown }
  | ((received: Received) => Act)

export interface Receiver {
  url: string
  port: number
  /** Questions and notifications, in order. */
  received: Received[]
  questions(): Received[]
  notifications(): Received[]
  /** What follows, one act per request; the last one stays. */
  script(...acts: Act[]): void
  close(): Promise<void>
}

export async function startReceiver(...acts: Act[]): Promise<Receiver> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let script: Act[] = acts.length === 0 ? ['allow'] : acts
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const one: Received = { path: request.url ?? '', headers: request.headers, body, json: JSON.parse(body.toString()) }
    received.push(one)
    const act = (script.length > 1 ? script.shift() : script[0]) ?? 'hang'
    perform(typeof act === 'function' ? act(one) : act, one, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/validate`,
    port,
    received,
    questions: () => received.filter(isQuestion),
    notifications: () => received.filter((one) => !isQuestion(one)),
    script(...next) {
      script = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const isQuestion = ({ json }: Received) => json.provisionerName !== undefined

function perform(act: Act, received: Received, response: ServerResponse): void {
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  if (typeof act === 'function') return perform(act(received), received, response)
  if (typeof act === 'object') return json('json' in act ? act.json : act)
  switch (act) {
    case 'allow':
      return json({ allow: true })
    case 'deny':
      return json({ allow: false })
    case 'deny with error':
      return json({ allow: false, error: { code: 'unknown_device', message: 'This device is not enrolled.' } })
    case 'allow missing':
      return json({ data: { allow: true } })
    case 'not JSON':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>allow: true</html>')
    case 'no content':
      return void response.writeHead(204).end()
    case 'redirect':
      return void response.writeHead(301, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    case 'bad request':
      return json({ allow: true }, 400)
    case 'unauthorised':
      return json({ allow: true }, 401)
    case 'server error':
      return json({ allow: true }, 500)
    case 'hang':
      return
    case 'hang up':
      return void response.destroy()
    case 'drip': {
      response.writeHead(200, { 'content-type': 'application/json' })
      const dripping = setInterval(() => response.write(' '), 20)
      return void response.on('close', () => clearInterval(dripping))
    }
    case 'ten megabytes':
      return void response.writeHead(200).end(`{"allow":true,"data":"${'x'.repeat(10_485_760)}"}`)
  }
}

/** Whether the receiver, which knows the secret, believes the message. Written apart from the product's own code. */
export function believes(received: Received, secret: Uint8Array): boolean {
  const { headers, body } = received
  const mac = (...parts: (string | Buffer)[]) => {
    const hmac = createHmac('sha256', secret)
    for (const part of parts) hmac.update(part)
    return hmac
  }
  if (headers['x-smallstep-signature'] !== undefined)
    return headers['x-smallstep-signature'] === mac(body).digest('hex')
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers
  return signature === `v1,${mac(`${id}.${at}.`, body).digest('base64')}`
}
