import * as z from 'zod';

// Names become parts of keys, so the separators of our keys and W&B's own forbidden characters stay out.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
const FORBIDDEN = /[\u0000-\u001f\u007f/\\#?%:]/;

/** A name of a team, project, registry, collection or run: NFC, 1 to 128 characters, none of / \ # ? % : */
export const Name = z
  .string()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(128, 'is longer than 128 characters')
  .refine((name) => !FORBIDDEN.test(name), 'must not contain control characters or any of / \\ # ? % :')
  .refine((name) => name.isWellFormed(), 'holds half a surrogate pair: send valid Unicode');

/** A team's name: it stands in URLs. */
export const TeamName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 letters, digits, - or _, beginning with a letter or digit',
  );

/** Free text that people read: an automation's name, a user, an alias, a tag. */
export const Label = z
  .string()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(256, 'is longer than 256 characters')
  .refine((text) => text.isWellFormed(), 'holds half a surrogate pair: send valid Unicode');

/** A metric's name, taken as it is: it may hold anything that is text, such as `train/loss`. */
export const MetricName = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'is longer than 256 characters')
  .refine((name) => name.isWellFormed(), 'holds half a surrogate pair: send valid Unicode');

/** W&B's rule for secret names. */
export const SecretName = z
  .string()
  .max(128, 'is longer than 128 characters')
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and _, not beginning with a digit');

const ANY_FORM = /^([\d-]+)t([\d:.]+)(?:z|([+-]\d\d):?(\d\d))$/i;

/** RFC 3339 allows small letters, and `%z` of strftime writes no colon; events hold one form. */
function inOneForm(time: string): string {
  return time.replace(ANY_FORM, (_, date, clock, hours, minutes) => {
    const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
    return `${date}T${clock}${zone}`;
  });
}

const AS_A_TIME =
  'must be a time as 2026-11-23T12:00:00Z or 2026-11-23T14:00:00.5+02:00: with seconds and a zone';

/** A moment as a caller writes it. */
export const Moment = z
  .string(AS_A_TIME)
  .overwrite(inOneForm)
  .check(z.iso.datetime({ offset: true, error: AS_A_TIME }));
