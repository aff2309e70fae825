/** What the simulator is the next time that it is started: the same tenant, the same credentials, the same devices. */
import type { IntuneSimulator } from './intune'
import type { ManagedDevice, RevocationRequest, SuccessReport, Tenant } from './intune-world'

export interface KeptIntune {
  tenantId: string
  domain: string
  applicationId: string
  clientSecret: string
  ports: { authority: number; graph: number; service: number; control: number }
  devices: (Omit<ManagedDevice, 'profiles'> & { profiles: string[] })[]
  reports: SuccessReport[]
  revocations: RevocationRequest[]
}

export function keptIntune({ tenant, applicationId, clientSecret, ports }: IntuneSimulator): KeptIntune {
  return {
    ...{ tenantId: tenant.id, domain: tenant.domain, applicationId, clientSecret, ports: ports() },
    devices: [...tenant.devices.values()].map((device) => ({ ...device, profiles: [...device.profiles] })),
    reports: tenant.reports,
    revocations: tenant.revocations,
  }
}

/** Times come back from JSON as texts. */
export function restore(tenant: Tenant, { devices, reports, revocations }: KeptIntune): void {
  for (const device of devices) {
    tenant.devices.set(device.id, { ...device, profiles: new Set(device.profiles) })
    tenant.users.add(device.userId)
  }
  tenant.reports.push(...reports.map((report) => ({ ...report, at: new Date(report.at) })))
  for (const request of revocations)
    tenant.revocations.push({ ...request, handedOutAt: request.handedOutAt && new Date(request.handedOutAt) })
}
