/**
 * The CA certificates of a group, for whoever shall trust them: no sign-in, no way into the portal, and no word about the
 * organisation that is not in the certificates themselves.
 */
import { Download } from 'lucide-react'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { Logo } from '@/app/_components/logo'
import { Notice } from '@/app/_components/notice'
import { QrCode } from '@/app/_components/qr-code'
import { VisibleText } from '@/app/_components/visible-text'
import { server } from '@/lib/server'
import { TRUST_FILES } from '@/lib/services/trust-files'
import { CertificateCard } from './certificate-card'
import { Platforms } from './platforms'

export const metadata: Metadata = {
  title: 'CA certificates',
  description: 'Certificates to install, with fingerprints to compare.',
}

const TOGETHER = [
  [TRUST_FILES.chainPem, 'PEM, one file'],
  [TRUST_FILES.chainP7b, 'PKCS #7 (P7B)'],
  [TRUST_FILES.appleProfile, 'Apple profile'],
] as const

export default async function TrustPage({ params }: { params: Promise<{ group: string }> }) {
  const { group } = await params
  const page = await server().trust.page(group)
  if (page === null) notFound()
  const { url, organisation, root, otherRoots, issuers } = page
  const now = new Date()
  return (
    <div className="min-h-dvh bg-sunken">
      <main className="mx-auto grid max-w-4xl gap-5 px-4 py-8 sm:py-10">
        <header className="flex items-start gap-3">
          <Logo className="mt-0.5 size-9" />
          <div className="min-w-0">
            <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere">
              CA certificates of <VisibleText>{organisation}</VisibleText>
            </h1>
            <p className="text-muted">
              Whoever installs them recognises the devices and servers that got their certificates here.
            </p>
          </div>
        </header>

        <Notice tone="warn" title="Compare the fingerprint first">
          A page can be changed on its way to you, above all over plain HTTP. Before you install anything, compare the
          SHA-256 fingerprint of the root with the one your administrator gives you by another way: on paper, by phone,
          or in person.
        </Notice>

        {[root, ...otherRoots, ...issuers].map((authority) => (
          <CertificateCard key={authority.slug} group={group} authority={authority} now={now} />
        ))}
        {issuers.length === 0 && (
          <Notice title="No issuer is in use at present">
            Only the root is offered. Come back to this page later.
          </Notice>
        )}

        <div className="grid gap-5 sm:grid-cols-2">
          <Card title="All of them together">
            <p className="text-muted">For servers and management systems that take one file.</p>
            <ul className="mt-3 flex flex-wrap gap-2">
              {TOGETHER.map(([name, text]) => (
                <li key={name}>
                  <a href={`/trust/${group}/${name}`} className={buttonClass('secondary', 'small')}>
                    <Download aria-hidden />
                    {text}
                  </a>
                </li>
              ))}
            </ul>
          </Card>
          <Card title="This page on another device">
            <div className="flex flex-wrap items-start gap-4">
              <QrCode text={url} what="the address of this page" className="size-32 shrink-0 rounded-md" />
              <div className="min-w-0 flex-1 basis-40">
                <CopyValue value={url} what="address of this page" />
              </div>
            </div>
          </Card>
        </div>

        <Platforms page={page} />
      </main>
    </div>
  )
}
