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

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T
const person = (n: number) => `${pick(FIRST, n * 7 + 3)}.${pick(LAST, n * 5 + Math.floor(n / 16))}`

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

/** Laptops that Microsoft Intune manages. */
export const DEMO_INTUNE = Array.from({ length: 14 }, (_, n) => `nw-surface-${String(n + 1).padStart(2, '0')}`)
