/** Minting: what a challenge may be bound to, how many there may be, and that its value is shown once. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import { checkedConstraints, unresolvedVariable } from './challenge-constraints'
import { createChallenges } from './challenges'
import { type EnrolmentPortal, enrolmentPortal, memoryEnrolmentBacking } from './testing/enrolment'
import { actor, NOON } from './testing/harness'

let portal: EnrolmentPortal
beforeEach(async () => {
  portal = await enrolmentPortal(memoryEnrolmentBacking())
})

const mint = (more: object = {}, role: 'admin' | 'operator' | 'auditor' = 'operator') =>
  portal.challenges.mint(actor(role), { endpoint: portal.slug, subject: 'CN=tablet-7,O=Example', ...more })

describe('minting', () => {
  test('returns 32 upper-case hex digits once, with what to do with them, and records the binding but never the value', async () => {
    const { result, full } = await portal.eventsOf(() =>
      mint({ san: [{ type: 'dns', value: 'Tablet-7.Example.com' }], deviceName: 'Tablet 7' }),
    )
    expect(result).toMatchObject({
      challenge: expect.stringMatching(/^[0-9A-F]{32}$/),
      expiresAt: new Date(NOON.getTime() + 3_600_000),
      scepUrl: 'https://portal.example.com/scep/staff',
      endpoint: 'staff',
      subject: 'CN=tablet-7,O=Example',
      san: [{ type: 'dns', value: 'tablet-7.example.com' }],
    })
    expect(full).toMatchObject([
      {
        type: 'challenge.minted',
        outcome: 'success',
        object: { type: 'challenge', id: result.id },
        data: {
          binding: { subject: 'CN=tablet-7,O=Example', san: ['dns:tablet-7.example.com'] },
          endpoint: 'staff',
          expires: '2026-11-23T13:00:00.000Z',
          format: 'hex32',
          via: 'ui',
        },
      },
    ])
    const view = await portal.challenges.get(actor('auditor'), result.id)
    expect(view).toMatchObject({
      state: 'pending',
      deviceName: 'Tablet 7',
      mintedBy: 'Ada Admin',
      failedAttempts: 0,
      certificate: null,
    })
    expect(JSON.stringify([full, view, await portal.challenges.list(actor('auditor'), {}, {})])).not.toContain(
      result.challenge,
    )
  })

  test('two challenges never look alike', async () => {
    const values = await Promise.all(Array.from({ length: 50 }, async () => (await mint()).challenge))
    expect(new Set(values).size).toBe(50)
  })

  test.each([
    [0, false],
    [1, true],
    [1_440, true],
    [1_441, false],
    [7.5, false],
    [Number.NaN, false],
  ])('a life of %d minutes is possible: %s', async (ttlMinutes, possible) => {
    if (!possible)
      return expect(mint({ ttlMinutes })).rejects.toMatchObject({
        code: 'invalid_input',
        fields: { ttlMinutes: expect.any(String) },
      })
    expect((await mint({ ttlMinutes })).expiresAt).toEqual(new Date(NOON.getTime() + ttlMinutes * 60_000))
  })

  test('beyond the quota is refused and recorded; revoking one makes room', async () => {
    const challenges = createChallenges({
      store: portal.backing.enrolment.challenges,
      signer: portal.signer,
      urls: portal.urls,
      audit: portal.backing,
      limit: portal.limits,
      quota: 2,
    })
    const again = () => challenges.mint(actor('operator'), { endpoint: portal.slug, subject: 'CN=a' })
    const { id } = await again()
    await again()
    const { events } = await portal.eventsOf(() =>
      expect(again()).rejects.toMatchObject({ code: 'rate_limited', reason: 'challenge_quota' }),
    )
    expect(events).toEqual(['challenge.mint_refused challenge_quota'])
    await challenges.revoke(actor('operator'), id)
    await again()
  })

  test('more than a burst of 120 in two minutes is refused to whoever asks, and to nobody else', async () => {
    const some = (via: 'api' | 'cli', id: string) =>
      portal.challenges.mint({ ...actor('operator'), via, id }, { endpoint: portal.slug, subject: 'CN=a' })
    for (let count = 0; count < 120; count++) await some('api', 'busy')
    await expect(some('api', 'busy')).rejects.toMatchObject({ code: 'rate_limited' })
    await some('api', 'quiet')
    for (let count = 0; count < 121; count++) await some('cli', 'busy')
    portal.time.now = new Date(portal.time.now.getTime() + 121_000)
    await some('api', 'busy')
  })

  test('is refused at an endpoint that is unknown or switched off', async () => {
    await expect(mint({ endpoint: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' })
    await portal.groups.updateEndpoint(actor('admin'), portal.slug, { enabled: false })
    const { events } = await portal.eventsOf(() =>
      expect(mint()).rejects.toMatchObject({ code: 'conflict', reason: 'endpoint_disabled' }),
    )
    expect(events).toEqual(['challenge.mint_refused endpoint_disabled'])
  })

  test('auditors read and do not mint or revoke', async () => {
    const { id } = await mint()
    await expect(mint({}, 'auditor')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(portal.challenges.revoke(actor('auditor'), id)).rejects.toMatchObject({ code: 'forbidden' })
    expect((await portal.challenges.list(actor('auditor'), {}, {})).items).toHaveLength(1)
  })
})

describe('revoking', () => {
  test('is recorded with who and why, once', async () => {
    const { id } = await mint()
    const { result, full } = await portal.eventsOf(() => portal.challenges.revoke(actor('operator'), id, 'device lost'))
    expect(result.state).toBe('revoked')
    expect(full).toMatchObject([
      { type: 'challenge.revoked', object: { id }, data: { by: 'Ada Admin', why: 'device lost' } },
    ])
    await expect(portal.challenges.revoke(actor('operator'), id)).rejects.toMatchObject({
      code: 'conflict',
      sentence: 'It is revoked already.',
    })
  })

  test('a used challenge points to its certificate instead', async () => {
    const { id, challenge } = await mint()
    await (await portal.device({ challenge })).enrol()
    await expect(portal.challenges.revoke(actor('operator'), id)).rejects.toMatchObject({
      code: 'conflict',
      sentence: expect.stringContaining('certificate'),
    })
    expect(await portal.challenges.get(actor('admin'), id)).toMatchObject({
      state: 'consumed',
      certificate: { serial: expect.any(String) },
    })
  })

  test('an unknown one is not found', async () => {
    await expect(portal.challenges.revoke(actor('operator'), crypto.randomUUID())).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('what a challenge may be bound to', () => {
  const name = (type: string, value: string) => () => checkedConstraints([{ type, value }], [])
  const san = (type: string, value: string) => () => checkedConstraints('CN=a', [{ type: type as 'dns', value }])
  const refusal = (work: () => unknown): Refusal => {
    try {
      work()
    } catch (error) {
      if (error instanceof Refusal) return error
    }
    throw new Error('not refused')
  }

  test('text and parts mean the same; dotted types and other spellings get their short name', () => {
    const expected = {
      v: 1,
      subject: [
        { type: 'CN', value: 'tablet-7' },
        { type: 'E', value: 'ada@example.com' },
      ],
      san: [],
    }
    expect(checkedConstraints('CN=tablet-7, emailAddress=ada@example.com', [])).toEqual(expected)
    expect(
      checkedConstraints(
        [
          { type: '2.5.4.3', value: ' tablet-7 ' },
          { type: '1.2.840.113549.1.9.1', value: 'ada@example.com' },
        ],
        [],
      ),
    ).toEqual(expected)
  })

  test.each([
    ['an unknown part', name('FOO', 'x'), /not a known part/],
    ['an unknown OID', name('1.2.3.4', 'x'), /not a known part/],
    ['an empty value', name('CN', '  '), /CN is empty/],
    ['too long a name', name('CN', 'x'.repeat(65)), /at most 64/],
    ['a country of three letters', name('C', 'CHE'), /at most 2|two letters/],
    ['a control character', name('CN', 'a\u0007b'), /invisible/],
    ['a bidi override', name('CN', 'a\u202eb'), /invisible/],
    ['a Jamf variable', name('CN', '$COMPUTERNAME'), /\$COMPUTERNAME/],
    ['an Intune variable', name('CN', 'x-{{DeviceId}}'), /\{\{DeviceId\}\}/],
    ['a Mosyle variable', name('CN', '%SerialNumber%'), /%SerialNumber%/],
    ['no name at all', () => checkedConstraints('', []), /Name the device/],
    [
      '21 parts',
      () =>
        checkedConstraints(
          Array.from({ length: 21 }, () => ({ type: 'OU', value: 'x' })),
          [],
        ),
      /at most 20/,
    ],
  ] as const)('%s is refused in the subject, saying so', (_, work, sentence) => {
    expect(refusal(work)).toMatchObject({ code: 'invalid_input', fields: { subject: expect.stringMatching(sentence) } })
  })

  test.each([
    ['dns', 'tab let'],
    ['dns', '-a.example.com'],
    ['dns', '192.0.2.1'],
    ['dns', '*.example.com'],
    ['dns', `${'a'.repeat(64)}.com`],
    ['dns', 'a..b'],
    ['email', 'ada'],
    ['email', '.a@example.com'],
    ['email', 'a@-x'],
    ['email', 'Ada <ada@example.com>'],
    ['uri', 'no scheme'],
    ['uri', '/path'],
    ['uri', 'http://'],
    ['uri', 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500'],
    ['upn', 'ada'],
    ['upn', 'a b@example.com'],
    ['ip', '256.1.1.1'],
    ['ip', '1.2.3'],
    ['ip', '01.2.3.4'],
    ['ip', '2001:db8::g'],
    ['ip', '::1%eth0'],
    ['x400', 'x'],
    ['dns', '%HostName%.example.com'],
    ['dns', 'a\u200bb.example.com'],
  ])('%s name %j is refused', (type, value) => {
    expect(refusal(san(type, value))).toMatchObject({ code: 'invalid_input', fields: { san: expect.any(String) } })
  })

  test('names are kept in one spelling, and once', () => {
    const { san: names } = checkedConstraints('', [
      { type: 'dns', value: 'A.Example.COM' },
      { type: 'dns', value: 'a.example.com' },
      { type: 'email', value: 'Ada@EXAMPLE.com' },
      { type: 'ip', value: '2001:DB8:0:0:0:0:0:7' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'uri', value: 'urn:uuid:1' },
      { type: 'upn', value: 'Ada@Example.com' },
    ])
    expect(names.map(({ type, value }) => `${type}:${value}`)).toEqual([
      'dns:a.example.com',
      'email:Ada@example.com',
      'ip:2001:db8::7',
      'ip:192.0.2.7',
      'uri:urn:uuid:1',
      'upn:ada@example.com',
    ])
  })

  test('a hundred alternative names fit, one more does not', () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, number) => ({ type: 'dns' as const, value: `h${number}.example.com` }))
    expect(checkedConstraints('', names(100)).san).toHaveLength(100)
    expect(refusal(() => checkedConstraints('', names(101)))).toMatchObject({ code: 'invalid_input' })
  })

  test.each(['Cash $5', '100% sure', 'a{b', 'plain'])('%j holds no variable', (value) => {
    expect(unresolvedVariable(value)).toBeNull()
  })
})
