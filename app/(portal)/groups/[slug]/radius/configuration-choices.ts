/** The choices about a server's configuration, as they stand in the URL. */
import { CONFIGURATION_DEFAULTS, type ConfigurationRequest } from '@/lib/services/radius-configuration'

/** Without `chosen` the form was not used yet: then the usual choices hold. */
export function configurationOf(group: string, parameters: URLSearchParams): ConfigurationRequest {
  const also = parameters.getAll('also').filter((slug) => /^[a-z0-9-]{1,64}$/.test(slug))
  const groups = [group, ...also.filter((slug) => slug !== group)]
  if (!parameters.has('chosen')) return { groups, ...CONFIGURATION_DEFAULTS }
  const is = (name: string) => parameters.get(name) === 'yes'
  return {
    groups,
    checks: { rest: is('rest'), crl: is('crl'), ocsp: is('ocsp') },
    onOutage: parameters.get('outage') === 'accept' ? 'accept' : 'reject',
  }
}

export function withConfiguration(path: string, { groups, checks, onOutage }: ConfigurationRequest): string {
  const query = new URLSearchParams({ chosen: 'yes', outage: onOutage })
  for (const [name, on] of Object.entries(checks)) query.set(name, on ? 'yes' : 'no')
  for (const slug of groups.slice(1)) query.append('also', slug)
  return `${path}?${query}`
}

export function parametersOf(given: Record<string, string | string[] | undefined>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) for (const one of [value ?? []].flat()) query.append(name, one)
  return query
}
