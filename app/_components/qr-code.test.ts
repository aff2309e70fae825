/** What is drawn says, to a reader of QR codes, what it was drawn from. */
import decodeQR from 'qr/decode.js'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { QrCode } from './qr-code'

/** Pixels for each module: enough for a camera. */
const SCALE = 8

test.each([
  'https://portal.example.com/trust/staff',
  `http://${'a'.repeat(60)}.example.com:3000/trust/${'group-'.repeat(10)}`,
])('the code of %s is read back', (text) => {
  const svg = renderToStaticMarkup(createElement(QrCode, { text, what: 'a page' }))
  expect(svg).toContain('role="img" aria-label="QR code of a page"')
  expect(svg).not.toMatch(/style=|<script/)
  expect(decodeQR(drawn(svg))).toBe(text)
})

/** The one path of the drawing on white. */
function drawn(svg: string) {
  const modules = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1])
  const width = modules * SCALE
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y, run] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row += 1)
      for (let column = Number(x) * SCALE; column < (Number(x) + Number(run)) * SCALE; column += 1)
        data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3)
  return { width, height: width, data }
}
