import type { Facts } from './delivery.ts';
import { asText } from './template.ts';

/** The value of a variable as text; empty where it does not apply. */
type Text = (variable: string) => string;

/** What happened, in a sentence, from the facts of a firing. */
export function headlineOf(facts: Facts): string {
  const text: Text = (name) => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return value === undefined ? '' : asText(value);
  };
  const type = text('event_type');
  const sentence = Object.hasOwn(sentences, type) ? sentences[type] : undefined;
  return sentence ? sentence(text) : `Event ${type}`;
}

const version = (text: Text) => `${text('artifact_collection_name')}:${text('artifact_version')}`;
const collection = (text: Text) => `the collection ${text('artifact_collection_name')}`;
const place = (text: Text) =>
  text('registry_name') === ''
    ? `the project ${text('project_name')}`
    : `the registry ${text('registry_name')}`;
const run = (text: Text) => `Run ${text('run_name')}`;
const metric = (text: Text) =>
  `${run(text)}: ${text('metric_current_status')} (${text('metric_filter_short')})`;

const sentences: Record<string, (text: Text) => string> = {
  CREATE_ARTIFACT: (text) => `${version(text)} was created in ${place(text)}`,
  LINK_ARTIFACT: (text) => `${version(text)} was linked to ${place(text)}`,
  UNLINK_ARTIFACT: (text) => `${version(text)} was unlinked from ${place(text)}`,
  ADD_ARTIFACT_ALIAS: (text) => `Alias ${text('alias')} was added to ${version(text)} in ${place(text)}`,
  REMOVE_ARTIFACT_ALIAS: (text) =>
    `Alias ${text('alias')} was removed from ${version(text)} in ${place(text)}`,
  ADD_ARTIFACT_TAG: (text) => `Tag ${text('tag')} was added to ${version(text)} in ${place(text)}`,
  REMOVE_ARTIFACT_TAG: (text) => `Tag ${text('tag')} was removed from ${version(text)} in ${place(text)}`,
  ADD_COLLECTION_TAG: (text) => `Tag ${text('tag')} was added to ${collection(text)} in ${place(text)}`,
  REMOVE_COLLECTION_TAG: (text) =>
    `Tag ${text('tag')} was removed from ${collection(text)} in ${place(text)}`,
  RUN_METRIC: (text) => metric(text),
  RUN_METRIC_CHANGE: (text) => metric(text),
  RUN_METRIC_ZSCORE: (text) => metric(text),
  RUN_METRIC_NOT_FINITE: (text) => `${run(text)}: ${text('metric_current_status')}`,
  RUN_STATE: (text) => `${run(text)} is now ${text('run_status')}`,
  TEST: (text) => `This is a test of an integration of team ${text('entity_name')}: nothing happened`,
};
