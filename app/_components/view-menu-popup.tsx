/** The menu of a list's columns and order. */
'use client'

import { Menu } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import { useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { addressOf, type ListView, type Order } from '@/app/_lists/list-view'
import { buttonClass } from './button'
import { ITEM, MENU } from './lazy-menu'

/** Comes open, for it was asked for. */
export default function ViewMenuPopup({ view, face }: { view: ListView; face: ReactNode }) {
  const router = useRouter()
  const { list, sort, order, columns } = view
  const show = (changed: Parameters<typeof addressOf>[1]) => router.replace(addressOf(view, changed), { scroll: false })
  const sorts = Object.entries(list.sorts).flatMap(([name, own]) =>
    [own, own === 'asc' ? ('desc' as const) : ('asc' as const)].map((each): [string, Order] => [name, each]),
  )
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className={buttonClass('quiet', 'small')}>{face}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className="z-50">
          <Menu.Popup className={MENU}>
            <Menu.Group>
              <Menu.GroupLabel className="px-2 py-1 text-xs text-faint">Columns</Menu.GroupLabel>
              {list.columns.map(({ name, head }) => (
                <Menu.CheckboxItem
                  key={name}
                  className={ITEM}
                  checked={columns.includes(name)}
                  closeOnClick={false}
                  onCheckedChange={(checked) =>
                    show({ columns: checked ? [...columns, name] : columns.filter((each) => each !== name) })
                  }
                >
                  {head}
                  <Menu.CheckboxItemIndicator className="ml-auto">
                    <Check aria-hidden />
                  </Menu.CheckboxItemIndicator>
                </Menu.CheckboxItem>
              ))}
            </Menu.Group>
            {sorts.length > 0 && <Menu.Separator className="mx-1 my-1 h-px bg-line" />}
            <Menu.RadioGroup
              value={`${sort} ${order}`}
              onValueChange={(value: string) => {
                const [name = list.usual, way] = value.split(' ')
                show({ sort: name, order: way === 'asc' ? 'asc' : 'desc' })
              }}
            >
              {sorts.length > 0 && <Menu.GroupLabel className="px-2 py-1 text-xs text-faint">Order</Menu.GroupLabel>}
              {sorts.map(([name, way]) => (
                <Menu.RadioItem key={`${name} ${way}`} value={`${name} ${way}`} className={ITEM} closeOnClick>
                  {headOf(list, name)}, {way === 'asc' ? 'rising' : 'falling'}
                  <Menu.RadioItemIndicator className="ml-auto">
                    <Check aria-hidden />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

/** What no column is named after is the name of the row. */
function headOf({ columns }: ListView['list'], sort: string): string {
  return columns.find((column) => column.sort === sort)?.head ?? 'Name'
}
