/** "Test connection" (intune.md §2): token for Graph, discovery, token for Intune, each with what its failure means. */
import { intuneSettings } from '@/lib/services/intune-settings'
import type { ConnectorCheck, MdmConnector } from '@/lib/services/mdm-connector-types'
import { type Discovered, type IntuneDiscovery, mayReceiveToken, PKI_SERVICE, SCEP_SERVICE } from './intune-discovery'
import type { IntuneTokens, Scope, TokenAnswer } from './intune-tokens'

const PATIENCE_MS = 45_000
const STEP = {
  graph: 'Token for Microsoft Graph',
  discovery: 'Discovery of the Intune services',
  intune: 'Token for Intune',
}

const ENTRA_ADVICE: Readonly<Record<string, string>> = {
  AADSTS7000215:
    'The client secret is wrong. In Entra, under App registrations, Certificates & secrets, make a new one and copy its Value, not its Secret ID, into the connector.',
  AADSTS7000222:
    'The client secret has expired. In Entra, under Certificates & secrets, make a new one, and enter its Value and its end here.',
  AADSTS700027:
    'Entra does not know the certificate. Download it from the connector, and upload it in Entra under Certificates & secrets.',
  AADSTS700016:
    'The application ID is not in this tenant. Copy Application (client) ID and Directory (tenant) ID from the overview of the same app registration.',
  AADSTS90002: 'There is no such tenant. Copy the Directory (tenant) ID from the overview of the app registration.',
  AADSTS900023:
    'The tenant is not written as Entra writes it. Copy the Directory (tenant) ID from the app registration.',
  AADSTS500011:
    'Entra does not know the resource of the scope. Check the scopes of the connector: that of Intune has two slashes before .default.',
  AADSTS50105:
    'The enterprise application asks for assignment. In Entra, under Enterprise applications, Properties, set "Assignment required" to No.',
}
const SILENT_ADVICE =
  'Check that this machine reaches the host over https, by way of the firewall, and that its name can be looked up. Hosts in private networks must be allowed on the connector.'

export function createIntuneTest({
  tokens,
  discovery,
  monotonic,
}: {
  tokens: IntuneTokens
  discovery: IntuneDiscovery
  monotonic(): number
}) {
  return async (connector: MdmConnector): Promise<ConnectorCheck[]> => {
    const asking = { connector, enrolmentTransactionId: null, deadline: monotonic() + PATIENCE_MS }
    const graph = await tokens.fresh({ ...asking, scope: 'graph' })
    const checks = [tokenCheck('graph', graph)]
    if (!graph.said) return checks
    const discovered = await discovery.ask(asking, graph.token)
    const found = discoveryCheck(discovered, connector)
    checks.push(found)
    if (!found.ok) return checks
    checks.push(tokenCheck('intune', await tokens.fresh({ ...asking, scope: 'intune' })))
    return checks
  }
}

function tokenCheck(scope: Scope, answer: TokenAnswer): ConnectorCheck {
  const step = STEP[scope]
  if (answer.said) {
    const sentence =
      scope === 'graph'
        ? 'Entra gave a token for Microsoft Graph.'
        : 'Entra gave a token for Intune. Whether its role is in effect shows with the first device: consent given just now takes a few minutes.'
    return { step, ok: true, code: null, sentence, advice: null }
  }
  const { refusal, fault, detail } = answer
  const code = refusal === null ? fault : (refusal.code ?? refusal.error)
  return { step, ok: false, code, sentence: detail, advice: tokenAdvice(answer) }
}

function tokenAdvice({ refusal, fault }: Extract<TokenAnswer, { said: false }>): string {
  if (refusal !== null) {
    const known = refusal.code === null ? undefined : ENTRA_ADVICE[refusal.code]
    if (known !== undefined) return known
    switch (refusal.error) {
      case 'invalid_client':
        return ENTRA_ADVICE.AADSTS7000215 ?? ''
      case 'unauthorized_client':
        return ENTRA_ADVICE.AADSTS700016 ?? ''
      default:
        return 'Look the number up in the sign-in logs of Entra (Service principal sign-ins), where the refusal is explained.'
    }
  }
  return fault === 'no_credential' ? 'Enter the client secret, or make a certificate, on the connector.' : SILENT_ADVICE
}

function discoveryCheck(discovered: Discovered, connector: MdmConnector): ConnectorCheck {
  const step = STEP.discovery
  const fails = (code: string, sentence: string, advice: string) => ({ step, ok: false, code, sentence, advice })
  if (!discovered.said) {
    if (discovered.status === 403)
      return fails(
        'HTTP 403',
        'Microsoft Graph does not let the application read where the Intune services are.',
        'In Entra, under API permissions, add Microsoft Graph, Application permissions, Application.Read.All, and grant admin consent.',
      )
    if (discovered.status === 401)
      return fails(
        'HTTP 401',
        'Microsoft Graph does not accept the token.',
        'Check the scope for Graph on the connector.',
      )
    const code = discovered.status === null ? discovered.fault : `HTTP ${discovered.status}`
    return fails(code, discovered.detail, SILENT_ADVICE)
  }
  const { services } = discovered
  const settings = intuneSettings(connector.settings)
  for (const service of settings.revocations ? [SCEP_SERVICE, PKI_SERVICE] : [SCEP_SERVICE]) {
    const uri = services[service.toLowerCase()]
    if (uri === undefined)
      return fails(
        'no_service',
        `The list of Intune's services has no ${service}.`,
        'In Entra, under API permissions, add Intune, Application permissions, scep_challenge_provider, and grant admin consent. If it is there, the tenant has no Intune licence.',
      )
    const refused = mayReceiveToken(uri, settings)
    if (refused !== null)
      return fails(
        'url_refused',
        refused,
        'If your cloud has other hosts, add them to the service hosts of the connector.',
      )
  }
  const hosts = [...new Set(Object.values(services).map((uri) => URL.parse(uri)?.host ?? ''))].filter(Boolean)
  return { step, ok: true, code: null, sentence: `The services are at ${hosts.join(', ')}.`, advice: null }
}
