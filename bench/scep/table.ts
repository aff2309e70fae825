/** The figures of a run, as text for a terminal. */
import { type LoadResult, percentile } from './load'
import type { Verdict } from './requests'

/** Seconds. */
export interface Cpu {
  application: number
  postgres: number
  /** By process. */
  parts: Record<string, number>
}

export interface Measurement {
  name: string
  connections: number
  load: LoadResult
  cpu: Cpu
  /** What the three private operations of one enrolment cost by themselves; null for the peer. */
  privateMilliseconds: number | null
  verdict: Verdict
  /** Whether the peer took turns with it: only then does their ratio say anything. */
  besidePeer: boolean
}

const COLUMNS = [
  '',
  'conn.',
  'enrolments/s',
  'x peer',
  'CPU ms',
  'of it database',
  'x private ops',
  'client ms',
  'p50 ms',
  'p99 ms',
  'failed',
  'dup. serials',
]

export function printTable(measurements: Measurement[]): void {
  const rows = measurements.map((measurement) => rowOf(measurement, measurements))
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of [COLUMNS, ...rows])
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
  for (const { name, connections, verdict, cpu, load } of measurements) {
    for (const [fault, count] of verdict.faults) console.log(`${name}, ${connections} connections: ${count} × ${fault}`)
    const parts = Object.entries(cpu.parts).map(([part, seconds]) => `${part} ${perEnrolment(seconds, verdict, load)}`)
    if (parts.length > 0) console.log(`${name}, ${connections} connections: ms of ${parts.join(', ')}`)
  }
}

function rowOf(measurement: Measurement, all: Measurement[]): string[] {
  const { name, connections, load, cpu, privateMilliseconds, verdict, besidePeer } = measurement
  const peer = all.find((other) => other.privateMilliseconds === null && other.connections === connections)
  const cpuMilliseconds = ((cpu.application + cpu.postgres) * 1_000) / verdict.issued
  const isPeer = privateMilliseconds === null
  return [
    name,
    String(connections),
    rate(measurement).toFixed(0),
    isPeer || !besidePeer || peer === undefined ? '' : (rate(measurement) / rate(peer)).toFixed(2),
    cpuMilliseconds.toFixed(2),
    isPeer ? '' : perEnrolment(cpu.postgres, verdict, load),
    isPeer ? '' : (cpuMilliseconds / privateMilliseconds).toFixed(2),
    perEnrolment(load.clientCpuSeconds, verdict, load),
    percentile(load.milliseconds, 0.5).toFixed(1),
    percentile(load.milliseconds, 0.99).toFixed(1),
    String(load.replies.length - verdict.issued),
    String(verdict.duplicates),
  ]
}

function rate({ verdict, load }: Measurement): number {
  return verdict.issued / load.seconds
}

function perEnrolment(seconds: number, verdict: Verdict, load: LoadResult): string {
  return ((seconds * 1_000) / (verdict.issued || load.replies.length)).toFixed(2)
}
