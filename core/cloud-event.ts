import { derivedId } from './id.ts';
import { isObject, parseJson } from './json.ts';
import { Problem } from './problem.ts';

/** What a CloudEvent holds for parseEvent, and how the sender calls a field of it. */
export interface UnwrappedEvent {
  input: unknown;
  nameOf: (field: string) => string;
}

/** An event in CloudEvents' JSON format says its specversion, which no event of ours does. */
export function isCloudEvent(input: unknown): boolean {
  return isObject(input) && Object.hasOwn(input, 'specversion');
}

/**
 * Opens a CloudEvent 1.0 in its JSON format: `type` is the event's type (`signalbox.` before it is taken off),
 * `source` and `id` together are its id, `data` is the rest. Extension attributes are ignored.
 */
export function unwrapCloudEvent(envelope: unknown): UnwrappedEvent {
  if (!isObject(envelope)) {
    throw new Problem({ code: 'invalid_input', detail: 'a CloudEvent is a JSON object', hint: FORMS });
  }
  const { data, data_base64: base64 } = envelope;
  checkContentType(envelope['datacontenttype'], 'datacontenttype');
  if (base64 !== undefined && data !== undefined) {
    const detail = 'data and data_base64 exclude each other';
    throw new Problem({ code: 'invalid_input', field: 'data_base64', detail, hint: 'send data' });
  }
  const content = base64 === undefined ? data : decodeData(base64);
  const field = base64 === undefined ? 'data' : 'data_base64';
  return unwrap(envelope, content, { attribute: (name) => name, data: [field] });
}

/** The four attributes that every CloudEvent has. */
const REQUIRED = ['specversion', 'type', 'source', 'id'] as const;

/** In binary mode the attributes are headers `ce-…`, and the body is the data. Header names are in lower case. */
export function isBinaryCloudEvent(headers: Record<string, string>): boolean {
  return REQUIRED.some((name) => headers[`ce-${name}`] !== undefined);
}

/** Opens a CloudEvent 1.0 in binary mode. */
export function unwrapBinaryCloudEvent(headers: Record<string, string>, body: string): UnwrappedEvent {
  // API Gateway needs a binary content type for gzip, which then can not say what is inside.
  if (headers['content-encoding'] === undefined) checkContentType(headers['content-type'], 'content-type');
  const attributes: Record<string, unknown> = {};
  for (const name of [...REQUIRED, 'time']) {
    const value = headers[`ce-${name}`];
    if (value !== undefined) attributes[name] = decodeHeader(value, `ce-${name}`);
  }
  return unwrap(attributes, parseJson(body), { attribute: (name) => `ce-${name}`, data: [] });
}

interface Naming {
  attribute: (name: string) => string;
  /** Path of the data, empty when it is the whole body. */
  data: string[];
}

function unwrap(attributes: Record<string, unknown>, data: unknown, naming: Naming): UnwrappedEvent {
  const [specversion, type, source, id] = REQUIRED.map((name) => readAttribute(attributes, name, naming));
  if (specversion !== '1.0') {
    const detail = 'this version of CloudEvents is not known';
    throw new Problem({
      code: 'invalid_input',
      field: naming.attribute('specversion'),
      detail,
      hint: 'send "1.0"',
    });
  }
  const dataField = (name: string) => [...naming.data, name].join('.');
  const rest = checkData(data, naming.data[0], dataField);
  const input = {
    ...rest,
    type: type?.replace(/^signalbox\./, ''),
    id: derivedId('evt', source ?? '', id ?? ''),
    // Unset attributes may be written as null.
    ...(attributes['time'] != null && { time: attributes['time'] }),
  };
  const nameOf = (field: string) =>
    ENVELOPE_FIELDS.includes(field) ? naming.attribute(field) : dataField(field);
  return { input, nameOf };
}

const ENVELOPE_FIELDS = ['type', 'id', 'time'];

function readAttribute(attributes: Record<string, unknown>, name: string, naming: Naming): string {
  const value = attributes[name] ?? undefined;
  if (typeof value === 'string' && value !== '') return value;
  const field = naming.attribute(name);
  const detail = value === undefined ? `${field} is missing` : `${field} must be a text that is not empty`;
  const hint = 'a CloudEvent has specversion, type, source and id';
  throw new Problem({ code: 'invalid_input', field, detail, hint });
}

function checkData(data: unknown, field: string | undefined, nameOf: (name: string) => string) {
  if (!isObject(data)) {
    const detail = data === undefined ? 'the data is missing' : 'the data must be a JSON object';
    const hint = 'put team, project and the rest of the event into the data';
    throw new Problem({ code: 'invalid_input', ...(field !== undefined && { field }), detail, hint });
  }
  const double = ENVELOPE_FIELDS.find((name) => Object.hasOwn(data, name));
  if (double !== undefined) {
    const detail = `the CloudEvent's own ${double} stands for it`;
    const hint = `leave ${double} out of the data`;
    throw new Problem({ code: 'invalid_input', field: nameOf(double), detail, hint });
  }
  return data;
}

// Any media type whose subtype is json or ends in +json; none means JSON.
function checkContentType(contentType: unknown, field: string): void {
  if (contentType == null || contentType === '') return;
  const [mediaType = ''] = String(contentType).split(';');
  if (/^[^/]+\/([^/]+\+)?json$/i.test(mediaType.trim())) return;
  const detail = 'the data of a CloudEvent must be JSON';
  throw new Problem({ code: 'invalid_input', field, detail, hint: `send application/json as ${field}` });
}

function decodeData(base64: unknown): unknown {
  try {
    if (typeof base64 !== 'string') throw new TypeError('no text');
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const detail = error instanceof Problem ? error.details.detail : 'it is not the base64 of UTF-8 text';
    const hint = 'send the base64 of a JSON object, or better the object itself as data';
    throw new Problem({ code: 'invalid_input', field: 'data_base64', detail, hint }, { cause: error });
  }
}

/** As CloudEvents' HTTP binding says: double quotes are undone first, then one round of percent-encoding. */
function decodeHeader(value: string, field: string): string {
  const [, quoted] = /^\s*"((?:[^"\\]|\\.)*)"\s*$/s.exec(value) ?? [];
  const text = quoted === undefined ? value.trim() : quoted.replace(/\\(.)/gs, '$1');
  try {
    return decodeURIComponent(text);
  } catch (error) {
    const detail = `${field} is not percent-encoded UTF-8`;
    const hint = 'write spaces, quotes, % and all that is not ASCII as %xx';
    throw new Problem({ code: 'invalid_input', field, detail, hint }, { cause: error });
  }
}

const FORMS = 'send one CloudEvent, or an array of them';
