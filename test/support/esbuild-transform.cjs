// Jest runs CommonJS: esbuild strips the types and rewrites the imports. It does not hoist jest.mock, on purpose.
const { transformSync } = require('esbuild');

module.exports = {
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node22',
      sourcefile: path,
      sourcemap: 'both',
      define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__importMetaUrl' },
      banner: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    });
    return { code, map };
  },
};
