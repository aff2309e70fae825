/** Counts for Prometheus: how many requests of which kind were answered how. No names, no addresses. */

export type Area = 'scep' | 'status' | 'ocsp' | 'radius' | 'hook' | 'operation' | 'portal' | 'refused'

export interface Metrics {
  count(area: Area, status: number): void
  /** Prometheus text format 0.0.4. */
  text(): string
}

export function createMetrics(startedAt: Date): Metrics {
  const counts = new Map<string, number>()
  return {
    count(area, status) {
      const labels = `area="${area}",status="${Math.floor(status / 100)}xx"`
      counts.set(labels, (counts.get(labels) ?? 0) + 1)
    },
    text() {
      const requests = [...counts].sort().map(([labels, count]) => `latchkey_http_requests_total{${labels}} ${count}`)
      return [
        '# HELP latchkey_http_requests_total Requests answered, by area and class of status.',
        '# TYPE latchkey_http_requests_total counter',
        ...requests,
        '# HELP latchkey_start_time_seconds When the front process started.',
        '# TYPE latchkey_start_time_seconds gauge',
        `latchkey_start_time_seconds ${Math.floor(startedAt.getTime() / 1000)}`,
        '',
      ].join('\n')
    },
  }
}
