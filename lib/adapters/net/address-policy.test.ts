/** Every way to write an address that is not public is seen through. */
import { describe, expect, test } from 'vitest'
import type { OutboundRule } from '@/lib/services/outbound'
import { addressClass, mayConnect, mayUsePlainHttp } from './address-policy'

const rule = (more: Partial<OutboundRule>): OutboundRule => ({
  host: 'validator.internal',
  port: null,
  prefix: null,
  plain: false,
  ...more,
})

test.each([
  ['8.8.8.8', 'public'],
  ['172.15.255.255', 'public'],
  ['172.32.0.0', 'public'],
  ['100.63.255.255', 'public'],
  ['2606:4700::1111', 'public'],
  ['::ffff:8.8.8.8', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.255.255', 'private'],
  ['fd12::1', 'private'],
  ['::ffff:10.0.0.1', 'private'],
  ['64:ff9b::a00:1', 'private'],
  ['127.0.0.1', 'local'],
  ['127.255.0.9', 'local'],
  ['0.0.0.0', 'local'],
  ['100.64.0.1', 'local'],
  ['100.127.255.255', 'local'],
  ['169.254.1.1', 'local'],
  ['192.0.2.1', 'local'],
  ['198.19.255.255', 'local'],
  ['224.0.0.1', 'local'],
  ['255.255.255.255', 'local'],
  ['::', 'local'],
  ['::1', 'local'],
  ['::127.0.0.1', 'local'],
  ['::ffff:127.0.0.1', 'local'],
  ['0:0:0:0:0:ffff:7f00:1', 'local'],
  ['fe80::1', 'local'],
  ['fe80::1%eth0', 'local'],
  ['febf::1', 'local'],
  ['ff02::1', 'local'],
  ['2001:db8::1', 'local'],
  ['2001::1', 'local'],
  ['2002:7f00:1::', 'local'],
  ['169.254.169.254', 'never'],
  ['::ffff:169.254.169.254', 'never'],
  ['64:ff9b::a9fe:a9fe', 'never'],
  ['fd00:ec2::254', 'never'],
])('%s is %s', (address, expected) => {
  expect(addressClass(address)).toBe(expected)
})

describe('who may allow what', () => {
  const at = (address: string, host = 'validator.internal', port = 443) => ({ host, port, address })

  test('an administrator allows a private host by its name, with or without its port', () => {
    expect(mayConnect(at('10.0.0.1'), [], [])).toBe(false)
    expect(mayConnect(at('10.0.0.1'), ['Validator.Internal'], [])).toBe(true)
    expect(mayConnect(at('10.0.0.1'), ['validator.internal:443'], [])).toBe(true)
    expect(mayConnect(at('10.0.0.1'), ['validator.internal:8443'], [])).toBe(false)
    expect(mayConnect(at('10.0.0.1', 'other.internal'), ['validator.internal'], [])).toBe(false)
    expect(mayConnect(at('fd12::1', 'fd12::1', 8443), ['[fd12::1]:8443'], [])).toBe(true)
  })

  test.each(['127.0.0.1', '::1', '169.254.1.1', '100.64.0.1'])('no administrator can allow %s', (address) => {
    expect(mayConnect(at(address), ['validator.internal', address], [])).toBe(false)
    expect(mayConnect(at(address), [], [rule({})])).toBe(true)
  })

  test('the deployment allows hosts, ports and networks', () => {
    expect(mayConnect(at('127.0.0.1'), [], [rule({ port: 9_000 })])).toBe(false)
    expect(mayConnect(at('127.0.0.1', 'localhost', 9_000), [], [rule({ host: 'localhost', port: 9_000 })])).toBe(true)
    const network = rule({ host: '10.1.0.0', prefix: 16 })
    expect(mayConnect(at('10.1.255.255', 'any'), [], [network])).toBe(true)
    expect(mayConnect(at('10.2.0.0', 'any'), [], [network])).toBe(false)
    expect(mayConnect(at('::ffff:10.1.0.7', 'any'), [], [network])).toBe(true)
  })

  test('nobody allows the metadata of a cloud', () => {
    expect(mayConnect(at('169.254.169.254'), ['validator.internal'], [rule({ host: '0.0.0.0', prefix: 0 })])).toBe(
      false,
    )
  })

  test('plain HTTP is allowed by the deployment alone, where it says so', () => {
    expect(mayUsePlainHttp(at('127.0.0.1'), [rule({})])).toBe(false)
    expect(mayUsePlainHttp(at('127.0.0.1'), [rule({ plain: true })])).toBe(true)
  })
})
