/** The menu of the formats that a list is saved in. */
'use client'

import { Menu } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { EXPORT_FORMATS, type ExportFormat } from '@/app/_lists/rows-as-text'
import { buttonClass } from './button'
import { ITEM, MENU } from './lazy-menu'

interface ExportMenuPopupProps {
  face: ReactNode
  onChoice(format: ExportFormat): void
}

/** Comes open, for it was asked for. */
export default function ExportMenuPopup({ face, onChoice }: ExportMenuPopupProps) {
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className={buttonClass('quiet', 'small')}>{face}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className="z-50">
          <Menu.Popup className={MENU}>
            {(Object.keys(EXPORT_FORMATS) as ExportFormat[]).map((format) => (
              <Menu.Item key={format} className={ITEM} onClick={() => onChoice(format)}>
                {EXPORT_FORMATS[format].title}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
