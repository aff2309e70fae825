/** Microsoft Intune as a kind of connector. */
import { checkedIntuneCredential, checkedIntuneSettings, intuneCredentialMoves } from './intune-settings'
import type { IntuneClient } from './intune-types'
import type { MdmKindDefinition } from './mdm-connector-types'

/** The validator that asks on its behalf comes with its row: the database makes it (20261128110000_intune). */
export function intuneKind(client: Pick<IntuneClient, 'test'>): MdmKindDefinition {
  return {
    kind: 'intune',
    checkedSettings: checkedIntuneSettings,
    checkedCredential: checkedIntuneCredential,
    credentialMoves: intuneCredentialMoves,
    test: (connector) => client.test(connector),
  }
}
