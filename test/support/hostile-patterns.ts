import corpus from '../corpora/regex.json' with { type: 'json' };

/** A pattern that could hold a matcher up, and the text that would do it. */
export interface Hostile {
  pattern: string;
  text?: string;
  textRecipe?: Repeated | Scrambled;
  expect: string;
  reason: string;
}

/** `repeat`, so many times, and then the end. */
interface Repeated {
  repeat: string;
  times: number;
  then?: string;
}

/** So many letters without a period, behind the first ones. */
interface Scrambled {
  alphabet: string;
  times: number;
  first: string;
}

export const hostilePatterns = corpus as Hostile[];

export function textOf({ text, textRecipe }: Hostile): string {
  if (text !== undefined || textRecipe === undefined) return text ?? '';
  return 'repeat' in textRecipe
    ? textRecipe.repeat.repeat(textRecipe.times) + (textRecipe.then ?? '')
    : scrambled(textRecipe);
}

function scrambled({ alphabet, times, first }: Scrambled): string {
  let [text, seed] = [first, 1];
  for (let n = 0; n < times; n++) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    text += alphabet[Math.floor(seed / 65536) % alphabet.length];
  }
  return text;
}
