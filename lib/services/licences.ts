/** The software that Latchkey is built with, by licence, read from the lock file that fixes every version. */

export interface LicenceGroup {
  licence: string
  packages: { name: string; version: string }[]
}

export interface LicencesService {
  /** The most frequent licence first. What only tests need is left out. */
  list(): Promise<LicenceGroup[]>
}

export function createLicences({ lockFile }: { lockFile(): Promise<string> }): LicencesService {
  let reading: Promise<LicenceGroup[]> | undefined
  return {
    list() {
      reading ??= lockFile()
        .then(licencesOf)
        .catch((error) => {
          reading = undefined
          throw error
        })
      return reading
    },
  }
}

interface Locked {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
}

export function licencesOf(lock: string): LicenceGroup[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, Locked> }
  const groups = new Map<string, Map<string, { name: string; version: string }>>()
  for (const [path, { version, license, dev, link }] of Object.entries(packages)) {
    if (path === '' || dev || link || version === undefined) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const licence = license ?? 'Not stated'
    const group = groups.get(licence) ?? new Map()
    groups.set(licence, group.set(`${name} ${version}`, { name, version }))
  }
  return Array.from(groups, ([licence, found]) => ({
    licence,
    packages: [...found.values()].sort((one, other) => one.name.localeCompare(other.name, 'en')),
  })).sort(
    (one, other) => other.packages.length - one.packages.length || one.licence.localeCompare(other.licence, 'en'),
  )
}
