/** So many connections and no more, from one source and from all. */
import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { proxyCheck } from './client-address'
import { CONNECTIONS, limitConnections } from './connections'

class FakeSocket extends EventEmitter {
  destroyed = false
  constructor(readonly remoteAddress: string) {
    super()
  }
  destroy() {
    this.destroyed = true
    this.emit('close')
  }
}

function limited(perSource: number) {
  const server = new EventEmitter() as unknown as Server
  limitConnections(server, proxyCheck(['10.0.0.0/8']) as (socket: Socket) => boolean, { all: 9, perSource })
  const arrive = (address: string) => {
    const socket = new FakeSocket(address)
    server.emit('connection', socket)
    return socket
  }
  return { server, arrive }
}

test('there are 4,096 in all and 256 of one source', () => {
  expect(CONNECTIONS).toEqual({ all: 4_096, perSource: 256 })
  expect(limited(2).server.maxConnections).toBe(9)
})

test('a source that has plenty gets no more until one of them ends', () => {
  const { arrive } = limited(2)
  const [first, second, third] = ['198.51.100.7', '::ffff:198.51.100.7', '198.51.100.7'].map(arrive)
  expect([first?.destroyed, second?.destroyed, third?.destroyed]).toEqual([false, false, true])
  expect(arrive('198.51.100.8').destroyed).toBe(false)
  expect(arrive('198.51.100.7').destroyed).toBe(true)
  first?.destroy()
  expect(arrive('198.51.100.7').destroyed).toBe(false)
  expect(arrive('198.51.100.7').destroyed).toBe(true)
})

test('a network of IPv6 is one source', () => {
  const { arrive } = limited(1)
  expect(arrive('2001:db8::1').destroyed).toBe(false)
  expect(arrive('2001:db8::2').destroyed).toBe(true)
  expect(arrive('2001:db8:0:1::2').destroyed).toBe(false)
})

test.each(['127.0.0.1', '::ffff:127.0.0.1', '::1', '10.1.2.3'])('%s may have as many as there are', (address) => {
  const { arrive } = limited(1)
  expect([1, 2, 3].map(() => arrive(address).destroyed)).toEqual([false, false, false])
})
