/** A mail server as others run them: SMTP (RFC 5321) with TLS, a password, a script of refusals, and a memory. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'

export interface ReceivedMail {
  from: string
  to: string
  /** Headers and body as they came, lines ended by LF. */
  content: string
  /** Who had signed in. */
  username: string | null
  encrypted: boolean
}

/** What it answers instead of taking the next mails; the last one stays. */
export type MailAct =
  | 'take'
  | 'refuse sign-in'
  | 'refuse recipient'
  | 'defer recipient'
  | 'refuse message'
  | 'hang up'
  | 'hang'

export interface MailServerDouble {
  host: string
  port: number
  /** By which its certificate is believed. */
  ca: string
  received: ReceivedMail[]
  /** Sign-ins that were tried. */
  signIns: number
  script(...acts: MailAct[]): void
  close(): Promise<void>
}

export interface MailServerOptions {
  security?: 'tls' | 'starttls' | 'none'
  username?: string
  password?: string
  port?: number
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServerDouble> {
  const { security = 'starttls', username = 'latchkey', password = 'correct horse' } = options
  const identity = selfSigned()
  const acts: MailAct[] = ['take']
  const sockets = new Set<Socket>()
  const state: MailServerDouble = {
    host: 'localhost',
    port: 0,
    ca: identity.cert,
    received: [],
    signIns: 0,
    script: (...next) => void acts.splice(0, acts.length, ...next),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  const serve = (socket: Socket) => {
    const act = acts.length > 1 ? (acts.shift() ?? 'take') : (acts[0] ?? 'take')
    if (act === 'hang') return
    converse(socket, { act, security, username, password, identity, state, encrypted: security === 'tls' })
  }
  const server = security === 'tls' ? createTlsServer(identity, serve) : createServer(serve)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  state.port = (server.address() as AddressInfo).port
  return state
}

interface Conversation {
  act: MailAct
  security: 'tls' | 'starttls' | 'none'
  username: string
  password: string
  identity: { key: string; cert: string }
  state: MailServerDouble
  encrypted: boolean
}

function converse(socket: Socket, conversation: Conversation, greets = true): void {
  const { act, security, identity, state, encrypted } = conversation
  const say = (line: string) => socket.write(`${line}\r\n`)
  const mail = { from: '', to: '', username: null as string | null }
  let pending = ''
  let content: string[] | null = null

  function command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO') {
      const more = encrypted || security === 'none' ? ['250-AUTH PLAIN'] : ['250-STARTTLS']
      return void socket.write(['250-mail.example.com', ...more, '250 8BITMIME', ''].join('\r\n'))
    }
    if (verb === 'STAR' && security === 'none') return void say('502 5.5.1 Not here')
    if (verb === 'STAR') {
      say('220 Go ahead')
      socket.removeAllListeners('data')
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(identity) })
      secure.on('error', () => {})
      return converse(secure, { ...conversation, encrypted: true }, false)
    }
    if (verb === 'AUTH') {
      state.signIns += 1
      const [, username = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0')
      const good = username === conversation.username && password === conversation.password && act !== 'refuse sign-in'
      if (good) mail.username = username
      // As some servers do: what was said comes back in the answer.
      return void say(good ? '235 Welcome' : `535 5.7.8 ${password} is not the password`)
    }
    if (verb === 'MAIL') {
      mail.from = addressOf(line)
      return void say('250 Sender taken')
    }
    if (verb === 'RCPT') {
      mail.to = addressOf(line)
      if (act === 'refuse recipient') return void say('550 5.1.1 No such mailbox')
      if (act === 'defer recipient') return void say('451 4.7.1 Come back later')
      return void say('250 Recipient taken')
    }
    if (verb === 'DATA') {
      if (act === 'hang up') return void socket.destroy()
      content = []
      return void say('354 Go on')
    }
    if (verb === 'QUIT') {
      say('221 Bye')
      return void socket.end()
    }
    say('250 Fine')
  }

  function body(line: string, lines: string[]): void {
    if (line !== '.') return void lines.push(line.replace(/^\./, ''))
    content = null
    if (act === 'refuse message') return void say('554 5.6.0 Not like this')
    state.received.push({ ...mail, content: lines.join('\n'), encrypted })
    say('250 Taken')
  }

  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('utf8')
    for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
      const line = pending.slice(0, end)
      pending = pending.slice(end + 2)
      if (content === null) command(line)
      else body(line, content)
    }
  })
  if (greets) say('220 mail.example.com ESMTP')
}

function addressOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}

/** For localhost, good for a day. */
function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mail-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const certificate = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', ['req', ...certificate, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
