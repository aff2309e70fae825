/** The documentation, inside the portal: pages of docs/ by name, with the anchors that GitHub gives their headings. */
import { lexer, type Token, type Tokens } from 'marked'

export interface DocFolder {
  /** `crl`, `mdm/intune`: paths below docs/ without their ending. */
  names(): Promise<string[]>
  read(name: string): Promise<string>
  /** Its list under "Documentation" is the table of contents. */
  readme(): Promise<string>
}

export interface HelpSection {
  id: string
  title: string
  depth: number
}

export interface HelpPage {
  name: string
  title: string
  /** What the table of contents says of it; empty where it is not listed. */
  summary: string
  sections: HelpSection[]
  /** Parsed Markdown. Raw HTML in it is a token like any other, and is never handed to a browser as such. */
  tokens: Token[]
}

export interface HelpService {
  /** All pages, in the order of the table of contents. Read once: the documentation changes with the code alone. */
  pages(): Promise<HelpPage[]>
  /** Null where there is no such page. */
  page(name: string): Promise<HelpPage | null>
}

export function createHelp({ folder }: { folder: DocFolder }): HelpService {
  let reading: Promise<HelpPage[]> | undefined
  const pages = () => {
    reading ??= readAll(folder).catch((error) => {
      reading = undefined
      throw error
    })
    return reading
  }
  return {
    pages,
    page: async (name) => (await pages()).find((page) => page.name === name) ?? null,
  }
}

async function readAll(folder: DocFolder): Promise<HelpPage[]> {
  const contents = tableOfContents(await folder.readme())
  const listed = [...contents.keys()]
  const names = (await folder.names()).sort()
  const rank = (name: string) => (contents.has(name) ? listed.indexOf(name) : listed.length)
  return Promise.all(
    names
      .toSorted((one, other) => rank(one) - rank(other))
      .map(async (name) => parsePage(name, await folder.read(name), contents.get(name) ?? '')),
  )
}

/** Lines of the README such as `- [Devices](docs/devices.md): what MDMs know`. */
function tableOfContents(readme: string): Map<string, string> {
  const lines = readme.matchAll(/^- \[[^\]]+\]\(docs\/([a-z0-9/-]+)\.md\)(?::|,)? ?(.*(?:\n {2}.*)*)/gm)
  return new Map(Array.from(lines, ([, name = '', summary = '']) => [name, sentence(summary)]))
}

function sentence(summary: string): string {
  const text = summary.replaceAll(/\s+/g, ' ').trim()
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

export function parsePage(name: string, markdown: string, summary: string): HelpPage {
  const tokens = lexer(markdown)
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === 'heading')
  const title = headings.find(({ depth }) => depth === 1)
  const anchors = new Set<string>()
  const sections = headings.map((heading) => {
    const id = anchorOf(plainText(heading), anchors)
    anchors.add(id)
    return { id, title: plainText(heading), depth: heading.depth }
  })
  return { name, title: title ? plainText(title) : name, summary, sections, tokens }
}

/** As GitHub makes them, so that a link works there and here alike. */
function anchorOf(title: string, taken: ReadonlySet<string>): string {
  const anchor = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
  let id = anchor
  for (let again = 1; taken.has(id); again++) id = `${anchor}-${again}`
  return id
}

function plainText(token: Token): string {
  if ('tokens' in token && token.tokens) return token.tokens.map(plainText).join('')
  return 'text' in token ? token.text : ''
}
