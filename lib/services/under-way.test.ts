import { expect, test } from 'vitest'
import { createUnderWay } from './under-way'

function underWay() {
  const time = { now: 0 }
  return { time, those: createUnderWay(() => time.now) }
}

test('as many are expected as are under way', () => {
  const { those } = underWay()
  expect(those.expected()).toBe(0)
  those.enter()
  those.enter()
  expect(those.expected()).toBe(2)
})

test('who was answered is expected to come back, for a while', () => {
  const { time, those } = underWay()
  const leave = [those.enter(), those.enter(), those.enter()]
  time.now = 100
  for (const left of leave) left()
  time.now = 350
  expect(those.expected()).toBe(3)
  time.now = 351
  expect(those.expected()).toBe(0)
})

test('as long as there are as many again, they stay expected', () => {
  const { time, those } = underWay()
  for (time.now = 0; time.now < 2_000; time.now += 200) {
    if (time.now > 0) expect(those.expected()).toBe(2)
    const leave = [those.enter(), those.enter()]
    for (const left of leave) left()
    expect(those.expected()).toBe(2)
  }
})

test('nobody leaves twice', () => {
  const { time, those } = underWay()
  const left = those.enter()
  those.enter()
  left()
  left()
  time.now = 1_000
  expect(those.expected()).toBe(1)
})
