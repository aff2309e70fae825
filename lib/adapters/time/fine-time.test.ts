import { expect, test } from 'vitest'
import { fineTime } from './fine-time'

test.each([0.4, 1.2, 2.7, 10.3])(
  'a pause of %d ms is never shorter, and lets others go on meanwhile',
  async (milliseconds) => {
    let turns = 0
    const others = setInterval(() => turns++, 0)
    const start = fineTime.now()
    await fineTime.pause(milliseconds)
    expect(fineTime.now() - start).toBeGreaterThanOrEqual(milliseconds)
    clearInterval(others)
    if (milliseconds > 3) expect(turns).toBeGreaterThan(0)
  },
)
