// All test files and the product in one bundle; every test file starts it anew, as jest does.
import { globSync, readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Unit tests of what is no part of the core, and those that are too slow to be run for every mutant. */
const LEFT_OUT = [
  'canary',
  'cli-configuration',
  'left-at-home',
  'match-cost',
  'signatures-of-others',
  'toolchain',
];

/** The test files that look for mutants: paths below the folder. */
export function suitesIn(folder: string): string[] {
  const all = globSync(['test/unit/**/*.test.ts', 'test/prove/mutation-oracle.ts'], { cwd: folder });
  return all.filter((file) => !LEFT_OUT.some((name) => file.endsWith(`/${name}.test.ts`))).sort();
}

/** Replaces texts of the product by others, and tells every module where it stood. */
function edited(folder: string, texts: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'edited',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = texts.get(relative(folder, path)) ?? readFileSync(path, 'utf8');
        const contents = text.replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** The code of a function that takes `require` and leaves `suites` in `module.exports`: starters by name. */
export async function bundleSuites(
  folder: string,
  suites: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<string> {
  const starters = suites.map((name) => `${JSON.stringify(name)}: () => require('./${name}')`);
  const built = await build({
    stdin: { contents: `export const suites = {${starters.join(',')}};`, resolveDir: folder, loader: 'js' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    logLevel: 'silent',
    legalComments: 'none',
    plugins: [edited(folder, texts)],
  });
  return built.outputFiles[0]?.text ?? '';
}
