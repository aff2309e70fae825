/** A QR code, drawn on the server. Dark on light in both themes: not every camera reads it the other way round. */
import encodeQR from 'qr'

/** Modules of white around it that ISO/IEC 18004 asks for. */
const QUIET = 4

export function QrCode({ text, what, className }: { text: string; what: string; className?: string }) {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET })
  return (
    <svg
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      className={className}
      role="img"
      aria-label={`QR code of ${what}`}
      shapeRendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={pathOf(rows)} fill="#000" />
    </svg>
  )
}

/** One rectangle for each run of dark modules. */
function pathOf(rows: boolean[][]): string {
  const runs = rows.flatMap((row, y) =>
    [
      ...row
        .map((dark) => (dark ? '1' : '0'))
        .join('')
        .matchAll(/1+/g),
    ].map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`),
  )
  return runs.join('')
}
