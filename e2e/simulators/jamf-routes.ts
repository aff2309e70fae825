/** What can be asked of Jamf Pro's API: each path with the privilege it takes and what it answers. */
import { failure, page } from './jamf-answers'
import type { Hop } from './jamf-faults'
import {
  COMPUTER_FIELDS,
  COMPUTER_SECTIONS,
  classicRecord,
  computerRecord,
  MOBILE_FIELDS,
  MOBILE_LIST_FIELDS,
  MOBILE_SECTIONS,
  mobileDetail,
  mobileListRecord,
  mobileRecord,
} from './jamf-inventory'
import { paged, sectionsOf } from './jamf-paging'
import type { DeviceKind, JamfDevice, JamfState, Privilege, SmartGroup } from './jamf-state'

export interface Route {
  hop: Hop
  privilege: Privilege | null
  answer(asked: { url: URL; match: RegExpExecArray; share: number }): unknown
}

export class JamfRoutes {
  readonly table: readonly [RegExp, Route][]

  constructor(private readonly state: JamfState) {
    const of = (kind: DeviceKind) => ({ kind, ...OF[kind] })
    const [macs, phones] = [of('computer'), of('mobile')]
    this.table = [
      [/^\/api\/v1\/computers-inventory$/, this.inventory(macs, 'computers')],
      [/^\/api\/v1\/computers-inventory(?:-detail)?\/([^/]+)$/, this.record(macs, 'computer')],
      [/^\/api\/v2\/mobile-devices$/, this.mobileList()],
      [/^\/api\/v2\/mobile-devices\/detail$/, this.inventory(phones, 'mobiles')],
      [/^\/api\/v2\/mobile-devices\/([^/]+)\/detail$/, this.record(phones, 'mobile')],
      [/^\/api\/v2\/mobile-devices\/([^/]+)$/, this.record(phones, 'mobile')],
      [/^\/api\/v1\/computer-groups$/, this.groupList(macs)],
      [/^\/api\/v1\/mobile-device-groups$/, this.groupList(phones)],
      [/^\/api\/v2\/computer-groups\/smart-group-membership\/([^/]+)$/, this.membership(macs)],
      [/^\/JSSResource\/computers\/(serialnumber|udid|id)\/([^/]+)$/, this.classic(macs)],
      [/^\/JSSResource\/mobiledevices\/(serialnumber|udid|id)\/([^/]+)$/, this.classic(phones)],
      [/^\/JSSResource\/computergroups\/(id|name)\/([^/]+)$/, this.classicGroup(macs)],
      [/^\/JSSResource\/mobiledevicegroups\/(id|name)\/([^/]+)$/, this.classicGroup(phones)],
    ]
  }

  private inventory(of: KindOf, hop: Hop): Route {
    return {
      hop,
      privilege: of.privilege,
      answer: ({ url, share }) => {
        const sections = sectionsOf(url, of.sections)
        return paged(this.state, url, of, of.fields, of.sort, share, (device) =>
          of.record(device, sections, this.state),
        )
      },
    }
  }

  private mobileList(): Route {
    const of = { kind: 'mobile' as const, ...OF.mobile }
    return {
      hop: 'mobiles',
      privilege: of.privilege,
      answer: ({ url, share }) =>
        paged(this.state, url, of, MOBILE_LIST_FIELDS, 'id:asc', share, mobileListRecord, false),
    }
  }

  private record(of: KindOf, hop: Hop): Route {
    return {
      hop,
      privilege: of.privilege,
      answer: ({ url, match: [, id = ''] }) => {
        const device = /^\d+$/.test(id) ? this.state.of(of.kind).get(Number(id)) : undefined
        if (device === undefined) throw failure(404, 'NOT_FOUND', 'Resource does not exist', id)
        if (of.kind === 'mobile')
          return url.pathname.endsWith('/detail') ? mobileDetail(device) : mobileListRecord(device)
        const all = url.pathname.includes('-detail/')
        return computerRecord(device, all ? COMPUTER_SECTIONS : sectionsOf(url, of.sections), this.state)
      },
    }
  }

  private classic(of: KindOf): Route {
    return {
      hop: 'classic',
      privilege: of.privilege,
      answer: ({ match: [, by, value = ''] }) => {
        const wanted = decodeURIComponent(value)
        const device =
          by === 'serialnumber'
            ? this.state.bySerial(of.kind, wanted)
            : [...this.state.of(of.kind).values()].find(
                (each) => (by === 'udid' ? each.udid : String(each.id)) === wanted,
              )
        if (device === undefined) throw page(404, 'Not Found')
        return classicRecord(device)
      },
    }
  }

  private groupsOf = (kind: DeviceKind): SmartGroup[] => this.state.groups.filter((group) => group.kind === kind)

  private groupList(of: KindOf): Route {
    return {
      hop: 'groups',
      privilege: of.groups,
      answer: () =>
        this.groupsOf(of.kind).map(({ id, name }) =>
          of.kind === 'computer'
            ? { id: String(id), name, smartGroup: true }
            : { id: String(id), name, isSmartGroup: true },
        ),
    }
  }

  private membership(of: KindOf): Route {
    return {
      hop: 'group',
      privilege: of.groups,
      answer: ({ match: [, id] }) => {
        const group = this.groupsOf(of.kind).find((each) => String(each.id) === id)
        if (group === undefined) throw failure(404, 'NOT_FOUND', 'Resource does not exist', id)
        return { members: [...group.members] }
      },
    }
  }

  private classicGroup(of: KindOf): Route {
    return {
      hop: 'group',
      privilege: of.groups,
      answer: ({ match: [, by, value = ''] }) => {
        const wanted = decodeURIComponent(value)
        const group = this.groupsOf(of.kind).find(({ id, name }) => (by === 'id' ? String(id) : name) === wanted)
        if (group === undefined) throw page(404, 'Not Found')
        const members = [...group.members].flatMap((id) => this.state.of(of.kind).get(id) ?? [])
        const { id, name } = group
        if (of.kind === 'computer') {
          const computers = members.map((each) => ({ id: each.id, name: each.name, serial_number: each.serialNumber }))
          return { computer_group: { id, name, is_smart: true, computers } }
        }
        const mobile_devices = members.map((each) => ({
          ...{ id: each.id, name: each.name, udid: each.udid, serial_number: each.serialNumber },
        }))
        return { mobile_device_group: { id, name, is_smart: true, mobile_devices } }
      },
    }
  }
}

const OF = {
  computer: {
    privilege: 'Read Computers',
    groups: 'Read Smart Computer Groups',
    sections: COMPUTER_SECTIONS,
    fields: COMPUTER_FIELDS,
    sort: 'general.name:asc',
    record: computerRecord as (device: JamfDevice, sections: readonly string[], state: JamfState) => unknown,
  },
  mobile: {
    privilege: 'Read Mobile Devices',
    groups: 'Read Smart Mobile Device Groups',
    sections: MOBILE_SECTIONS,
    fields: MOBILE_FIELDS,
    sort: 'displayName:asc',
    record: mobileRecord as (device: JamfDevice, sections: readonly string[], state: JamfState) => unknown,
  },
} as const
type KindOf = { kind: DeviceKind } & (typeof OF)[DeviceKind]
