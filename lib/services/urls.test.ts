/** Addresses that end up in certificates never change their shape. */
import { expect, test } from 'vitest'
import { createUrls } from './urls'

test('device addresses follow the public URL, status addresses the status URL', () => {
  const urls = createUrls({
    publicUrl: new URL('https://portal.example.com/pki'),
    statusUrl: new URL('http://crl.example.com:8080'),
  })
  expect(urls.scepUrl('staff')).toBe('https://portal.example.com/pki/scep/staff')
  expect(urls.crlUrl('staff')).toBe('http://crl.example.com:8080/crl/staff.crl')
  expect(urls.caUrl('root')).toBe('http://crl.example.com:8080/ca/root.cer')
})

test('status is never served over https', () => {
  const https = new URL('https://crl.example.com')
  expect(() => createUrls({ publicUrl: https, statusUrl: https })).toThrow('http://')
})
