/** A page as a reader meets it: whole, at rest, and without anything that axe calls serious. */
import type { Page } from '@playwright/test'
import axe, { type RunOptions } from 'axe-core'
import { expect } from './test'

export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByRole('main').locator('[aria-busy=true]')).toHaveCount(0)
  // What is looked at is the page, not what stands there until it has come.
  await expect(page.getByRole('main').getByRole('status', { name: 'Loading' })).toHaveCount(0)
}

export async function expectNoViolations(page: Page, message?: string, rules: string[] = []): Promise<void> {
  // A page that was looked at before has it still. There are no frames to look into.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  // What is in order is not described: it is nearly everything.
  const options: RunOptions = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) }
  const grave = await page.evaluate(async (options) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, options)
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
  }, options)
  expect.soft(grave, message).toEqual([])
}

/**
 * Colours that are still fading have a contrast of their own. A change shows with the next frame, and what inherits a colour
 * begins to fade when the fading of that one ends. Spinners never end.
 */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const fading = () =>
      document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    await frame()
    await frame()
    while (fading().some(({ playState }) => playState === 'running')) {
      for (const animation of fading()) animation.finish()
      await frame()
    }
  })
}

/** In both themes: the other one has the same markup, only its colours are new. */
export async function expectReadable(page: Page, message: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await settled(page)
    await expectNoViolations(page, `${message}, ${theme}`, theme === 'light' ? [] : ['color-contrast'])
  }
}
