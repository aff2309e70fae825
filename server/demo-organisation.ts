/** The believable organisation of `npm run demo`, as data: who works there, with what, and what goes wrong. */

export interface DemoGroup {
  name: string
  issuerKey: 'rsa3072' | 'p256' | 'p384'
  /** How many devices enrol over the year. */
  devices: number
  /** Name of the n-th device, its owner's unit, and its alternative names. */
  device(n: number): { commonName: string; unit: string; san: { type: 'dns' | 'email'; value: string }[] }
  userAgent: string
  /** The message its software renews with, signed by the old certificate; null where it enrols anew with a challenge. */
  renewal: 17 | 19 | null
}

const FIRST = [
  'ada',
  'grace',
  'alan',
  'edsger',
  'barbara',
  'donald',
  'radia',
  'tim',
  'frances',
  'ken',
  'lynn',
  'niklaus',
  'hedy',
  'john',
  'karen',
  'leslie',
]
const LAST = [
  'moss',
  'finch',
  'weber',
  'okafor',
  'silva',
  'tanaka',
  'lund',
  'novak',
  'rossi',
  'dubois',
  'haas',
  'quinn',
  'patel',
  'berg',
  'costa',
  'ito',
]
const UNITS = ['Finance', 'Sales', 'Engineering', 'People', 'Operations']
const BUILDINGS = ['north', 'south', 'tower', 'depot']

const MACS = [
  { model: 'Mac15,12', modelDisplay: 'MacBook Air (13-inch, M3)', osVersion: '26.1', osBuild: '25B78' },
  { model: 'Mac16,1', modelDisplay: 'MacBook Pro (14-inch, M4)', osVersion: '26.1', osBuild: '25B78' },
  { model: 'Mac16,10', modelDisplay: 'Mac mini (M4)', osVersion: '15.7.2', osBuild: '24G325' },
]
const IPADS = [
  { model: 'iPad15,3', modelDisplay: 'iPad Air 11-inch (M3)', osVersion: '26.1', osBuild: '23B85' },
  { model: 'iPad16,3', modelDisplay: 'iPad Pro 11-inch (M4)', osVersion: '26.1', osBuild: '23B85' },
]

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T
const person = (n: number) => `${pick(FIRST, n * 7 + 3)}.${pick(LAST, n * 5 + Math.floor(n / 16))}`
const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

export const DEMO_ORGANISATION = 'Northwind Works'

export const DEMO_GROUPS: DemoGroup[] = [
  {
    name: 'Staff',
    issuerKey: 'p256',
    devices: 140,
    device: (n) => ({
      commonName: `nw-laptop-${String(n + 1).padStart(3, '0')}`,
      unit: pick(UNITS, n),
      san: [
        { type: 'dns', value: `nw-laptop-${String(n + 1).padStart(3, '0')}.northwind.example` },
        { type: 'email', value: `${person(n)}@northwind.example` },
      ],
    }),
    userAgent: 'Mozilla/4.0 (compatible; Win32; NDES client)',
    renewal: 17,
  },
  {
    name: 'Phones and tablets',
    issuerKey: 'p256',
    devices: 110,
    device: (n) => ({
      commonName: `${person(n)}-phone`,
      unit: pick(UNITS, n + 2),
      san: [{ type: 'email', value: `${person(n)}@northwind.example` }],
    }),
    userAgent: 'mdmclient (iPhone; iOS 19.1)',
    renewal: null,
  },
  {
    name: 'Printers',
    issuerKey: 'rsa3072',
    devices: 34,
    device: (n) => ({
      commonName: `prn-${pick(BUILDINGS, n)}-${String(Math.floor(n / 4) + 1).padStart(2, '0')}`,
      unit: 'Facilities',
      san: [
        {
          type: 'dns',
          value: `prn-${pick(BUILDINGS, n)}-${String(Math.floor(n / 4) + 1).padStart(2, '0')}.print.northwind.example`,
        },
      ],
    }),
    userAgent: 'sscep/0.10.0',
    renewal: 19,
  },
  {
    name: 'Contractors',
    issuerKey: 'p384',
    devices: 46,
    device: (n) => ({
      commonName: `ext-${person(n + 40)}`,
      unit: 'External',
      san: [{ type: 'email', value: `${person(n + 40)}@partner.example` }],
    }),
    userAgent: 'strongSwan/5.9.14',
    renewal: 17,
  },
]

/** Macs and iPads that Jamf Pro manages. */
export const DEMO_JAMF = Array.from({ length: 12 }, (_, n) => {
  const isMac = n % 3 !== 2
  const owner = person(n + 60)
  return {
    kind: isMac ? ('computer' as const) : ('mobile' as const),
    name: `nw-${isMac ? 'mac' : 'ipad'}-${String(n + 1).padStart(2, '0')}`,
    serialNumber: `${isMac ? 'FVHG' : 'DMQJ'}${(n * 7_919 + 46_656).toString(36).toUpperCase()}Q6L${n % 10}`,
    username: owner,
    realName: owner.split('.').map(capitalised).join(' '),
    email: `${owner}@northwind.example`,
    department: pick(UNITS, n + 1),
    ...pick(isMac ? MACS : IPADS, n),
  }
})

/** Laptops that Microsoft Intune manages. */
export const DEMO_INTUNE = Array.from({ length: 14 }, (_, n) => `nw-surface-${String(n + 1).padStart(2, '0')}`)
