import * as z from 'zod';
import { slackTexts } from '../action.ts';

/** What a test call sends, unsaved: for a webhook a payload, for Slack its texts. */
export const TestInput = z.strictObject({
  payload: z.json().optional(),
  title: slackTexts.title.unwrap().optional(),
  message: slackTexts.message.unwrap().optional(),
  severity: slackTexts.severity.unwrap().optional(),
});
export type TestInput = z.infer<typeof TestInput>;
