/** What the command palette leads to without asking the server: sections, the pages below them, and what people do there. */
import type { Permission } from '@/lib/services/permissions'
import { sectionsFor } from './shell-links'

export interface Place {
  href: string
  text: string
  /** Something to do there, rather than somewhere to look. */
  action?: true
  needs?: Permission
  /** Other words that people look for it by. */
  words?: string
}

const PLACES: Place[] = [
  {
    href: '/challenges/new',
    text: 'Mint a challenge',
    action: true,
    needs: 'challenge:mint',
    words: 'new password enrol',
  },
  { href: '/groups/new', text: 'Create a group', action: true, needs: 'group:create', words: 'new issuer' },
  {
    href: '/connectors/new',
    text: 'Connect an MDM',
    action: true,
    needs: 'connector:manage',
    words: 'intune jamf new',
  },
  {
    href: '/certificates',
    text: 'Revoke certificates',
    action: true,
    needs: 'certificate:revoke',
    words: 'bulk many hold',
  },
  { href: '/audit', text: 'Verify the audit chain', action: true, needs: 'audit:verify', words: 'hash integrity' },
  { href: '/endpoints', text: 'Endpoints', needs: 'endpoint:read', words: 'scep url address' },
  { href: '/devices/overdue', text: 'Devices that should have renewed', needs: 'certificate:read', words: 'overdue' },
  { href: '/devices/brake', text: 'Brakes', needs: 'device-rule:read', words: 'mdm sync limit' },
  { href: '/settings/account', text: 'Your account', words: 'password settings' },
  { href: '/settings/appearance', text: 'Appearance', words: 'theme dark light time zone keyboard settings' },
  { href: '/settings/sessions', text: 'Sessions', words: 'sign out settings' },
  { href: '/settings/people', text: 'People', needs: 'user:read', words: 'users roles settings' },
  { href: '/settings/api-keys', text: 'API keys', needs: 'api-key:read', words: 'tokens automation settings' },
  { href: '/settings/minters', text: 'Minters', needs: 'minter:read', words: 'signed challenges settings' },
  { href: '/settings/retention', text: 'Retention', needs: 'retention:read', words: 'days keep settings' },
  { href: '/settings/about', text: 'About', words: 'version licences health diagnostics settings' },
]

export function placesFor(permissions: readonly Permission[]): Place[] {
  const sections = sectionsFor(permissions).flatMap(({ links }) => links.map(({ href, text }) => ({ href, text })))
  return [...sections, ...PLACES.filter(({ needs }) => needs === undefined || permissions.includes(needs))]
}

/** Every word that was typed begins a word of the place; those whose own name does come first. */
export function matchingPlaces(places: readonly Place[], typed: string): Place[] {
  const wanted = wordsOf(typed)
  const begins = (words: string[]) => wanted.every((word) => words.some((other) => other.startsWith(word)))
  const byName = places.filter(({ text }) => begins(wordsOf(text)))
  const byWords = places.filter(({ text, words = '' }) => !begins(wordsOf(text)) && begins(wordsOf(`${text} ${words}`)))
  return [...byName, ...byWords]
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
}
