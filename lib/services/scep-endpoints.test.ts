/** How long an endpoint is remembered, and who waits while it is read again. */
import { beforeEach, expect, test, vi } from 'vitest'
import { ENDPOINT_DEFAULTS, PROFILE_DEFAULTS } from './endpoint-settings'
import { createScepEndpoints, type ScepEndpoint, type ScepEndpoints } from './scep-endpoints'

const START = Date.UTC(2026, 10, 27)

let milliseconds: number
let version: number
let read: ReturnType<typeof vi.fn<(slug: string) => Promise<ScepEndpoint | null>>>
let endpoints: ScepEndpoints

beforeEach(() => {
  milliseconds = 0
  version = 1
  read = vi.fn(async (slug: string) => endpointOf(slug))
  endpoints = createScepEndpoints({ endpoint: (slug) => read(slug) }, () => new Date(START + milliseconds))
})

const versionAt = async (time: number) => {
  milliseconds = time
  const { endpoint, stale } = await endpoints.get('staff')
  return stale ? `stale ${endpoint?.policyVersion}` : endpoint?.policyVersion
}

test('a change is seen within a second, however often devices come', async () => {
  expect(await versionAt(0)).toBe(1)
  version = 2
  for (const time of [300, 600, 899, 950, 999]) expect(await versionAt(time)).toBe(1)
  version = 3
  // Read at 950, while the first one was still good.
  expect(await versionAt(1_000)).toBe(2)
  expect(await versionAt(1_849)).toBe(2)
  expect(await versionAt(1_950)).toBe(3)
  expect(read).toHaveBeenCalledTimes(3)
})

test('whoever comes while it is read ahead does not wait for it', async () => {
  const held = Promise.withResolvers<ScepEndpoint | null>()
  await versionAt(0)
  read.mockReturnValueOnce(held.promise)
  expect(await versionAt(920)).toBe(1)
  expect(await versionAt(980)).toBe(1)
  const late = versionAt(1_010)
  version = 2
  held.resolve(endpointOf('staff'))
  expect(await late).toBe(2)
  expect(read).toHaveBeenCalledTimes(2)
})

test('what was read ahead long ago is read again', async () => {
  await versionAt(0)
  await versionAt(950)
  version = 2
  expect(await versionAt(60_000)).toBe(2)
})

test('a fault while it is read ahead costs nobody an answer', async () => {
  await versionAt(0)
  read.mockRejectedValueOnce(new Error('down'))
  expect(await versionAt(950)).toBe(1)
  await Promise.resolve()
  version = 2
  expect(await versionAt(1_000)).toBe(2)
  read.mockRejectedValueOnce(new Error('down'))
  expect(await versionAt(3_000)).toBe('stale 2')
})

test('a clock that is set back makes nothing last longer', async () => {
  await versionAt(5_000)
  version = 2
  expect(await versionAt(0)).toBe(2)
})

function endpointOf(slug: string): ScepEndpoint {
  return {
    ...ENDPOINT_DEFAULTS,
    id: '5b0c1de4-3bb0-4f7c-9c3d-7d2b0c0f6a01',
    slug,
    groupSlug: 'staff',
    policyVersion: version,
    enabled: true,
    policy: 'dynamic',
    profile: PROFILE_DEFAULTS,
    registrationAuthorities: [],
    issuer: null,
    chain: [],
    deviceLookups: [],
    nextChain: [],
  }
}
