/** One device as each API of Jamf Pro shows it, with the sections that were asked for, and what may be filtered by. */
import type { Fields } from './jamf-rsql'
import type { JamfDevice, JamfState } from './jamf-state'

export const COMPUTER_SECTIONS = ['GENERAL', 'HARDWARE', 'USER_AND_LOCATION', 'OPERATING_SYSTEM', 'GROUP_MEMBERSHIPS']
export const MOBILE_SECTIONS = ['GENERAL', 'HARDWARE', 'USER_AND_LOCATION', 'GROUPS']

export const COMPUTER_FIELDS: Fields<JamfDevice> = {
  id: ({ id }) => id,
  udid: ({ udid }) => udid,
  'general.name': ({ name }) => name,
  'general.managementId': ({ managementId }) => managementId,
  'general.remoteManagement.managed': ({ managed }) => managed,
  'general.lastContactTime': ({ lastContact }) => lastContact,
  'general.reportDate': ({ reported }) => reported,
  'general.platform': () => 'Mac',
  'hardware.serialNumber': ({ serialNumber }) => serialNumber,
  'hardware.model': ({ modelDisplay }) => modelDisplay,
  'hardware.macAddress': ({ macAddress }) => macAddress,
  'userAndLocation.username': ({ username }) => username,
  'userAndLocation.email': ({ email }) => email,
}

export const MOBILE_FIELDS: Fields<JamfDevice> = {
  mobileDeviceId: ({ id }) => id,
  displayName: ({ name }) => name,
  udid: ({ udid }) => udid,
  serialNumber: ({ serialNumber }) => serialNumber,
  managementId: ({ managementId }) => managementId,
  managed: ({ managed }) => managed,
  lastInventoryUpdateDate: ({ reported }) => reported,
  username: ({ username }) => username,
  emailAddress: ({ email }) => email,
}

/** Of the list that cannot be filtered. */
export const MOBILE_LIST_FIELDS: Fields<JamfDevice> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  serialNumber: ({ serialNumber }) => serialNumber,
  udid: ({ udid }) => udid,
}

/** A section that was not asked for is null. */
export function computerRecord(device: JamfDevice, sections: readonly string[], state: JamfState) {
  const section = <T>(name: string, value: () => T): T | null => (sections.includes(name) ? value() : null)
  return {
    id: String(device.id),
    udid: device.udid,
    general: section('GENERAL', () => ({
      ...state.more,
      name: device.name,
      platform: 'Mac',
      supervised: false,
      managementId: device.managementId,
      remoteManagement: { managed: device.managed, managementUsername: null },
      mdmCapable: { capable: device.managed, capableUsers: [device.username] },
      reportDate: device.reported,
      lastContactTime: device.lastContact,
      lastEnrolledDate: device.lastContact,
      site: { id: '-1', name: 'None' },
    })),
    hardware: section('HARDWARE', () => ({
      ...state.more,
      make: 'Apple',
      model: device.modelDisplay,
      modelIdentifier: device.model,
      serialNumber: device.serialNumber,
      macAddress: device.macAddress,
    })),
    operatingSystem: section('OPERATING_SYSTEM', () => ({
      name: 'macOS',
      version: device.osVersion,
      build: device.osBuild,
    })),
    userAndLocation: section('USER_AND_LOCATION', () => ({
      username: device.username,
      realname: device.realName,
      email: device.email,
      position: device.position,
      phone: device.phone,
      room: device.room,
      departmentId: null,
      buildingId: null,
    })),
    groupMemberships: section('GROUP_MEMBERSHIPS', () =>
      state.groupsOf(device).map(({ id, name }) => ({ groupId: String(id), groupName: name, smartGroup: true })),
    ),
  }
}

export function mobileListRecord(device: JamfDevice) {
  return {
    id: String(device.id),
    name: device.name,
    serialNumber: device.serialNumber,
    wifiMacAddress: device.macAddress,
    udid: device.udid,
    phoneNumber: device.phone === '' ? null : device.phone,
    model: device.modelDisplay,
    modelIdentifier: device.model,
    username: device.username,
    type: 'ios',
    managementId: device.managementId,
  }
}

export function mobileRecord(device: JamfDevice, sections: readonly string[], state: JamfState) {
  const section = <T>(name: string, value: () => T): T | null => (sections.includes(name) ? value() : null)
  return {
    mobileDeviceId: String(device.id),
    deviceType: 'iOS',
    general: section('GENERAL', () => ({
      ...state.more,
      udid: device.udid,
      displayName: device.name,
      siteId: '-1',
      lastInventoryUpdateDate: device.reported,
      osVersion: device.osVersion,
      osBuild: device.osBuild,
      managed: device.managed,
      supervised: true,
      deviceOwnershipType: 'Institutional',
      lastEnrolledDate: device.reported,
      managementId: device.managementId,
    })),
    hardware: section('HARDWARE', () => ({
      ...state.more,
      serialNumber: device.serialNumber,
      model: device.modelDisplay,
      modelIdentifier: device.model,
      wifiMacAddress: device.macAddress,
    })),
    userAndLocation: section('USER_AND_LOCATION', () => ({
      username: device.username,
      realName: device.realName,
      emailAddress: device.email,
      position: device.position,
      phoneNumber: device.phone,
      room: device.room,
    })),
    groups: section('GROUPS', () =>
      state.groupsOf(device).map(({ id, name }) => ({ groupId: String(id), groupName: name, smart: true })),
    ),
  }
}

/** Of /v2/mobile-devices/{id}/detail, which is flat. */
export function mobileDetail(device: JamfDevice) {
  return {
    id: String(device.id),
    name: device.name,
    lastInventoryUpdateTimestamp: device.reported,
    osVersion: device.osVersion,
    osBuild: device.osBuild,
    serialNumber: device.serialNumber,
    udid: device.udid,
    wifiMacAddress: device.macAddress,
    managed: device.managed,
    managementId: device.managementId,
    type: 'ios',
    location: {
      username: device.username,
      realName: device.realName,
      emailAddress: device.email,
      position: device.position,
      phoneNumber: device.phone,
      room: device.room,
    },
    ios: { model: device.modelDisplay, modelIdentifier: device.model, supervised: true },
  }
}

/** Classic API. */
export function classicRecord(device: JamfDevice) {
  const { id, name, udid } = device
  const location = {
    username: device.username,
    realname: device.realName,
    real_name: device.realName,
    email_address: device.email,
    room: device.room,
  }
  if (device.kind === 'mobile')
    return {
      mobile_device: {
        general: { id, name, device_name: name, serial_number: device.serialNumber, udid, managed: device.managed },
        location,
      },
    }
  return {
    computer: {
      general: {
        ...{ id, name, mac_address: device.macAddress, serial_number: device.serialNumber, udid, platform: 'Mac' },
        remote_management: { managed: device.managed },
        mdm_capable: device.managed,
        report_date_utc: device.reported,
        last_contact_time_utc: device.lastContact,
      },
      location,
      hardware: { make: 'Apple', model: device.modelDisplay, model_identifier: device.model },
    },
  }
}
