/** The portal's sections: what the sidebar and the sheet show, to whom. */
import {
  ArrowLeftRight,
  Ban,
  FileBadge,
  KeyRound,
  Landmark,
  LayoutDashboard,
  type LucideIcon,
  MonitorSmartphone,
  Plug,
  ScrollText,
  Settings,
  UserRoundCheck,
  UsersRound,
} from 'lucide-react'
import type { Role } from '@/lib/services/actor'
import { can, canInGroups, type Permission } from '@/lib/services/permissions'

export interface ShellLink {
  href: string
  text: string
  icon: LucideIcon
  needs?: Permission
  /** Of all groups together: nothing for an operator of some. */
  whole?: true
  /** Which of the counts of the shell stands behind it. */
  count?: keyof ShellCounts
}

/** How many things wait for somebody. */
export interface ShellCounts {
  approvals: CountReading
}

export interface CountReading {
  count: number
  /** When the server read it, in milliseconds since 1970: the later of two holds. */
  at: number
}

export interface ShellPerson {
  name: string
  role: Role
  /** Of an operator who is limited to groups. */
  groups?: readonly string[]
}

const SECTIONS: { title: string; links: ShellLink[] }[] = [
  {
    title: 'Daily work',
    links: [
      { href: '/', text: 'Overview', icon: LayoutDashboard, needs: 'overview:read' },
      { href: '/groups', text: 'Groups', icon: UsersRound, needs: 'group:read' },
      { href: '/devices', text: 'Devices', icon: MonitorSmartphone, needs: 'certificate:read' },
      { href: '/certificates', text: 'Certificates', icon: FileBadge, needs: 'certificate:read' },
      { href: '/revocations', text: 'Revocations', icon: Ban, needs: 'bulk-revocation:read' },
      { href: '/enrolments', text: 'Enrolments', icon: ArrowLeftRight, needs: 'transaction:read' },
      { href: '/approvals', text: 'Approvals', icon: UserRoundCheck, needs: 'approval:read', count: 'approvals' },
      { href: '/challenges', text: 'Challenges', icon: KeyRound, needs: 'challenge:read' },
    ],
  },
  {
    title: 'Trust',
    links: [
      { href: '/authorities', text: 'Authorities', icon: Landmark, needs: 'group:read', whole: true },
      { href: '/connectors', text: 'Connectors', icon: Plug, needs: 'connector:read' },
      { href: '/audit', text: 'Audit', icon: ScrollText, needs: 'audit:read' },
      { href: '/settings', text: 'Settings', icon: Settings },
    ],
  },
]

/** Hides what a role cannot see. Only manners: each page decides for itself. */
export function sectionsFor({ role, groups }: ShellPerson) {
  const actor = groups === undefined ? { role } : { role, groups }
  return SECTIONS.map(({ title, links }) => ({
    title,
    links: links.filter(({ needs, whole }) => needs === undefined || (whole ? can : canInGroups)(actor, needs)),
  }))
}

export function isCurrent(href: string, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}
