/** How much of a validity period is over. SVG attributes, because inline styles are forbidden by our own policy. */

interface ValidityBarProps {
  from: Date
  to: Date
  now: Date
  tone: 'ok' | 'warn' | 'bad' | 'neutral'
}

const FILL = { ok: 'fill-ok', warn: 'fill-warn', bad: 'fill-bad', neutral: 'fill-faint' }

export function ValidityBar({ from, to, now, tone }: ValidityBarProps) {
  const share = (now.getTime() - from.getTime()) / Math.max(1, to.getTime() - from.getTime())
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <svg
      className="h-1.5 w-full overflow-hidden rounded-full"
      role="img"
      aria-label={`${percent}% of the validity is over`}
    >
      <rect width="100%" height="100%" className="fill-line" />
      <rect width={`${percent}%`} height="100%" rx="3" className={FILL[tone]} />
    </svg>
  )
}
