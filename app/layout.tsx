/** The document: theme before the first paint, the reader's time zone, and what every page may pop up. */
import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Popups } from './_components/popups'
import { Reader } from './_components/reader'
import {
  KEYS_COOKIE,
  readSingleKeys,
  readTheme,
  readTimes,
  readZone,
  THEME_COOKIE,
  TIMES_COOKIE,
  ZONE_COOKIE,
} from './_components/reader-choices'
import './globals.css'

export const dynamic = 'force-dynamic'

export const metadata: Metadata = {
  title: { default: 'Latchkey', template: '%s – Latchkey' },
  description: 'Certificates for devices: dynamic SCEP challenges, one issuer per group.',
  icons: { icon: '/favicon.svg' },
  robots: { index: false, follow: false },
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f9f9f7' },
    { media: '(prefers-color-scheme: dark)', color: '#0d1317' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const chosen = await cookies()
  const nonce = (await headers()).get('x-nonce') ?? undefined
  const theme = readTheme(chosen.get(THEME_COOKIE)?.value)
  return (
    <html lang="en-GB" data-theme={theme === 'system' ? undefined : theme}>
      <body>
        <Reader
          theme={theme}
          times={readTimes(chosen.get(TIMES_COOKIE)?.value)}
          singleKeys={readSingleKeys(chosen.get(KEYS_COOKIE)?.value)}
          zone={readZone(chosen.get(ZONE_COOKIE)?.value)}
          now={Date.now()}
        >
          <Popups nonce={nonce}>{children}</Popups>
        </Reader>
      </body>
    </html>
  )
}
