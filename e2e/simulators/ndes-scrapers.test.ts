/** Every scraper against our page, in every encoding, and against pages that are none of ours. */
import { describe, expect, test } from 'vitest'
import {
  cacheFullPage,
  challengePage,
  noPermissionPage,
  type PageEncoding,
  pageBytes,
  plainPage,
} from '@/lib/scep/ndes-page'
import { SCRAPERS, type ScrapedPage } from './ndes-scrapers'

const LONG = '8CE317021F6900690123456789ABCDEF'
const SHORT = '8CE317021F690069'
/** SHA-256: hex in the same tags as the challenge, before it. */
const THUMBPRINT = 'a656fa66ab12b433a2da5cf7cc153d9aa656fa66ab12b433a2da5cf7cc153d9a'

const served = (html: string, encoding: PageEncoding, status = 200): ScrapedPage => {
  const { contentType, body } = pageBytes(html, encoding)
  return { status, contentType, body }
}

describe.each(SCRAPERS)('$name', (scraper) => {
  test.each([LONG, SHORT])('finds the challenge %s in each encoding it reads', (challenge) => {
    for (const encoding of scraper.reads) {
      const page = served(challengePage(challenge, THUMBPRINT, 60), encoding)
      expect(scraper.scrape(page), encoding).toEqual({ found: 'challenge', challenge })
    }
  })

  test('knows the pages of errors by their own words, and takes no challenge from one', () => {
    for (const encoding of scraper.reads) {
      const full = scraper.scrape(served(cacheFullPage(60), encoding))
      expect(full).toEqual({ found: scraper.knows.includes('cache_full') ? 'cache_full' : 'nothing' })
      const permission = scraper.scrape(served(noPermissionPage(), encoding))
      expect(permission).toEqual({ found: scraper.knows.includes('no_permission') ? 'no_permission' : 'nothing' })
    }
  })

  test('takes nothing from what is no page of NDES', () => {
    expect(scraper.scrape(served(plainPage('Unauthorized'), 'utf-8', 401))).toEqual({ found: 'wrong_credentials' })
    expect(scraper.scrape(served(plainPage('Too Many Requests'), 'utf-8', 429))).toEqual({ found: 'nothing' })
    expect(scraper.scrape({ status: 200, contentType: 'text/html', body: new Uint8Array() })).toEqual({
      found: 'nothing',
    })
  })
})

test('each encoding is read by somebody, and every product reads one that can be chosen', () => {
  expect(new Set(SCRAPERS.flatMap(({ reads }) => [...reads]))).toEqual(new Set(['utf-16le', 'utf-8']))
})
