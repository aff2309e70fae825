/** Saved views in memory, by the database's rules. */
import type { AuditEntry } from '@/lib/services/audit'
import type { SavedViewRow, SavedViewStore } from '@/lib/services/saved-views'

/** `nameOf` says what a person is called. */
export function memorySavedViewStore(trail: AuditEntry[], nameOf: (id: string) => string = (id) => id): SavedViewStore {
  let rows: Omit<SavedViewRow, 'ownerName'>[] = []
  const withName = (row: Omit<SavedViewRow, 'ownerName'>) => ({ ...row, ownerName: nameOf(row.ownerId) })
  return {
    async list(ownerId, list) {
      return rows
        .filter((row) => row.list === list && (row.ownerId === ownerId || row.shared))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(withName)
    },
    async save(view, most, saved) {
      const theirs = rows.filter(({ ownerId, list }) => ownerId === view.ownerId && list === view.list)
      const same = theirs.find(({ name }) => name === view.name)
      if (theirs.filter((row) => row !== same).length >= most) return false
      if (same) Object.assign(same, { query: view.query, shared: view.shared })
      else rows.push({ ...view })
      trail.push(saved(same?.id ?? view.id))
      return true
    },
    async find(id) {
      const row = rows.find((each) => each.id === id)
      return row ? withName(row) : null
    },
    async remove(id, removed) {
      if (!rows.some((row) => row.id === id)) return false
      rows = rows.filter((row) => row.id !== id)
      trail.push(removed)
      return true
    },
  }
}
