/** Sets and tests the mail server, says who is told what, and when something is worth telling. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import {
  EditRecipientSchema,
  MailServerSchema,
  NewRecipientSchema,
  NothingSchema,
  PauseRecipientSchema,
  RecipientSchema,
  TestMailSchema,
  ThresholdsSchema,
} from './schema'

export const saveMailServer = action('notice:manage', MailServerSchema, async (actor, { password, ...settings }) => {
  await server().mailServer.set(actor, { ...settings, ...(password === undefined ? {} : { password }) })
  refresh()
  return null
})

export const removeMailServer = action('notice:manage', NothingSchema, async (actor) => {
  await server().mailServer.remove(actor)
  refresh()
  return null
})

export const sendTestMail = action('notice:manage', TestMailSchema, async (actor, { to }) => {
  const test = await server().mailServer.test(actor, to)
  refresh()
  return test
})

export const addNoticeRecipient = action('notice:manage', NewRecipientSchema, async (actor, form) => {
  await server().notices.addRecipient(actor, form)
  refresh()
  return null
})

export const changeNoticeRecipient = action('notice:manage', EditRecipientSchema, async (actor, { id, ...form }) => {
  await server().notices.changeRecipient(actor, id, form)
  refresh()
  return null
})

export const pauseNoticeRecipient = action('notice:manage', PauseRecipientSchema, async (actor, { id, paused }) => {
  await server().notices.changeRecipient(actor, id, { paused })
  refresh()
  return null
})

export const removeNoticeRecipient = action('notice:manage', RecipientSchema, async (actor, { id }) => {
  await server().notices.removeRecipient(actor, id)
  refresh()
  return null
})

export const saveThresholds = action('notice:manage', ThresholdsSchema, async (actor, form) => {
  const { enrolmentFailures, minutes, connectorFailures, ...thresholds } = form
  await server().notices.changeSettings(actor, {
    thresholds,
    enrolmentFailures: { count: enrolmentFailures, minutes },
    connectorFailures: { count: connectorFailures },
  })
  refresh()
  return null
})
