/** The portal's sections, by what people come for: what the sidebar, the sheet and the command palette show, to whom. */
import {
  ArrowLeftRight,
  Ban,
  CircleHelp,
  FileBadge,
  KeyRound,
  Landmark,
  LayoutDashboard,
  type LucideIcon,
  MonitorSmartphone,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  UserRoundCheck,
  UsersRound,
} from 'lucide-react'
import type { Permission } from '@/lib/services/permissions'

export interface ShellLink {
  href: string
  text: string
  icon: LucideIcon
  needs?: Permission
  /** Pressed after G, it leads there. */
  key?: string
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

export const SECTIONS: { title: string; links: ShellLink[] }[] = [
  {
    title: 'Fleet',
    links: [
      { href: '/', text: 'Overview', icon: LayoutDashboard, needs: 'overview:read', key: 'o' },
      { href: '/devices', text: 'Devices', icon: MonitorSmartphone, needs: 'certificate:read', key: 'd' },
      { href: '/certificates', text: 'Certificates', icon: FileBadge, needs: 'certificate:read', key: 'c' },
      { href: '/revocations', text: 'Revocations', icon: Ban, needs: 'bulk-revocation:read', key: 'r' },
    ],
  },
  {
    title: 'Enrolment',
    links: [
      { href: '/enrolments', text: 'Enrolments', icon: ArrowLeftRight, needs: 'transaction:read', key: 'e' },
      { href: '/challenges', text: 'Challenges', icon: KeyRound, needs: 'challenge:read', key: 'h' },
      {
        href: '/approvals',
        text: 'Approvals',
        icon: UserRoundCheck,
        needs: 'approval:read',
        key: 'a',
        count: 'approvals',
      },
    ],
  },
  {
    title: 'Trust',
    links: [
      { href: '/groups', text: 'Groups', icon: UsersRound, needs: 'group:read', key: 'g' },
      { href: '/authorities', text: 'Authorities', icon: Landmark, needs: 'authority:read', key: 't' },
      { href: '/connectors', text: 'Connectors', icon: Plug, needs: 'connector:read', key: 'n' },
    ],
  },
  {
    title: 'Oversight',
    links: [
      { href: '/audit', text: 'Audit', icon: ScrollText, needs: 'audit:read', key: 'u' },
      { href: '/posture', text: 'Posture', icon: ShieldCheck, needs: 'posture:read', key: 'p' },
      { href: '/settings', text: 'Settings', icon: Settings, key: 's' },
      { href: '/help', text: 'Help', icon: CircleHelp, key: 'i' },
    ],
  },
]

/** Hides what somebody cannot see. Only manners: each page decides for itself. */
export function sectionsFor(permissions: readonly Permission[]) {
  return SECTIONS.map(({ title, links }) => ({
    title,
    links: links.filter(({ needs }) => needs === undefined || permissions.includes(needs)),
  })).filter(({ links }) => links.length > 0)
}

export function isCurrent(href: string, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}
