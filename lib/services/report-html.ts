/** A report as one HTML file that needs nothing beside it, reads well on any screen and prints well. */
import type { ReportBlock, ReportDocument } from './report-document'

export function reportHtml({ title, subtitle, blocks }: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
${blocks.map(block).join('\n')}
</main>
</body>
</html>
`
}

function block(part: ReportBlock): string {
  switch (part.kind) {
    case 'heading':
      return `<h2>${escaped(part.text)}</h2>`
    case 'paragraph':
      return `<p>${escaped(part.text)}</p>`
    case 'facts':
      return `<dl>${part.facts
        .map(
          ({ name, value, exact }) =>
            `<dt>${escaped(name)}</dt><dd${exact ? ' class="exact"' : ''}>${escaped(value)}</dd>`,
        )
        .join('')}</dl>`
    case 'table': {
      if (part.rows.length === 0) return `<p>${escaped(part.empty)}</p>`
      const cell = (tag: 'td' | 'th', text: string, column: number) =>
        `<${tag}${tag === 'th' ? ' scope="col"' : ''}${part.heads[column]?.number ? ' class="number"' : ''}>${escaped(text)}</${tag}>`
      const heads = part.heads.map(({ text }, column) => cell('th', text, column)).join('')
      const rows = part.rows.map((row) => `<tr>${row.map((text, column) => cell('td', text, column)).join('')}</tr>`)
      return `<div class="wide"><table><caption>${escaped(part.caption)}</caption><thead><tr>${heads}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`
    }
  }
}

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; break-after: avoid; }
dl { display: grid; grid-template-columns: minmax(9rem, 14rem) minmax(0, 1fr); gap: .25rem 1rem; }
dt { opacity: .75; } dd { margin: 0; overflow-wrap: anywhere; }
.exact { font-family: ui-monospace, monospace; font-size: .85em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9em; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid color-mix(in srgb, currentcolor 20%, transparent); overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
@media print { main { max-width: none; padding: 0; } }
`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}
