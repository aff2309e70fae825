/** The last net: the layout itself failed, so this page brings its own document. */
'use client'

import './globals.css'

export default function GlobalFault({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en-GB">
      <body>
        <main className="mx-auto grid min-h-dvh max-w-md content-center gap-3 p-6">
          <title>Latchkey is not available</title>
          <h1 className="text-2xl font-semibold">Latchkey is not available right now</h1>
          <p className="text-muted">
            The database or the signer may be out of reach for a moment. Nothing was changed.
            {error.digest && ` Reference for the log: ${error.digest}.`}
          </p>
          <a href="/" className="text-accent underline">
            Try again
          </a>
        </main>
      </body>
    </html>
  )
}
