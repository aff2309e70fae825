/**
 * Finds anything by what people have of it: a serial, a fingerprint, a name, an id. It asks the lists themselves, so
 * nobody finds what they could not list, and a search here is as quick as there.
 */
import { isRefusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { CertificatesService } from './certificates'
import type { ChallengesService } from './challenges'
import type { DevicesService } from './devices'
import type { GroupsService } from './groups'
import type { HelpService } from './help'
import { authoriseInGroups, type Reach, reachOf } from './permissions'
import type { TransactionsService, TransactionView } from './transactions'

export interface SearchHit {
  kind: 'certificate' | 'device' | 'group' | 'endpoint' | 'challenge' | 'enrolment' | 'help'
  /** Names its page among those of its kind. */
  key: string
  title: string
  detail: string | null
}

export interface SearchService {
  /** The best few of each kind. Empty below two characters; things by the million are searched from three on. */
  find(actor: Actor, query: string): Promise<SearchHit[]>
}

export interface SearchStore {
  /** Row ids of the newest transactions under this id, as their client chose it. */
  transactionsNamed(transactionId: string, reach: Reach, limit: number): Promise<string[]>
}

export interface SearchDependencies {
  store: SearchStore
  certificates: Pick<CertificatesService, 'list' | 'get'>
  challenges: Pick<ChallengesService, 'list' | 'get'>
  devices: Pick<DevicesService, 'list' | 'get'>
  groups: Pick<GroupsService, 'outlines'>
  transactions: Pick<TransactionsService, 'list' | 'get'>
  help: HelpService
}

const EACH = 5
const LEAST = { few: 2, many: 3 }
const MOST_CHARACTERS = 200
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function createSearch(dependencies: SearchDependencies): SearchService {
  const { store, certificates, challenges, devices, groups, transactions, help } = dependencies

  const certificateHit = ({ id, commonName, subject, serial, status }: CertificateNaming): SearchHit => ({
    kind: 'certificate',
    key: id,
    title: commonName ?? (subject || serial),
    detail: status.replaceAll('_', ' '),
  })
  const challengeHit = ({ id, subject, state }: { id: string; subject: string; state: string }): SearchHit => ({
    kind: 'challenge',
    key: id,
    title: subject || id,
    detail: state,
  })
  const enrolmentHit = ({ id, subject, state, operation }: TransactionView): SearchHit => ({
    kind: 'enrolment',
    key: id,
    title: subject ?? operation,
    detail: state,
  })

  /** By the id of its row, whatever it is. */
  function byId(actor: Actor, id: string): Promise<SearchHit[]>[] {
    const key = id.toLowerCase()
    return [
      allowed(async () => [certificateHit(await certificates.get(actor, key))]),
      allowed(async () => [challengeHit(await challenges.get(actor, key))]),
      allowed(async () => [enrolmentHit(await transactions.get(actor, key))]),
      allowed(async () => {
        const { name } = await devices.get(actor, key)
        return [{ kind: 'device', key, title: name, detail: null }]
      }),
    ]
  }

  function byText(actor: Actor, search: string): Promise<SearchHit[]>[] {
    const page = { limit: EACH }
    return [
      allowed(async () => (await certificates.list(actor, { search }, page)).items.map(certificateHit)),
      allowed(async () =>
        (await devices.list(actor, { search }, page)).items.map(({ key, name, status }) => ({
          kind: 'device',
          key,
          title: name,
          detail: status?.replaceAll('_', ' ') ?? null,
        })),
      ),
      allowed(async () => (await challenges.list(actor, { search }, page)).items.map(challengeHit)),
      allowed(async () => {
        const named = await store.transactionsNamed(search, reachOf(actor), EACH)
        const found = await Promise.all(
          named.map((id) => allowed(async () => [enrolmentHit(await transactions.get(actor, id))])),
        )
        const listed = (await transactions.list(actor, { device: search }, page)).items.map(enrolmentHit)
        const first = found.flat()
        return [...first, ...listed.filter(({ key }) => !first.some((hit) => hit.key === key))].slice(0, EACH)
      }),
    ]
  }

  function byName(actor: Actor, search: string): Promise<SearchHit[]>[] {
    const fits = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(search.toLowerCase()))
    return [
      allowed(async () => {
        const all = await groups.outlines(actor)
        const found: SearchHit[] = all
          .filter(({ name, slug }) => fits(name, slug))
          .map(({ name, slug }) => ({ kind: 'group', key: slug, title: name, detail: null }))
        const endpoints: SearchHit[] = all.flatMap((group) =>
          group.endpoints
            .filter(({ name, slug }) => fits(`${group.name} ${name}`, slug))
            .map(({ name, slug }) => ({ kind: 'endpoint', key: slug, title: `${group.name} ${name}`, detail: slug })),
        )
        return [...found.slice(0, EACH), ...endpoints.slice(0, EACH)]
      }),
      sectionsOfHelp(search),
    ]
  }

  async function sectionsOfHelp(search: string): Promise<SearchHit[]> {
    const fits = (text: string) => text.toLowerCase().includes(search.toLowerCase())
    const found = (await help.pages()).flatMap(({ name, title, sections }) =>
      sections
        .filter((section) => fits(section.title))
        .map(({ id, title: heading, depth }) =>
          depth === 1 ? { key: name, title, detail: null } : { key: `${name}#${id}`, title: heading, detail: title },
        ),
    )
    return found.slice(0, EACH).map((hit) => ({ kind: 'help', ...hit }))
  }

  return {
    async find(actor, query) {
      authoriseInGroups(actor, 'overview:read')
      const text = query.replaceAll('\0', '').trim().slice(0, MOST_CHARACTERS)
      if (text.length < LEAST.few) return []
      const asked = [
        ...(UUID.test(text) ? byId(actor, text) : text.length >= LEAST.many ? byText(actor, text) : []),
        ...byName(actor, text),
      ]
      return (await Promise.all(asked)).flat()
    },
  }
}

interface CertificateNaming {
  id: string
  commonName: string | null
  subject: string
  serial: string
  status: string
}

/** What the actor may not see is not found; an outage stays one. */
async function allowed(ask: () => Promise<SearchHit[]>): Promise<SearchHit[]> {
  try {
    return await ask()
  } catch (error) {
    if (isRefusal(error, 'forbidden') || isRefusal(error, 'not_found') || isRefusal(error, 'invalid_input')) return []
    throw error
  }
}
