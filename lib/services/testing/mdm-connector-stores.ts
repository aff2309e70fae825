/** Connectors in memory: the twin of the stores in lib/adapters/store. */
import { Refusal } from '@/lib/errors'
import type { Json } from '@/lib/services/audit'
import type { CallStore, CallView } from '@/lib/services/mdm-connector-calls'
import type { MdmConnectorRows } from '@/lib/services/mdm-connector-types'
import type { ConnectorUpkeepStore } from '@/lib/services/mdm-connector-upkeep'
import type { MdmConnectorRecord, MdmConnectorStore } from '@/lib/services/mdm-connector-views'
import type { HookMessageStore } from '@/lib/services/mdm-events'
import { append, type World } from './world'

export interface MdmConnectorStores {
  rows: MdmConnectorRows
  connectors: MdmConnectorStore
  calls: CallStore
  upkeep: ConnectorUpkeepStore
  messages: HookMessageStore
  /** Moves a connector's calls and messages into the past, as time would. */
  age(days: number): Promise<void>
  addDevice(device: KnownDevice): Promise<void>
}

export interface KnownDevice {
  connectorId: string
  externalId: string
  serial: string | null
  udid: string | null
}

interface MemoryConnector extends MdmConnectorRecord {
  warnedFor: Date | null
}

