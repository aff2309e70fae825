/** What each device management needs to hear to fetch challenges here, and what is known of its ways. Plain data. */

export interface Product {
  id: string
  name: string
  format: 'hex32' | 'hex16'
  encoding: 'utf-16le' | 'utf-8'
  note: string
  /** What the note says is from its documentation or its behaviour, and not a guess. */
  known: boolean
}

export const PRODUCTS: readonly Product[] = [
  {
    id: 'workspace-one',
    name: 'Workspace ONE',
    format: 'hex32',
    encoding: 'utf-16le',
    note: 'Authority type Microsoft ADCS, protocol SCEP, version NDES, challenge type Dynamic. It asks for the length of a challenge: enter the one you choose here.',
    known: true,
  },
  {
    id: 'ivanti-epm',
    name: 'Ivanti EPM',
    format: 'hex16',
    encoding: 'utf-16le',
    note: 'It is told a host alone and makes the path itself: make this the default endpoint. Its Verify button uses up challenges.',
    known: true,
  },
  {
    id: 'manageengine',
    name: 'ManageEngine MDM',
    format: 'hex32',
    encoding: 'utf-16le',
    note: 'Server type Microsoft SCEP, challenge type Dynamic. It looks for the words around the challenge, which are here.',
    known: true,
  },
  {
    id: 'fleet',
    name: 'Fleet',
    format: 'hex32',
    encoding: 'utf-16le',
    note: 'It fetches one challenge when the settings are saved, and takes a new one after 57 minutes: keep the life at 60 or more.',
    known: true,
  },
  {
    id: 'zentral',
    name: 'Zentral',
    format: 'hex32',
    encoding: 'utf-16le',
    note: 'With its Microsoft CA. With its Okta CA choose UTF-8.',
    known: true,
  },
  {
    id: 'jamf',
    name: 'Jamf Pro',
    format: 'hex32',
    encoding: 'utf-8',
    note: 'Challenge type Dynamic-Microsoft CA. Its webhook says for which device it asks, and this page does not: prefer the webhook.',
    known: true,
  },
  {
    id: 'other',
    name: 'Another product',
    format: 'hex16',
    encoding: 'utf-16le',
    note: 'SOTI, BlackBerry, Ivanti Neurons and others: begin as NDES does, with 16 characters in UTF-16. Not tried with any of them. Mosyle, Kandji (Iru), Addigy and FileWave are known to take static challenges only.',
    known: false,
  },
]
