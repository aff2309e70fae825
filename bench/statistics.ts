/** Whether two samples come from one distribution: by rank, and by the largest gap between their distributions. */

export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

export interface RankTest {
  /** Of a value of `a` being larger than one of `b`, ties as half: 0.5 when nothing can be told. */
  probabilityLarger: number
  p: number
}

/** Mann-Whitney U with the correction for ties, normal approximation: for samples of hundreds and more. */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))]
  all.sort((x, y) => x.value - y.value)
  let [rankSum, ties] = [0, 0]
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end++
    const [count, rank] = [end - start, (start + 1 + end) / 2]
    ties += count ** 3 - count
    for (let at = start; at < end; at++) if (all[at]?.first) rankSum += rank
    start = end
  }
  const n = a.length + b.length
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const deviation = Math.sqrt(((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1))))
  const z = deviation === 0 ? 0 : (u - (a.length * b.length) / 2) / deviation
  return { probabilityLarger: u / (a.length * b.length), p: twoSided(z) }
}

/** Kolmogorov-Smirnov for two samples, asymptotic. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): { distance: number; p: number } {
  const [x, y] = [a.toSorted((i, j) => i - j), b.toSorted((i, j) => i - j)]
  let [i, j, distance] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY)
    while (i < x.length && x[i] === value) i++
    while (j < y.length && y[j] === value) j++
    distance = Math.max(distance, Math.abs(i / x.length - j / y.length))
  }
  const size = Math.sqrt((x.length * y.length) / (x.length + y.length))
  const lambda = (size + 0.12 + 0.11 / size) * distance
  let p = 0
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k ** 2 * lambda ** 2)
  return { distance, p: lambda < 0.2 ? 1 : Math.min(1, Math.max(0, p)) }
}

/** Holm: the p-values of one family, each raised by how many tests were made. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1))
  const out = [...ps]
  let largest = 0
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * (ps[index] ?? 1)))
    out[index] = largest
  }
  return out
}

function twoSided(z: number): number {
  const t = 1 / (1 + 0.3275911 * (Math.abs(z) / Math.SQRT2))
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, poly * Math.exp(-(z ** 2) / 2))
}