export function memoryMdmConnectorStores(world: World): MdmConnectorStores {
  const connectors: MemoryConnector[] = []
  let calls: CallView[] = []
  const messages = new Map<string, { bodySha256: Uint8Array; claimedAt: Date; answer: Json | null }>()
  const devices: KnownDevice[] = []
  const one = (id: string) => connectors.find((each) => each.id === id)
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const copy = ({ warnedFor: _, ...row }: MemoryConnector): MdmConnectorRecord => ({
    ...row,
    health: { ...row.health },
  })
  const byName = () => [...connectors].sort((a, b) => (a.name < b.name ? -1 : 1))

  return {
    rows: {
      connector: async (id) => one(id) ?? null,
      connectorBySlug: async (slug) => connectors.find((each) => each.slug === slug) ?? null,
      connectorsOf: async (kind) => connectors.filter((each) => each.kind === kind && !each.disabled),
      async learn(id, state) {
        const row = one(id)
        if (row === undefined) return
        const merged = { ...(row.state as { [key: string]: Json }), ...state }
        row.state = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
      },
    },

    connectors: {
      list: async () => byName().map(copy),
      async bySlug(slug) {
        const row = connectors.find((each) => each.slug === slug)
        return row === undefined ? null : copy(row)
      },
      async add(row, events) {
        if (connectors.some(({ slug }) => slug === row.slug)) return false
        const now = world.clock()
        connectors.push({
          ...row,
          previousHookSecretSealed: null,
          previousHookSecretUntil: null,
          state: {},
          disabled: false,
          createdAt: now,
          updatedAt: now,
          warnedFor: null,
          health: { failures: 0, lastSuccessAt: null, lastFailureAt: null, lastError: null, lastHeardAt: null },
        })
        append(world, events)
        return true
      },
      async change(before, { credentialSealed, enabled, ...change }, events) {
        const row = one(before.id)
        if (row === undefined) return false
        const as = ['settings', 'credentialSealed', 'name', 'disabled', 'credentialExpiresAt'] as const
        if (as.some((key) => !same(row[key], before[key]))) return false
        Object.assign(row, change, { disabled: !enabled, updatedAt: world.clock() })
        if (credentialSealed !== undefined) {
          row.credentialSealed = credentialSealed
          row.health.failures = 0
        }
        append(world, events)
        return true
      },
      async replaceHookSecret(id, sealed, graceHours, events) {
        const row = one(id)
        if (row === undefined) return false
        row.previousHookSecretSealed = row.hookSecretSealed
        row.previousHookSecretUntil =
          row.hookSecretSealed === null ? null : new Date(world.clock().getTime() + graceHours * 3_600_000)
        row.hookSecretSealed = sealed
        append(world, events)
        return true
      },
      async calls(connectorId, { outcome, operation }, { cursor, limit }) {
        const wanted = calls
          .filter((call) => call.connectorId === connectorId)
          .filter((call) => outcome === undefined || call.outcome === outcome)
          .filter((call) => operation === undefined || call.operation === operation)
          .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? -1 : 1))
        const index = cursor === undefined ? -1 : wanted.findIndex(({ id }) => id === cursor)
        if (cursor !== undefined && index < 0) throw new Refusal('invalid_input', 'The cursor is not one of ours.')
        const items = wanted.slice(index + 1, index + 1 + limit)
        return { items, nextCursor: wanted.length > index + 1 + limit ? (items.at(-1)?.id ?? null) : null }
      },
      operations: async (connectorId) =>
        [...new Set(calls.filter((call) => call.connectorId === connectorId).map(({ operation }) => operation))].sort(),
    },

    calls: {
      async add(call, { failures, success, heard }) {
        const row = one(call.connectorId)
        if (row === undefined) throw new Error('a call of no connector')
        const now = world.clock()
        calls.push({ ...call, at: now })
        const { health } = row
        if (failures === 'reset') health.failures = 0
        if (failures === 'more') {
          health.failures++
          health.lastFailureAt = now
          const what = call.code ?? (call.status === null ? null : `HTTP ${call.status}`)
          health.lastError = [what, call.detail].filter((part) => part !== null).join(': ')
        }
        if (success) health.lastSuccessAt = now
        if (heard) health.lastHeardAt = now
      },
    },

    upkeep: {
      async forgetCalls(before, most) {
        const old = calls.filter(({ at }) => at < before).slice(0, most)
        calls = calls.filter((call) => !old.includes(call))
        return old.length
      },
      async forgetMessages(before) {
        const old = [...messages].filter(([, { claimedAt }]) => claimedAt < before)
        for (const [key] of old) messages.delete(key)
        return old.length
      },
      async warnOfExpiry(before, eventOf) {
        const due = connectors.filter(
          ({ disabled, credentialExpiresAt: expiry, warnedFor }) =>
            !disabled && expiry !== null && expiry <= before && expiry.getTime() !== warnedFor?.getTime(),
        )
        for (const row of due) {
          row.warnedFor = row.credentialExpiresAt
          append(world, [eventOf({ ...row, expiresAt: row.credentialExpiresAt ?? before })])
        }
        return due.length
      },
    },

    messages: {
      async claim(connectorId, messageId, bodySha256) {
        const key = `${connectorId} ${messageId}`
        const known = messages.get(key)
        const stale = known?.answer === null && world.clock().getTime() - known.claimedAt.getTime() > 60_000
        if (known === undefined || stale) {
          messages.set(key, { bodySha256, claimedAt: world.clock(), answer: null })
          return { claim: 'mine' }
        }
        return known.answer === null
          ? { claim: 'running' }
          : { claim: 'answered', bodySha256: known.bodySha256, answer: known.answer }
      },
      async finish(connectorId, messageId, answer) {
        const known = messages.get(`${connectorId} ${messageId}`)
        if (known !== undefined) known.answer = answer
      },
      async release(connectorId, messageId) {
        messages.delete(`${connectorId} ${messageId}`)
      },
      async knownDevice(connectorId, { externalId, serial, udid }) {
        const own = devices.filter((device) => device.connectorId === connectorId)
        const found =
          own.find((device) => device.externalId === externalId) ??
          own.find((device) => (serial !== null && device.serial === serial) || (udid !== null && device.udid === udid))
        return found?.externalId ?? null
      },
    },

    async age(days) {
      const earlier = (at: Date) => new Date(at.getTime() - days * 86_400_000)
      calls = calls.map((call) => ({ ...call, at: earlier(call.at) }))
      for (const message of messages.values()) message.claimedAt = earlier(message.claimedAt)
    },
    async addDevice(device) {
      devices.push(device)
    },
  }
}
